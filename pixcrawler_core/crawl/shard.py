"""One shard of a job: fetches and examines its candidates in this process, and decides nothing.

What was found out goes to the ledger and to the kept measures, a few times a second, in transactions that the
shard's lease fences. The run of the job reads it there, and chooses.
"""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import os
import signal
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from pixcrawler_core.catalog.measures import Kept, MeasureStore
from pixcrawler_core.crawl.looking import examined, look
from pixcrawler_core.crawl.policies import LedgerPolicies
from pixcrawler_core.crawl.result import DONE, INTERRUPTED
from pixcrawler_core.dedup.recogniser import Study
from pixcrawler_core.fetch.fetcher import Fetcher, NotFetched
from pixcrawler_core.image import Image
from pixcrawler_core.machine import keep_freed_memory, usable_cores
from pixcrawler_core.records import Candidate, Outcome

if TYPE_CHECKING:
    from pixcrawler_core.blobs.store import BlobStore
    from pixcrawler_core.catalog.writer import LedgerWriter
    from pixcrawler_core.config.fetch import FetchOptions
    from pixcrawler_core.dedup.methods import Method
    from pixcrawler_core.jobs.claims import Lease
    from pixcrawler_core.validation import Checks

logger = logging.getLogger(__name__)
EVERY = 0.5
"""Seconds between two writes."""


@dataclass(frozen=True, kw_only=True)
class Means:
    """What a job's candidates are fetched and examined with."""

    fetch: FetchOptions
    blobs: BlobStore
    checks: Checks
    methods: list[Method]

    def study(self, image: Image, known: Mapping[str, Mapping[str, Any]]) -> Study:
        """The fingerprints of an image. For worker threads; raises DecodeError."""
        prints = {each.name: each.fingerprint(image, known) for each in self.methods}
        new = (each for each in self.methods if each.keeps and each.key not in known)
        return Study(prints=prints, fresh={each.key: prints[each.name] for each in new})


@dataclass(kw_only=True)
class ShardRun:
    """The work on a shard, on one event loop, until it is done, stopped or lost."""

    means: Means
    ledger: LedgerWriter
    lease: Lease
    settled: int = 0
    _tasks: dict[int, asyncio.Task[None]] = field(default_factory=dict)
    """By the ledger row."""
    _updates: list[tuple[Candidate, Outcome]] = field(default_factory=list)
    _fresh: list[Kept] = field(default_factory=list)
    _error: BaseException | None = None

    async def run(self) -> None:
        """Do all of it. Raises WorkspaceError, of which LeaseLost is one."""
        self._store = MeasureStore(self.ledger.ledger.database)
        rows = await self.ledger.call(self.lease.rows)
        left = await self.ledger.call(lambda: list(self.ledger.ledger.unsettled(rows)))
        policies = LedgerPolicies(self.ledger)
        with ThreadPoolExecutor(usable_cores(), thread_name_prefix="analysis") as self._threads:
            async with Fetcher(self.means.fetch, self.means.blobs, policies=policies) as self._fetcher:
                for candidate, known in left:
                    task = asyncio.ensure_future(self._settle(candidate, known))
                    self._tasks[candidate.id] = task
                    task.add_done_callback(partial(self._ended, candidate.id))
                await self._work()
        await self._write_all()
        await self.ledger.call(self.lease.done, self.settled)

    async def _work(self) -> None:
        """Write what is found out, and drop what is not wanted any more, until nothing is left to do.

        Of a run that is stopped, what was fetched until then is written.
        """
        try:
            while self._tasks:
                await asyncio.wait(self._tasks.values(), timeout=EVERY)
                await self._write_all()
                wanted = set(await self.ledger.call(self.lease.rows))
                for row in self._tasks.keys() - wanted:
                    self._tasks[row].cancel()
        except asyncio.CancelledError:
            await self._write_all()
            raise
        finally:
            for task in list(self._tasks.values()):
                task.cancel()
            await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    def _ended(self, row: int, task: asyncio.Task[None]) -> None:
        self._tasks.pop(row, None)
        if not task.cancelled():
            self._error = self._error or task.exception()

    async def _settle(self, candidate: Candidate, known: Outcome | None) -> None:
        blobs = self.means.blobs
        outcome = known
        if outcome is None or not blobs.has(outcome.sha256 or "", outcome.size):
            try:
                outcome = (await self._fetcher.fetch(candidate)).outcome()
            except NotFetched as problem:
                self._note(candidate, problem.outcome)
                return
            self._updates.append((candidate, outcome))  # a run that is killed need not fetch it again
        digest = outcome.sha256 or ""
        image = Image(blobs.file(digest), digest, outcome.size or 0, candidate)
        await self._examine(candidate, image, outcome)

    async def _examine(self, candidate: Candidate, image: Image, outcome: Outcome) -> None:
        image = dataclasses.replace(image, detailed=self.means.checks.detailed)
        keeps = self.means.checks.keeps or any(method.keeps for method in self.means.methods)
        known = await self.ledger.call(self._store.of, image.sha256) if keeps else {}
        work = partial(look, image, known, self.means.checks, self.means.study)
        report, study = await asyncio.get_running_loop().run_in_executor(self._threads, work)
        if fresh := {**report.fresh, **study.fresh}:
            self._fresh.append((image.sha256, fresh))
        self._note(candidate, examined(outcome, report))

    def _note(self, candidate: Candidate, outcome: Outcome) -> None:
        self._updates.append((candidate, outcome))
        self.settled += 1

    async def _write_all(self) -> None:
        if self._error is not None:
            raise self._error
        await self.ledger.call(self._write)

    def _write(self) -> None:
        """Runs in the ledger's thread: measures first, so that whoever reads an outcome finds them."""
        fresh, self._fresh = self._fresh, []
        updates, self._updates = self._updates, []
        if fresh:
            self._store.keep(fresh)
        if updates:
            last = {each.id: (each, outcome) for each, outcome in updates}
            self.ledger.ledger.apply(list(last.values()))
        self.lease.beat(self.settled)


def run_until_stopped(work: Callable[[], Coroutine[Any, Any, None]], stdin: int = 0) -> int:
    """Run until done, or until a signal or the end of the file descriptor `stdin`; returns the exit code.

    Raises what the work raises.
    """
    keep_freed_memory()
    return asyncio.run(_until_stopped(work, stdin))


async def _until_stopped(work: Callable[[], Coroutine[Any, Any, None]], stdin: int) -> int:
    loop = asyncio.get_running_loop()
    task = asyncio.ensure_future(work())

    def listen() -> None:
        if not os.read(stdin, 4096):
            loop.remove_reader(stdin)
            task.cancel()

    loop.add_reader(stdin, listen)
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, task.cancel)
    try:
        await task
    except asyncio.CancelledError:
        return INTERRUPTED
    return DONE
