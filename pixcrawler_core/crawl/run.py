"""One run of a job: what its spiders and stages share."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from pixcrawler_core.crawl.gate import Gate, Goal
from pixcrawler_core.crawl.plan import Page, Plan, Stream
from pixcrawler_core.crawl.tally import Tally
from pixcrawler_core.crawl.turnstile import Key, Turnstile
from pixcrawler_core.records import Candidate, Outcome, Stage, State

if TYPE_CHECKING:
    from pixcrawler_core.catalog.writer import LedgerWriter
    from pixcrawler_core.components import Index
    from pixcrawler_core.image import Image

T = TypeVar("T")


@dataclass(kw_only=True)
class Entry:
    """A candidate on its way through this run."""

    key: Key
    owner: str
    """Category of the stream it came from."""
    category: str
    admitted: bool = False
    stored: Outcome | None = None
    """What an earlier run fetched for it."""


@dataclass(kw_only=True)
class Choice:
    """A valid image that waits for its turn, and who waits with it."""

    image: Image
    outcome: Outcome
    chosen: asyncio.Future[Outcome | None]


class Run:
    """Goals, order and records of a running job. All methods are called on the event loop's thread."""

    def __init__(
        self,
        plan: Plan,
        ledger: LedgerWriter,
        indexes: Sequence[Index],
        tally: Tally,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.plan = plan
        self.clock = clock
        self.ledger = ledger
        self.indexes = indexes
        self.tally = tally
        self.error: Exception | None = None
        self.interrupted = False
        self.turnstile: Turnstile[Any] = Turnstile()
        goals = {name: Goal(wanted=wanted) for name, wanted in plan.wanted.items()}
        self.gate = Gate(self.turnstile, goals, plan.default_wanted)
        self._entries: dict[int, Entry] = {}
        self._tasks: dict[str, set[asyncio.Task[Any]]] = {}
        self._streams: list[Stream] = []
        self._by_order: dict[int, Stream] = {}

    # What the process that starts the run does.

    def resume(self, streams: Sequence[Stream], accepted: Sequence[tuple[Candidate, Image]]) -> None:
        """Start from what earlier runs recorded: their streams, and their accepted images in order."""
        for candidate, image in accepted:
            self.gate.goal(candidate.category).accepted += 1
            for index in self.indexes:
                index.add(candidate.id, image)
        self._streams = list(streams)
        self._by_order = {stream.order: stream for stream in self._streams}
        for stream in self._streams:
            if self.gate.open(stream.category):
                self.turnstile.expect(stream.order, 1)

    def stop(self, error: Exception | None = None) -> None:
        """Let nothing more through; `error` is why, None when a person interrupted the run."""
        self.error = self.error or error
        self.interrupted = self.interrupted or error is None
        self.gate.stop()
        for category in list(self._tasks):
            self._cancel(category)
        for choice in self.turnstile.clear():
            if not choice.chosen.done():
                choice.chosen.set_result(None)

    def release(self, engine: str, failure: str | None) -> None:
        """An engine's spider has ended: nothing waits for it any more."""
        for stream in self._streams:
            if stream.engine == engine:
                if failure is not None and not stream.done:
                    stream.failure = failure
                self._end(stream)
        for candidate_id, entry in list(self._entries.items()):
            if self._by_order[entry.key.stream].engine == engine:
                self._forget(candidate_id)

    @property
    def failures(self) -> dict[str, str]:
        """Why streams ended early, by `engine: query`."""
        return {f"{each.engine}: {each.query}": each.failure for each in self._streams if each.failure}

    @property
    def wanting(self) -> bool:
        """Whether there is a stream to go on with."""
        return any(self.gate.open(stream.category) for stream in self._streams)

    @property
    def stopped(self) -> bool:
        return self.gate.stopped

    # What spiders ask (the protocol `Discovery`).

    async def streams(self, engine: str) -> Sequence[Stream]:
        return [stream for stream in self._streams if stream.engine == engine]

    async def unfinished(self, stream: Stream) -> AsyncIterator[Candidate]:
        if self.gate.open(stream.category):
            rows = await self.ledger.call(self.ledger.ledger.unfinished, stream.id)
            while chunk := await self.ledger.call(_take, rows, 200):
                first = chunk[0][0]
                self.turnstile.expect(stream.order, first.page, first.rank)
                if not await self.gate.page(stream.category, Key(first.page, stream.order, first.rank)):
                    break
                self.gate.goal(stream.category).pages -= 1
                self._enter(stream, chunk)
                for candidate, _ in chunk:
                    yield candidate
        self._expect_next(stream)

    async def want_page(self, stream: Stream) -> bool:
        if stream.done:
            self._end(stream)
            return False
        wanted = await self.gate.page(stream.category, Key(stream.page, stream.order, 0))
        if not wanted:
            self._end(stream)
        return wanted

    async def add_page(self, stream: Stream, page: Page) -> Sequence[Candidate]:
        placed = [
            dataclasses.replace(candidate, page=stream.page, rank=rank)
            for rank, candidate in enumerate(page.candidates)
        ]
        add = self.ledger.ledger.add_page
        fresh = await self.ledger.call(add, stream.id, stream.page, placed, page.cursor, page.done)
        self.tally.found(fresh)
        stream.page += 1
        stream.cursor, stream.done = page.cursor, page.done
        self.gate.goal(stream.category).pages -= 1
        if not self.gate.open(stream.category):
            return []
        self._enter(stream, [(candidate, None) for candidate in fresh])
        self._expect_next(stream)
        return fresh

    async def pause(self, stream: Stream, seconds: float) -> None:
        end = self.clock() + seconds
        while self.clock() < end and self.gate.open(stream.category):
            await asyncio.sleep(min(0.2, seconds))

    async def end(self, stream: Stream, failure: str | None = None) -> None:
        stream.done, stream.failure = True, failure
        if failure is not None:
            self.gate.goal(stream.category).pages -= 1
        await self.ledger.call(self.ledger.ledger.end_stream, stream.id, failure)
        self._end(stream)

    # What stages ask.

    async def admit(self, candidate: Candidate) -> bool:
        """Wait until this candidate may be fetched; False when it is not needed any more."""
        entry = self._entries[candidate.id]
        entry.admitted = await self.gate.fetch(candidate.category, entry.key)
        if not entry.admitted:
            self._leave(candidate)
        return entry.admitted

    def stored(self, candidate: Candidate) -> Outcome | None:
        """What an earlier run fetched for this candidate."""
        return self._entries[candidate.id].stored

    async def guard(self, candidate: Candidate, work: Coroutine[Any, Any, T]) -> T | None:
        """Do this work unless the category's goal is met meanwhile: then it is cancelled, and None."""
        task = asyncio.ensure_future(work)
        tasks = self._tasks.setdefault(candidate.category, set())
        tasks.add(task)
        try:
            await asyncio.wait([task])
        finally:
            tasks.discard(task)
        if task.cancelled():
            self._leave(candidate)
            return None
        return task.result()

    def fetched(self, candidate: Candidate, outcome: Outcome) -> None:
        """Record that the bytes are there, so that no later run fetches them again."""
        self.tally.count(candidate, outcome)
        self.ledger.post(candidate, outcome)

    def settle(self, candidate: Candidate, outcome: Outcome) -> None:
        """Record the end of a candidate that is no choice: failed, refused or rejected."""
        if candidate.id not in self._entries:
            return
        self.tally.count(candidate, outcome)
        self.ledger.post(candidate, outcome)
        self._leave(candidate)

    async def choose(self, image: Image, outcome: Outcome) -> Outcome | None:
        """Wait for this valid image's turn; the outcome it got, None when it is not needed."""
        candidate = image.candidate
        assert candidate is not None  # noqa: S101  # stages only hand in images of candidates
        chosen: asyncio.Future[Outcome | None] = asyncio.get_running_loop().create_future()
        choice = Choice(image=image, outcome=outcome, chosen=chosen)
        self.turnstile.ready(self._entries[candidate.id].key, choice)
        self._advance()
        return await chosen

    def abandon(self, candidate: Candidate, reason: str, detail: str) -> None:
        """Settle a candidate that a stage lost: an error in it, or an item dropped by someone's own stage."""
        outcome = Outcome(
            state=State.FAILED, stage=Stage.SELECTION, reason=reason, detail=detail, passing=True
        )
        self.settle(candidate, outcome)

    # How it works inside.

    def _enter(self, stream: Stream, rows: Sequence[tuple[Candidate, Outcome | None]]) -> None:
        for candidate, stored in rows:
            key = Key(candidate.page, stream.order, candidate.rank)
            entry = Entry(key=key, owner=stream.category, category=candidate.category, stored=stored)
            self._entries[candidate.id] = entry
            self.gate.goal(stream.category).backlog += 1
            self.turnstile.enter(key)
        if rows:
            last = rows[-1][0]
            self.turnstile.expect(stream.order, last.page, last.rank + 1)

    def _expect_next(self, stream: Stream) -> None:
        if stream.done or not self.gate.open(stream.category):
            self._end(stream)
            return
        self.turnstile.expect(stream.order, stream.page)
        self._advance(stream.category)

    def _end(self, stream: Stream) -> None:
        self.turnstile.end(stream.order)
        self._advance(stream.category)

    def _leave(self, candidate: Candidate) -> None:
        self._forget(candidate.id)

    def _forget(self, candidate_id: int) -> None:
        entry = self._entries.pop(candidate_id, None)
        if entry is None:
            return
        self.turnstile.skip(entry.key)
        self.gate.goal(entry.category).under_way -= entry.admitted
        self.gate.goal(entry.owner).backlog -= 1
        self._advance(entry.category, entry.owner)

    def _advance(self, *categories: str) -> None:
        touched = set(categories)
        while (choice := self.turnstile.advance()) is not None:
            candidate = choice.image.candidate
            touched |= {candidate.category, self._entries[candidate.id].owner}
            self._decide(candidate, choice)
        self.gate.update(*touched)

    def _decide(self, candidate: Candidate, choice: Choice) -> None:
        outcome = self._outcome(candidate, choice) if self.gate.open(candidate.category) else None
        entry = self._entries.pop(candidate.id)
        self.gate.goal(entry.category).under_way -= 1
        self.gate.goal(entry.owner).backlog -= 1
        if outcome is not None:
            self.tally.count(candidate, outcome)
            self.ledger.post(candidate, outcome)
        if not choice.chosen.done():
            choice.chosen.set_result(outcome)
        if not self.gate.open(candidate.category):
            self._close(candidate.category)

    def _outcome(self, candidate: Candidate, choice: Choice) -> Outcome:
        for index in self.indexes:
            original = index.add(candidate.id, choice.image)
            if original is not None:
                return dataclasses.replace(
                    choice.outcome,
                    state=State.DUPLICATE,
                    stage=Stage.DEDUP,
                    reason="duplicate",
                    detail=f"the same as row {original}",
                    duplicate_of=original,
                )
        goal = self.gate.goal(candidate.category)
        goal.accepted += 1
        return dataclasses.replace(
            choice.outcome, state=State.ACCEPTED, stage=Stage.SELECTION, number=goal.accepted
        )

    def _close(self, category: str) -> None:
        for stream in self._streams:
            if stream.category == category:
                self.turnstile.end(stream.order)
        self._cancel(category)

    def _cancel(self, category: str) -> None:
        for task in list(self._tasks.get(category, ())):
            task.cancel()


def _take(rows: Any, most: int) -> list[tuple[Candidate, Outcome | None]]:
    """Up to `most` further rows of an iterator."""
    taken: list[tuple[Candidate, Outcome | None]] = []
    with contextlib.suppress(StopIteration):
        while len(taken) < most:
            taken.append(next(rows))
    return taken
