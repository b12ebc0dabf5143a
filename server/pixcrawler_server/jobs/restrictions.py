"""What a job may not ask of a server that others use too: its files, network and keys, others' images."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, SecretStr

from pixcrawler_core.components import (
    Component,
    Deduper,
    Expander,
    Exporter,
    Labeler,
    Part,
    Source,
    Validator,
)
from pixcrawler_core.config.export import ExportTable
from pixcrawler_core.config.job import Job, JobFile
from pixcrawler_core.config.load import check_tables
from pixcrawler_core.config.problems import OptionsError, Problem
from pixcrawler_core.policies import NEEDS, names_of
from pixcrawler_core.registry import Registry
from pixcrawler_core.tiers import chosen
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
OF_SOURCES = ("endpoint", "user_agent")
"""Options of sources that are."""
ADDRESSES = ("endpoint", "url")
"""Options with an address to which keys may be sent; `url` of a source is a page."""
VALUES = 10
"""Keys and items that a job has at most for each keyword that it may have, and `FURTHER` ones."""
FURTHER = 1000
C = TypeVar("C", bound=Component)


def allowed_job(
    tables: Mapping[str, Any], registry: Registry, crawl: CrawlTable, lists: Path | None = None
) -> Job:
    """The job in tables of a user. Raises OptionsError.

    With `lists`, the tables are ours, and `[urls]` names a file in that folder. What is not for
    users is refused before it is looked at: nobody learns which files there are here.
    """
    most = VALUES * crawl.keywords + FURTHER
    if _values(tables, most) > most:
        raise OptionsError([Problem((), f"a job may have {most} values on this server")])
    try:
        refuse = partial(_refused, registry=registry, crawl=crawl, has_list=lists is not None)
        return check_tables(tables, registry, lists or Path(), refuse)
    except RecursionError:
        raise OptionsError([Problem((), "its values are nested too deeply")]) from None


def export_problems(export: ExportTable, registry: Registry, crawl: CrawlTable) -> Iterator[Problem]:
    """Formats, and options of formats, that are not for users."""
    yield from _table_problems("export", export.tables, Exporter, registry)
    yield from _off(("export", "formats"), export.formats, crawl)


def left_out(registry: Registry, level: str, crawl: CrawlTable) -> dict[str, dict[str, bool]]:
    """The checks of a level that are not to be used, as `[validators]` tables that switch them off."""
    return {each.name: {"enabled": False} for each in chosen(registry, level) if each.name in crawl.refused}


def _values(tables: Mapping[str, Any], most: int) -> int:
    """How many keys and items there are at all depths, counted until they are more than `most`."""
    waiting: list[Any] = [tables]
    count = 0
    while waiting and count <= most:
        value = waiting.pop()
        below = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
        count += len(below)
        waiting += below
    return count


def _refused(job: Job, registry: Registry, crawl: CrawlTable, *, has_list: bool) -> Iterator[Problem]:
    """What a job asks for that it does not get here. Its plugins may not exist, nor their options fit."""
    asked = len(job.job.keywords) + sum(len(category.keywords) for category in job.category)
    if asked > crawl.keywords:  # the rest would take its time
        yield Problem(("job", "keywords"), f"a job may have {crawl.keywords} keywords on this server")
        return
    if len(job.keywords.blocklist) > crawl.keywords:
        told = f"a blocklist may have {crawl.keywords} words on this server"
        yield Problem(("keywords", "blocklist"), told)
        return
    if job.urls is not None and not has_list:
        yield Problem(("urls",), "[urls] reads a file of this machine; use /validation/batch, or sources")
    for name in JobFile.model_fields:
        if name not in OPEN and getattr(job, name) != JobFile.model_fields[name].get_default(
            call_default_factory=True
        ):
            yield Problem((name,), f"[{name}] is for whoever runs the server")
    yield from _others_problems(job)
    yield from _fetch_problems(job, crawl)
    yield from _source_problems(job, registry, crawl)
    yield from _part_problems(job, registry, crawl)


def _others_problems(job: Job) -> Iterator[Problem]:
    """What would be read of this machine, or of others' datasets."""
    if job.dedup.against:
        yield Problem(("dedup", "against"), "[dedup] against reads folders of this machine")
    if job.dedup.scope != "dataset":
        yield Problem(
            ("dedup", "scope"), "[dedup] scope must be 'dataset': other datasets are not yours to ask"
        )
    if job.export.policy and not set(names_of(job.export.policy) or [""]) <= set(NEEDS):
        yield Problem(("export", "policy"), f"[export] policy must be of {', '.join(NEEDS)}")


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
    sources = registry.all(Source)
    for name in job.engines if job.urls is None else ():
        source = sources.get(name)
        if source and source.secrets and name not in crawl.keyed:
            told = f"source {name!r} needs a key, and may not be asked with this server's ([crawl] keyed)"
            yield Problem(("sources", "engines"), told)
        if source and source.terms and name not in crawl.accept_terms:
            yield Problem(
                ("sources", "engines"), f"source {name!r} is off on this server ([crawl] accept_terms)"
            )
    for name, source, table in _known(registry, Source, job.sources.tables):
        path = ("sources", name)
        if table.get("accept_terms") and name not in crawl.accept_terms:
            told = f"source {name!r} is off on this server ([crawl] accept_terms)"
            yield Problem((*path, "accept_terms"), told)
        for key in OF_SOURCES:
            if key in table:
                yield Problem((*path, key), f"[sources.{name}] {key} is for whoever runs the server")
        yield from _options(path, source.options, table)


