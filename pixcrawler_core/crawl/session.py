"""A run from the opened workspace to the finished dataset: builds the parts, and takes them down again."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pixcrawler_core.catalog.charging import charge
from pixcrawler_core.catalog.database import describe, reported
from pixcrawler_core.catalog.fields import utc_now
from pixcrawler_core.catalog.ledger import Ledger
from pixcrawler_core.catalog.reader import Count, titles_of
from pixcrawler_core.catalog.reviews import decisions_of
from pixcrawler_core.catalog.sql import Sql
from pixcrawler_core.catalog.tombstones import tombstones, unswept
from pixcrawler_core.catalog.writer import LedgerWriter
from pixcrawler_core.crawl.ahead import LabelsAhead
from pixcrawler_core.crawl.checkup import health_of
from pixcrawler_core.crawl.exports import Exports
from pixcrawler_core.crawl.finishing import finish
from pixcrawler_core.crawl.measuring import Measured
from pixcrawler_core.crawl.order import Spreading
from pixcrawler_core.crawl.pacing import Pacing
from pixcrawler_core.crawl.plan import interleave
from pixcrawler_core.crawl.planning import plan_job
from pixcrawler_core.crawl.policies import LedgerPolicies
from pixcrawler_core.crawl.recalling import recall
from pixcrawler_core.crawl.record import FINISHED, applied, end, job_record, start
from pixcrawler_core.crawl.reporting import figures
from pixcrawler_core.crawl.result import Result, summarise, tell_end
from pixcrawler_core.crawl.resuming import resume
from pixcrawler_core.crawl.room import room_of
from pixcrawler_core.crawl.run import Run
from pixcrawler_core.crawl.tally import Tally
from pixcrawler_core.crawl.widening import given, to_keep, widened
from pixcrawler_core.dedup.methods import build_methods
from pixcrawler_core.errors import LeaseLost, PixCrawlerError, WorkspaceError
from pixcrawler_core.events.noting import noted
from pixcrawler_core.events.sinks import Sinks
from pixcrawler_core.fetch.fetcher import Fetcher
from pixcrawler_core.keywords.expanding import Expanders
from pixcrawler_core.labelling import Labelers
from pixcrawler_core.machine import usable_cores
from pixcrawler_core.takedown.matching import Matcher
from pixcrawler_core.validation import Checks
from pixcrawler_core.version import __version__

if TYPE_CHECKING:
    from pixcrawler_core.config.job import Job
    from pixcrawler_core.crawl.discovery import Discovery
    from pixcrawler_core.crawl.order import Order
    from pixcrawler_core.crawl.spreading import Spread
    from pixcrawler_core.records import Outcome
    from pixcrawler_core.registry import Registry
    from pixcrawler_core.secrets import Secrets
    from pixcrawler_core.workspace import Workspace

logger = logging.getLogger(__name__)

STALE = 3600.0
"""Seconds after which a temporary file belongs to no download any more: none may take longer."""


@dataclass(kw_only=True)
class Session:
    """Everything that one run of a job needs. Plugins and options are checked by the constructor."""

    job: Job
    registry: Registry
    workspace: Workspace
    secrets: Secrets
    shared: bool = True
    """Whether several spiders work for it, so that none of them may close it."""
    now: Callable[[], datetime] = utc_now
    order: Order | None = None
    """Who runs it, if it was ordered."""
    spread: Spread | None = None
    """Where candidates wait to be fetched, here or by others; None where all are fetched here."""
    records = True
    tally: Tally = field(default_factory=Tally)
    downloads: dict[int, asyncio.Task[Outcome]] = field(default_factory=dict)
    """Downloads under way by the URL's key."""
    repeated: set[int] = field(default_factory=set)
    """Keys of URLs that more than one query found and that were fetched already."""
    counts: list[Count] = field(default_factory=list)
    """Rows of the ledger by state and reason, read at the end."""

    def __post_init__(self) -> None:
        self.plan = plan_job(self.job, self.registry, self.secrets)
        self.checks = Checks.build(self.registry, self.job.job.validation, self.job.validator_tables)
        self.methods = build_methods(self.registry, self.job.dedup.methods, self.job.dedup.tables)
        self.expanders = Expanders.build(self.registry, self.job.keywords.expanders, self.job.keywords.tables)
        self.expansion = given(self.job)
        labels = self.job.labels
        self.labelers = Labelers.build(self.registry, labels.labelers, labels.tables)
        self.exports = Exports(self.registry, self.job.export, self.job.folder)
        self.sinks = Sinks.build(self.registry, self.job.events)
        self.blobs = self.workspace.blobs

    @property
    def discovery(self) -> Discovery:
        """What spiders ask."""
        return self.run

    async def open(self) -> Run:
        """Open the catalog, take up what earlier runs left, and be ready to fetch."""
        self.started_at = self.now()
        self.database = self.workspace.open()
        self.attendance = self.workspace.attend(patience=self.job.patience)
        self.lock = self.workspace.lock(self.job.slug)
        self.blobs.clean(min_age=STALE)
        with self.reported():
            self.record = job_record(self.job)
            self._widen()
            self.changes = start(self.record, self.job, self.plan, self.database, self.now())
        self.note("run started", {"engines": ", ".join(self.job.engines), "version": __version__})
        self.fence = self.order.fence(self.record.id) if self.order else None
        ledger = Ledger(self.database, self.record.id, fence=self.fence)
        self.ledger = LedgerWriter(ledger, on_error=self._broken)
        prints = any(method.keeps for method in self.methods)
        self.measured = Measured(self.ledger, checks=self.checks.keeps, prints=prints)
        with self.reported():
            health = health_of(self.plan, self.job.sources, self.workspace.root, self.now)
        self.decisions = decisions_of(self.database, self.job.slug)
        kept = {digest for digest, decision in self.decisions.items() if decision.keeps}
        self.tombstones = Matcher(tombstones(self.database))
        if unswept(self.database):
            logger.warning("a takedown was broken off: files of it may be left; run it again")
        self.recalling = recall(self.job, self.methods, self.workspace, kept)
        pacing = Pacing(self.expansion.texts if self.job.keywords.adapt else {})
        shared = (self.plan, self.ledger, self.recalling, self.tally, health)
        self.run = Run(*shared, pacing=pacing, room=room_of(self.record))
        self.threads = ThreadPoolExecutor(usable_cores(), thread_name_prefix="analysis")
        self.ahead = LabelsAhead(self.labelers, self.ledger, usable_cores(), self.tally.label, self._broken)
        if self.order:
            await self.ledger.call(self.order.offers(self).clear)
        await self.ledger.call(resume, self)
        with self.writing():
            applied(self.record)
        self.fetcher = Fetcher(self.job.fetch, self.blobs, policies=LedgerPolicies(self.ledger))
        await self.fetcher.__aenter__()
        self.spread = self.order.spread(self) if self.order else None
        self._spreading = Spreading(self.spread, self._broken) if self.spread else None
        return self.run

    async def close(self) -> Result:
        """Write what is outstanding, and assemble the dataset unless the run was broken off."""
        if self._spreading is not None:
            await self._spreading.end()
        await self.fetcher.__aexit__(None, None, None)
        self.threads.shutdown()
        result = await self._finish()
        await self.ledger.close()
        self.recalling.close()
        self.lock.release()
        self.attendance.release()
        self.workspace.close()
        await asyncio.to_thread(self.sinks.close)
        return result

    def _broken(self, error: Exception) -> None:
        self.run.stop(error)

    def _widen(self) -> None:
        """Widen the keywords: anew for each run after one that was finished."""
        if not self.expanders:
            return
        record = self.record
        self.expansion = widened(
            self.job,
            self.expanders,
            lambda: self.registry.models,
            kept=record.queries or {},
            renew=record.status in FINISHED,
            titles=partial(titles_of, self.database),
        )
        record.queries = to_keep(self.job, self.expansion)
        questions = list(interleave(self.expansion.texts, self.job.engines))
        self.plan = dataclasses.replace(self.plan, questions=questions)

    async def _finish(self) -> Result:
        folder: Path | None = None
        exports: list[Path] = []
        error = await self._end_labels()
        if error is None:
            try:
                await self.measured.flush()
                await self.ledger.flush()
                self.counts = await self.ledger.call(self.ledger.ledger.counts)
                if not self.run.interrupted:
                    folder, exports = await self.ledger.call(finish, self)
            except PixCrawlerError as problem:
                error = problem
        result = summarise(self, folder, exports, error)
        try:
            if not isinstance(error, LeaseLost):
                self._note_end(result)
        except WorkspaceError as problem:
            result = dataclasses.replace(result, error=error or problem)
        return result

    async def _end_labels(self) -> Exception | None:
        """Wait for labels that were asked for, unless the run was stopped; what went wrong until then."""
        try:
            await self.ahead.end(lambda: self.run.stopped)
        except WorkspaceError as error:
            return self.run.error or self.ledger.error or error
        return self.run.error or self.ledger.error

    def _note_end(self, result: Result) -> None:
        self.record.live = figures(self, self.run) | {"eta_seconds": None}
        with self.writing():
            end(self.record, self.job, result, self.now())
            charge(self.record.id, self.now(), began=self.started_at)
        tell_end(self.sinks, result)

    def note(self, action: str, details: Mapping[str, Any]) -> None:
        """Add a line to the dataset's processing log, and tell sinks of it. Raises WorkspaceError."""
        with self.reported():
            noted(self.sinks, action, entity="dataset", entity_id=self.job.slug, details=details)

    def writing(self) -> AbstractContextManager[None]:
        """A transaction, which raises LeaseLost once the job is somebody else's. Raises WorkspaceError."""
        return Sql(self.database, self.fence).transaction()

    def reported(self) -> AbstractContextManager[None]:
        """What turns the database's errors inside into a WorkspaceError."""
        return reported(f"cannot use the catalog {describe(self.database)}")
