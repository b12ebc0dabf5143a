"""What a job may not ask of a server that others use too: its files, network and keys, others' images."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, SecretStr

from pixcrawler_core.components import Deduper, Expander, Exporter, Labeler, Part, Source, Validator
from pixcrawler_core.config.job import Job, JobFile
from pixcrawler_core.config.problems import Problem
from pixcrawler_core.policies import NEEDS, names_of
from pixcrawler_core.registry import Registry
from pixcrawler_server.crawl_settings import CrawlTable

OPEN = (
    "job",
    "category",
    "keywords",
    "sources",
    "urls",
    "fetch",
    "validators",
    "dedup",
    "labels",
    "splits",
    "export",
)
"""Tables that users may give, with what is said of them below; all others are for whoever runs the server."""
OURS = ("user_agent", "allow_private_hosts", "proxies")
"""Keys of `[fetch]` that are for whoever runs the server."""
ADDRESSES = ("endpoint", "url")
"""Options with an address to which keys may be sent; `url` of a source is a page."""


def problems_of(job: Job, registry: Registry, crawl: CrawlTable) -> Iterator[Problem]:
    """What a checked job asks for that it does not get here."""
    asked = len(job.job.keywords) + sum(len(category.keywords) for category in job.category)
    if asked > crawl.keywords:  # the rest would take its time
        yield Problem(("job", "keywords"), f"a job may have {crawl.keywords} keywords on this server")
        return
    if job.urls is not None:
        yield Problem(("urls",), "[urls] reads a file of this machine; use /validation/batch, or sources")
    for name in JobFile.model_fields:
        if name not in OPEN and getattr(job, name) != JobFile.model_fields[name].get_default(
            call_default_factory=True
        ):
            yield Problem((name,), f"[{name}] is for whoever runs the server")
    if job.dedup.against:
        yield Problem(("dedup", "against"), "[dedup] against reads folders of this machine")
    if job.dedup.scope != "dataset":
        yield Problem(
            ("dedup", "scope"), "[dedup] scope must be 'dataset': other datasets are not yours to ask"
        )
    if job.export.policy and not set(names_of(job.export.policy) or [""]) <= set(NEEDS):
        yield Problem(("export", "policy"), f"[export] policy must be of {', '.join(NEEDS)}")
    yield from _fetch_problems(job, crawl)
    yield from _source_problems(job, registry, crawl)
    yield from _part_problems(job, registry)
    for path, name in _used(job):
        if name in crawl.refused:
            yield Problem(path, f"{name!r} is not to be used on this server")


def _fetch_problems(job: Job, crawl: CrawlTable) -> Iterator[Problem]:
    for key in OURS:
        if key in job.fetch.model_fields_set:
            yield Problem(("fetch", key), f"[fetch] {key} is for whoever runs the server")
    if crawl.ports and job.fetch.ports is not None and not set(job.fetch.ports) & set(crawl.ports):
        yield Problem(("fetch", "ports"), f"[fetch] ports must be of {', '.join(map(str, crawl.ports))}")
    for key in ("robots", "opt_out"):
        if not getattr(job.fetch, key):
            yield Problem(("fetch", key), f"[fetch] {key} must stay true on a server")


def _source_problems(job: Job, registry: Registry, crawl: CrawlTable) -> Iterator[Problem]:
    for name in job.engines if job.urls is None else ():
        source = registry.get(Source, name)
        if source.secrets and name not in crawl.keyed:
            told = f"source {name!r} needs a key, and may not be asked with this server's ([crawl] keyed)"
            yield Problem(("sources", "engines"), told)
        if source.terms and name not in crawl.accept_terms:
            yield Problem(
                ("sources", "engines"), f"source {name!r} is off on this server ([crawl] accept_terms)"
            )
    for name, table in job.sources.tables.items():
        path = ("sources", name)
        if table.get("accept_terms") and name not in crawl.accept_terms:
            told = f"source {name!r} is off on this server ([crawl] accept_terms)"
            yield Problem((*path, "accept_terms"), told)
        if "endpoint" in table:
            yield Problem((*path, "endpoint"), f"[sources.{name}] endpoint is for whoever runs the server")
        yield from _options(path, registry.get(Source, name).options, table)


def _part_problems(job: Job, registry: Registry) -> Iterator[Problem]:
    kinds: tuple[tuple[str, Mapping[str, Any], type[Part[Any]]], ...] = (
        ("keywords", job.keywords.tables, Expander),
        ("validators", {name: each.model_extra or {} for name, each in job.validators.items()}, Validator),
        ("dedup", job.dedup.tables, Deduper),
        ("labels", job.labels.tables, Labeler),
        ("export", job.export.tables, Exporter),
    )
    for section, tables, kind in kinds:
        for name, table in tables.items():
            for key in ADDRESSES:
                if key in table:
                    told = f"[{section}.{name}] {key} is for whoever runs the server"
                    yield Problem((section, name, key), told)
            yield from _options((section, name), registry.get(kind, name).options, table)


def _options(
    path: tuple[str, ...], model: type[BaseModel] | None, table: Mapping[str, Any]
) -> Iterator[Problem]:
    """Options of a plugin that name files of this machine, or hold secrets."""
    fields = model.model_fields if model else {}
    for key in table:
        types = _flat(fields[key].annotation) if key in fields else ()
        if Path in types or SecretStr in types:
            what = "names a file of this machine" if Path in types else "holds a secret"
            yield Problem((*path, key), f"[{'.'.join(path)}] {key} {what}; that is not for jobs of a server")


def _used(job: Job) -> Iterator[tuple[tuple[str, ...], str]]:
    for name in job.engines:
        yield ("sources", "engines"), name
    for name in job.keywords.expanders:
        yield ("keywords", "expanders"), name
    for name, table in job.validators.items():
        if table.enabled:
            yield ("validators", name), name
    for name in job.labels.labelers:
        yield ("labels", "labelers"), name
    for name in job.export.formats:
        yield ("export", "formats"), name


def _flat(annotation: Any) -> list[Any]:
    """The classes that make up a type."""
    return [annotation, *(kind for part in get_args(annotation) for kind in _flat(part))]
