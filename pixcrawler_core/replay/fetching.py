"""Brings the bytes of a lock's images into the workspace: what is there is not fetched again."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from pixcrawler_core.catalog.reader import take
from pixcrawler_core.catalog.writer import LedgerWriter
from pixcrawler_core.crawl.policies import LedgerPolicies
from pixcrawler_core.errors import DecodeError
from pixcrawler_core.fetch.fetcher import Fetcher, NotFetched
from pixcrawler_core.image import Image
from pixcrawler_core.machine import usable_cores
from pixcrawler_core.records import Candidate, Outcome, Stage, State

if TYPE_CHECKING:
    from pixcrawler_core.blobs.store import BlobStore
    from pixcrawler_core.catalog.ledger import Ledger
    from pixcrawler_core.config.fetch import FetchOptions
    from pixcrawler_core.replay.refusing import Refusals

AHEAD = 4
"""Images in work for each that may be on the network: a slow host does not keep the others waiting."""
CHUNK = 200
"""Rows that are read from the ledger at once."""
BITS = 4
"""By how many of 64 bits the hash of a picture may differ from what the lock tells of it, and be the same:
checks that decode it in colour make so much of a difference (`Image.view`)."""


class Fetching:
    """Settles what a ledger has not settled of some streams."""

    def __init__(self, ledger: Ledger, blobs: BlobStore, options: FetchOptions, refusals: Refusals) -> None:
        self._ledger = ledger
        self._blobs = blobs
        self._options = options
        self._refusals = refusals
        self._workers = AHEAD * options.concurrency

    def settle(self, streams: Sequence[int]) -> Iterator[Outcome]:
        """Fetch and look at the images of these streams; yields what became of each when it is recorded.

        Raises WorkspaceError. Whenever it is left, what was fetched until then is kept.
        """
        with asyncio.Runner() as runner, ThreadPoolExecutor(usable_cores()) as self._threads:
            runner.run(self._open())
            work = runner.get_loop().create_task(self._all(streams))
            try:
                while (outcome := runner.run(self._next())) is not None:
                    yield outcome
                runner.run(_end(work))
            finally:
                runner.run(self._close(work))

    async def _open(self) -> None:
        self._settled: asyncio.Queue[Outcome | None] = asyncio.Queue()
        self._writer = LedgerWriter(self._ledger, on_error=lambda _: None)
        self._fetcher = Fetcher(self._options, self._blobs, policies=LedgerPolicies(self._writer))
        await self._fetcher.__aenter__()

    async def _close(self, work: asyncio.Task[None]) -> None:
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
        await self._fetcher.__aexit__(None, None, None)
        await self._writer.close()

    async def _next(self) -> Outcome | None:
        return await self._settled.get()

    async def _all(self, streams: Sequence[int]) -> None:
        rows: asyncio.Queue[tuple[Candidate, Outcome | None] | None] = asyncio.Queue(self._workers)
        tasks = [asyncio.ensure_future(self._work(rows)) for _ in range(self._workers)]
        tasks.append(asyncio.ensure_future(self._feed(streams, rows)))
        try:
            await asyncio.gather(*tasks)
            await self._writer.flush()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._settled.put_nowait(None)

    async def _feed(
        self, streams: Sequence[int], rows: asyncio.Queue[tuple[Candidate, Outcome | None] | None]
    ) -> None:
        for stream in streams:
            left = await self._writer.call(self._ledger.unfinished, stream)
            while chunk := await self._writer.call(take, left, CHUNK):
                for row in chunk:
                    await rows.put(row)
        for _ in range(self._workers):
            await rows.put(None)

    async def _work(self, rows: asyncio.Queue[tuple[Candidate, Outcome | None] | None]) -> None:
        while (row := await rows.get()) is not None:
            await self._writer.room()
            outcome = await self._outcome(*row)
            self._writer.post(row[0], outcome)
            self._settled.put_nowait(outcome)

    async def _outcome(self, candidate: Candidate, stored: Outcome | None) -> Outcome:
        """What becomes of a candidate; `stored` is what an earlier call fetched for it."""
        if (refused := self._refusals.before(candidate)) is not None:
            return refused
        if stored is None or not self._blobs.has(stored.sha256 or "", stored.size):
            try:
                stored = await self._brought(candidate)
            except NotFetched as problem:
                return problem.outcome
            self._writer.post(candidate, stored)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._looked_at, candidate, stored)

    async def _brought(self, candidate: Candidate) -> Outcome:
        """Get the bytes from the workspace or the web. Raises NotFetched."""
        digest, size = candidate.expected_sha256 or "", candidate.filesize_bytes
        if self._blobs.has(digest, size):
            consent = await self._fetcher.consent(candidate)
            return Outcome(state=State.FETCHED, stage=Stage.FETCH, sha256=digest, size=size, consent=consent)
        return (await self._fetcher.fetch(candidate)).outcome()

    def _looked_at(self, candidate: Candidate, outcome: Outcome) -> Outcome:
        """In a worker thread: what the picture is, which has to be one. Nothing else is asked of it."""
        digest = outcome.sha256 or ""
        image = Image(self._blobs.file(digest), digest, outcome.size or 0, candidate)
        try:
            header, phash = image.header, image.phash
        except DecodeError as error:
            return dataclasses.replace(
                outcome,
                state=State.REJECTED,
                stage=Stage.VALIDATION,
                reason=error.reason,
                detail=error.detail,
            )
        if (refused := self._refusals.after(candidate, outcome, phash)) is not None:
            if refused.state is State.REFUSED:
                self._blobs.remove(digest)
            return refused
        return dataclasses.replace(
            outcome,
            state=State.ACCEPTED,
            stage=Stage.SELECTION,
            number=candidate.extra["number"],
            format=header.format,
            width=header.width,
            height=header.height,
            phash=_nearly(phash, candidate.extra.get("phash")),
        )


async def _end(work: asyncio.Task[None]) -> None:
    await work


def _nearly(phash: str, locked: str | None) -> str:
    """The hash that the lock tells, by which splits were made, unless the picture is another one."""
    if locked is None or (int(phash, 16) ^ int(locked, 16)).bit_count() > BITS:
        return phash
    return locked
