"""Turns a checked job into a plan: which engine is asked what, for which category, how many images."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pixcrawler_core.components import Source
from pixcrawler_core.config.problems import parse_options
from pixcrawler_core.crawl.gate import ANY
from pixcrawler_core.crawl.plan import Plan, Question, interleave

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import BaseModel

    from pixcrawler_core.config.job import Job
    from pixcrawler_core.registry import Registry


def plan_job(job: Job, registry: Registry) -> Plan:
    """The plan of a job. Raises ConfigError when a source finds that it cannot work with its options."""
    options = {engine: _options(job, registry, engine) for engine in job.engines}
    if job.urls is not None:
        return _list_plan(job, options)
    questions = interleave({category.name: category.keywords for category in job.categories}, job.engines)
    return Plan(
        wanted={category.name: category.max_images for category in job.categories},
        default_wanted=job.max_images,
        questions=list(questions),
        options=options,
        filters=job.sources.filters,
    )


def _options(job: Job, registry: Registry, engine: str) -> BaseModel:
    source = registry.get(Source, engine)
    options = parse_options(source.options, job.source_options(engine), f"source {engine!r}")
    options = options.model_copy(update=_absolute(options, job.folder))
    source.spider.check(options)
    return options


def _absolute(options: BaseModel, folder: Path) -> Mapping[str, Path]:
    """Files named in options are relative to the job file's folder."""
    files = {name: value for name, value in options if isinstance(value, Path)}
    return {name: folder / value for name, value in files.items()}


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


def changed_options(old: Mapping[str, Any], new: Mapping[str, Any]) -> set[str]:
    """Which options changed on whose account candidates were refused (`fetch`) or rejected (`checks`)."""

    def checks(config: Mapping[str, Any]) -> tuple[object, object]:
        return config.get("validators"), config.get("job", {}).get("validation")

    fetch = {"fetch"} if old.get("fetch") != new.get("fetch") else set()
    return fetch | ({"checks"} if checks(old) != checks(new) else set())