def _known(
    registry: Registry, kind: type[C], tables: Mapping[str, Any]
) -> Iterator[tuple[str, C, Mapping[str, Any]]]:
    """The tables of components that there are."""
    known = registry.all(kind)
    for name, table in tables.items():
        if name in known and isinstance(table, Mapping):
            yield name, known[name], table


def _part_problems(job: Job, registry: Registry, crawl: CrawlTable) -> Iterator[Problem]:
    checks = {name: each.model_extra or {} for name, each in job.validators.items()}
    yield from _table_problems("keywords", job.keywords.tables, Expander, registry)
    yield from _table_problems("validators", checks, Validator, registry)
    yield from _table_problems("dedup", job.dedup.tables, Deduper, registry)
    yield from _table_problems("labels", job.labels.tables, Labeler, registry)
    yield from _off(("sources", "engines"), job.engines, crawl)
    yield from _off(("keywords", "expanders"), job.keywords.expanders, crawl)
    for name, table in job.validators.items():
        yield from _off(("validators", name), (name,) if table.enabled else (), crawl)
    yield from _off(("dedup", "methods"), job.dedup.methods, crawl)
    yield from _off(("labels", "labelers"), job.labels.labelers, crawl)
    yield from export_problems(job.export, registry, crawl)
    for name in left_out(registry, job.job.validation, crawl):
        if name not in job.validators:
            told = (
                f"the level {job.job.validation!r} has the check {name!r}, which is not to be used on this "
                f"server; leave it out with enabled = false in [validators.{name}]"
            )
            yield Problem(("job", "validation"), told)


def _table_problems(
    section: str, tables: Mapping[str, Any], kind: type[Part[Any]], registry: Registry
) -> Iterator[Problem]:
    for name, part, table in _known(registry, kind, tables):
        for key in ADDRESSES:
            if key in table:
                told = f"[{section}.{name}] {key} is for whoever runs the server"
                yield Problem((section, name, key), told)
        yield from _options((section, name), part.options, table)


def _off(path: tuple[str, ...], names: Iterable[str], crawl: CrawlTable) -> Iterator[Problem]:
    for name in names:
        if name in crawl.refused:
            yield Problem(path, f"{name!r} is not to be used on this server")


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


def _flat(annotation: Any) -> list[Any]:
    """The classes that make up a type."""
    return [annotation, *(kind for part in get_args(annotation) for kind in _flat(part))]
