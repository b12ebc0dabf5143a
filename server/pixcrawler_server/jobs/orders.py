"""Orders of users: checked like a job file, kept within the server's rules and the plan, and queued."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from pydantic import Field, TypeAdapter

from pixcrawler_core.catalog.models import CrawlJob, Dataset, JobStatus, MemberRole
from pixcrawler_core.config.fetch import Size
from pixcrawler_core.config.job import Job
from pixcrawler_core.config.load import check_tables
from pixcrawler_core.config.problems import OptionsError, Problem
from pixcrawler_core.errors import ConfigError
from pixcrawler_core.jobs.ordering import laid_over, order, queue
from pixcrawler_core.registry import Registry
from pixcrawler_core.secrets import Secrets
from pixcrawler_core.service import Principal
from pixcrawler_server.bodies import Input
from pixcrawler_server.crawl_settings import CrawlTable
from pixcrawler_server.errors import Invalid
from pixcrawler_server.jobs.allowances import (
    check_begin,
    check_size,
    count_begin,
    images_of,
    note_quota,
    owner_of,
)
from pixcrawler_server.jobs.children import without_place
from pixcrawler_server.jobs.restrictions import allowed_job
from pixcrawler_server.owned import dataset_of
from pixcrawler_server.settings import ServerSettings


class Wanted(Input):
    """A job as a job file has it."""

    dataset: str = Field(min_length=1, max_length=200, description="Id of the dataset that it fills.")
    tables: dict[str, Any] = Field(
        description="The tables of the job file: `{'job': {'keywords': [...], 'max_images': 50}, ...}`."
    )


class Orders:
    """Takes orders. Its methods run in the catalog's threads, `place` and `begin` in a transaction."""

    def __init__(
        self, settings: ServerSettings, registry: Registry, secrets: Secrets, now: Callable[[], datetime]
    ) -> None:
        self._settings, self._registry = settings, registry
        self._secrets, self._now = secrets, now

    def wanted(self, principal: Principal, wanted: Wanted) -> Job:
        """The job that somebody wants, who must be an editor. Raises Invalid, NotFound and Forbidden."""
        return self.checked(wanted.tables, dataset_of(principal, wanted.dataset, MemberRole.EDITOR))

    def checked(self, tables: Mapping[str, Any], dataset: Dataset) -> Job:
        """The job in the tables of an order, called like the dataset where it has no name. Raises Invalid."""
        from pixcrawler_core.crawl.planning import plan_job

        crawl = self._settings.crawl
        given = _named(tables, dataset)
        try:
            job = allowed_job(given, self._registry, crawl)
        except OptionsError as error:
            raise _invalid(error.problems) from None
        try:
            run = check_tables(laid_over(given, over_tables(crawl, given)), self._registry, Path())
            plan_job(run, self._registry, self._secrets)
        except ConfigError as error:
            raise _invalid([Problem((), str(error))]) from None
        return job

    def listed(self, tables: Mapping[str, Any], folder: Path) -> Job:
        """The job in our tables over a list in a folder. Raises Invalid."""
        try:
            return allowed_job(tables, self._registry, self._settings.crawl, folder)
        except OptionsError as error:
            told = [replace(each, message=without_place(each.message, folder)) for each in error.problems]
            raise _invalid(told) from None

    def place(
        self, dataset: Dataset, job: Job, actor: UUID | None, *, draft: bool = False, priority: int = 0
    ) -> CrawlJob:
        """Order a job. Raises QuotaExceeded and DatasetBusy."""
        owner, now = owner_of(dataset), self._now()
        check_size(images_of(job), owner, self._settings)
        if not draft:
            check_begin(owner, self._settings, now)
            note_quota(owner, self._settings)
        row = order(job, dataset.id, now=now, actor=actor, priority=priority, draft=draft)
        if not draft:
            count_begin(owner, row, now)
        return row

    def again(self, row: CrawlJob) -> Job | None:
        """The job of a row, by the rules of now; None for one that no user wrote. Raises Invalid."""
        if row.ordered_by and row.folder:
            return self.listed(row.tables, Path(row.folder))
        written = row.ordered_by or row.status == JobStatus.DRAFT
        return self.checked(row.tables, row.dataset) if row.tables and written else None

    def begin(self, row: CrawlJob, actor: UUID | None, job: Job | None, *, anew: bool = True) -> CrawlJob:
        """Queue a job that is there, which is `job` where a user wrote it; who begins a draft orders it.

        One that was paused is not begun `anew`. Raises as `place` does.
        """
        owner, now = owner_of(row.dataset), self._now()
        if job is not None:
            check_size(images_of(job), owner, self._settings)
        check_begin(owner, self._settings, now, anew=anew)
        note_quota(owner, self._settings)
        if row.status == JobStatus.DRAFT:
            CrawlJob.update(ordered_by=str(actor or ""), folder="").where(CrawlJob.id == row.id).execute()
        queued = queue(row, now=now, actor=actor)
        if anew:
            count_begin(owner, row, now)
        return queued


def over_tables(crawl: CrawlTable, tables: Mapping[str, Any]) -> dict[str, Any]:
    """What holds over the tables of a job: the server's user agent, limits, network and sources."""
    fetch = tables.get("fetch") or {}
    ours: dict[str, Any] = {
        name: min(fetch.get(name, most), most)
        for name, most in (("concurrency", crawl.concurrency), ("per_host", crawl.per_host))
    }
    ours["max_bytes"] = min(_size(fetch.get("max_bytes", crawl.max_bytes)), crawl.max_bytes)
    if crawl.ports:
        ours["ports"] = [port for port in fetch.get("ports") or crawl.ports if port in crawl.ports]
    for name in ("user_agent", "contact"):
        if value := getattr(crawl, name):
            ours[name] = value
    if crawl.allow_private_hosts:
        ours["allow_private_hosts"] = list(crawl.allow_private_hosts)
    over: dict[str, Any] = {"fetch": ours}
    if "urls" in tables:  # a list is not searched
        return over
    asked = (tables.get("sources") or {}).get("engines") or crawl.sources
    if sources := {name: table for name, table in crawl.sources.items() if name in asked}:
        over["sources"] = sources
    if (tables.get("sources") or {}).get("save_pages") and not crawl.save_pages:
        over["sources"] = {**sources, "save_pages": False}
    return over


def _size(told: int | str) -> int:
    """Bytes of a size such as `20 MiB`."""
    return TypeAdapter(Size).validate_python(told)


def _named(tables: Mapping[str, Any], dataset: Dataset) -> dict[str, Any]:
    job = tables.get("job", {})
    if not isinstance(job, dict) or "name" in job:
        return dict(tables)
    return {**tables, "job": {"name": dataset.name[:100], **job}}


def _invalid(problems: Sequence[Problem]) -> Invalid:
    told = [
        {"field": ".".join(("tables", *map(str, each.path))), "constraint": each.message} for each in problems
    ]
    return Invalid(told[0]["constraint"], details={**told[0], "errors": told})
