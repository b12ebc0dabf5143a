"""Turns a checked job into a plan: which engine is asked what, for which category, how many images."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from pixcrawler_core.components import Source
from pixcrawler_core.config.files import absolute
from pixcrawler_core.config.problems import parse_options
from pixcrawler_core.crawl.gate import ANY
from pixcrawler_core.crawl.plan import Plan, Question, interleave
from pixcrawler_core.crawl.widening import given
from pixcrawler_core.errors import ConfigError
from pixcrawler_core.filters import CHECKED_LATER
from pixcrawler_core.urls import without_credentials

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pydantic import BaseModel

    from pixcrawler_core.config.job import Job
    from pixcrawler_core.registry import Registry
    from pixcrawler_core.secrets import Secrets


REFERENCES = "references"
"""What a noted configuration has beside a job's tables: digests of the collections in `[dedup] against`."""


def plan_job(job: Job, registry: Registry, secrets: Secrets) -> Plan:
    """The plan of a job, which asks for its keywords as they are.

    Raises ConfigError for a keyword that is blocked, and when a source cannot work with its options.
    """
    for name, table in job.sources.tables.items():
        _refuse_keys(registry.get(Source, name), table)
    options = {engine: _options(job, registry, engine, secrets) for engine in job.engines}
    if job.urls is not None:
        return _list_plan(job, options)
    return Plan(
        wanted={category.name: category.max_images for category in job.categories},
        default_wanted=job.max_images,
        questions=list(interleave(given(job).texts, job.engines)),
        options=options,
        filters=job.sources.filters,
        mapped={name: registry.get(Source, name).spider.filters for name in job.engines},
        warnings=list(_warnings(job, registry)),
    )


def _options(job: Job, registry: Registry, engine: str, secrets: Secrets) -> BaseModel:
    source = registry.get(Source, engine)
    options = parse_options(source.options, job.source_options(engine), f"source {engine!r}")
    options = options.model_copy(update=absolute(options, job.folder) | secrets.options(source))
    source.spider.check(options)
    if source.terms and getattr(options, "accept_terms", False) is not True:
        raise ConfigError(f"source {engine!r} stays off until its terms are accepted: {source.terms}")
    return options


def _refuse_keys(source: Source, table: object) -> None:
    """Keys do not stand in job files, not even in tables of sources that are not asked."""
    for secret in source.secrets:
        if isinstance(table, dict) and secret.option in table:
            raise ConfigError(
                f"[sources.{source.name}] {secret.option} does not belong into a job file, which others may "
                f"read; set {secret.env} in the environment"
            )


def _warnings(job: Job, registry: Registry) -> Iterator[str]:
    """What a person should know before the sources are asked: terms, and filters that they do not have."""
    sources = [registry.get(Source, engine) for engine in job.engines]
    for source in sources:
        if source.terms:
            yield f"{source.name}: {source.terms}"
    for name in sorted(job.sources.filters.given):
        lacking = [source.name for source in sources if name not in source.spider.filters]
        if not lacking:
            continue
        later = "it is applied to what they declare, after discovery"
        never = "it cannot be applied there, so what it should leave out may come too"
        told = later if name in CHECKED_LATER else never
        yield f"filter {name!r} is not known to {', '.join(lacking)}; {told}"


def _list_plan(job: Job, options: Mapping[str, Any]) -> Plan:
    """A list is known by its content: one that was edited is read anew, and what is known is not fetched."""
    (engine,) = job.engines
    labelled = options[engine].label_column is not None
    category = ANY if labelled else options[engine].category
    listed = options[engine].file
    with listed.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Plan(
        wanted={} if labelled else {category: job.max_images},
        default_wanted=job.max_images,
        questions=[Question(category=category, engine=engine, query=f"{listed.name}#{digest[:12]}")],
        options=options,
    )


def shown(config: Any) -> Any:
    """A job's tables as they are kept and shown: without the passwords in addresses (of proxies, say)."""
    if isinstance(config, dict):
        return {key: shown(value) for key, value in config.items()}
    if isinstance(config, list):
        return [shown(value) for value in config]
    return without_credentials(config) if isinstance(config, str) and "@" in config else config


def changed_options(old: Mapping[str, Any], new: Mapping[str, Any]) -> set[str]:
    """Which options changed on whose account candidates were refused, rejected, filtered or duplicates.

    Named `fetch`, `checks`, `filters` and `dedup`; what the collections in `[dedup] against` have belongs to
    the last one.
    """

    def checks(config: Mapping[str, Any]) -> tuple[object, object]:
        filters = config.get("sources", {}).get("filters", {})
        least = filters.get("min_width"), filters.get("min_height")
        return config.get("validators"), (config.get("job", {}).get("validation"), least)

    tables = {name for name in ("fetch", "dedup") if old.get(name) != new.get(name)}
    grown = {"dedup"} if old.get(REFERENCES) != new.get(REFERENCES) else set()

    def filters(config: Mapping[str, Any]) -> object:
        return config.get("sources", {}).get("filters")

    changed = {"checks"} if checks(old) != checks(new) else set()
    return tables | grown | changed | ({"filters"} if filters(old) != filters(new) else set())
