"""One run of a job: what its spiders and stages share."""

from __future__ import annotations

import asyncio
import dataclasses
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from pixcrawler_core.catalog.reader import take
from pixcrawler_core.catalog.standings import save_standing
from pixcrawler_core.crawl.guarding import Guard
from pixcrawler_core.crawl.health import Health
from pixcrawler_core.crawl.pacing import Pacing
from pixcrawler_core.crawl.plan import Page, Plan, Stream
from pixcrawler_core.crawl.selection import Selection
from pixcrawler_core.crawl.tally import Tally
from pixcrawler_core.crawl.turnstile import Key
from pixcrawler_core.errors import WorkspaceError
from pixcrawler_core.records import Candidate, Outcome, Stage, State
from pixcrawler_core.sources import PageReport

if TYPE_CHECKING:
    from pixcrawler_core.catalog.writer import LedgerWriter
    from pixcrawler_core.crawl.recalling import Recalling
    from pixcrawler_core.crawl.room import Room

P = ParamSpec("P")
T = TypeVar("T")
CHUNK = 200
"""Rows of an earlier run that are taken up at once."""


class Run:
    """Streams, selection and records of a running job. Called on the event loop's thread only.

    To spiders it is their `Discovery`; stages hand it what became of each candidate.
    """

    def __init__(
        self,
        plan: Plan,
        ledger: LedgerWriter,
        recalling: Recalling,
        tally: Tally,
        health: Health | None = None,
        clock: Callable[[], float] = time.monotonic,
        pacing: Pacing | None = None,
        room: Room | None = None,
    ) -> None:
        self.plan = plan
        self.ledger = ledger
        self.tally = tally
        self.clock = clock
        self.health = health or Health()
        self.error: Exception | None = None
        self.interrupted = False
        self.pacing = pacing or Pacing()
        wanted, paced = (plan.wanted, plan.default_wanted), self.pacing.paced
        self.selection = Selection(*wanted, recalling, self._record, self._close, paced, room)
        self.gate = self.selection.gate
        self._streams: list[Stream] = []
        self._guard = Guard()

    # What the process that starts the run does.

    def resume(
        self,
        streams: Sequence[Stream],
        accepted: Iterable[tuple[Candidate, Outcome]],
        numbers: Mapping[str, int] = MappingProxyType({}),
    ) -> None:
        """Start from what earlier runs recorded: their streams, and their accepted images in order.

        `numbers` has the last number that was given in a category, where that is not the count.
        """
        for candidate, outcome in accepted:
            self.selection.remember(candidate, outcome)
        self.selection.numbers |= Counter(numbers)
        self._streams = list(streams)
        for stream in self._streams:
            if self.gate.open(stream.category):
                self.selection.turnstile.expect(stream.order, 1)

    def stop(self, error: Exception | None = None) -> None:
        """Let nothing more through; `error` is why, None when a person interrupted the run."""
        self.error = self.error or error
        self.interrupted = self.interrupted or error is None
        self.selection.stop()
        self._guard.cancel_all()

    def release(self, engine: str, failure: str | None) -> None:
        """An engine's spider has ended: nothing waits for it any more. `failure` is how it broke."""
        streams = [stream for stream in self._streams if stream.engine == engine]
        for stream in streams:
            if failure is not None and not stream.done:
                stream.failure = self.health.mask.text(failure)
            self.selection.end(stream)
        self.selection.forsake(stream.order for stream in streams)

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
        """Whether the run was stopped before its end."""
        return self.gate.stopped

    # What spiders ask.

    async def streams(self, engine: str) -> Sequence[Stream]:
        return [stream for stream in self._streams if stream.engine == engine]

    async def unfinished(self, stream: Stream) -> AsyncIterator[Candidate]:
        if self.gate.open(stream.category):
            rows = await self._ask(self.ledger.ledger.unfinished, stream.id)
            while chunk := await self._ask(take, rows, CHUNK):
                first = chunk[0][0]
                turn = Key(stream.turn(first.page), stream.order, first.rank)
                self.selection.turnstile.expect(stream.order, turn.page, turn.rank)
                if not await self.gate.page(stream.category, turn):
                    break
                self.gate.goal(stream.category).pages -= 1
                some = [each for each in chunk if each[1] is not None or not stream.left]
                fitting = [(candidate, stored) for candidate, stored in some if self._fits(candidate)]
                self.selection.enter(stream, fitting)
                for candidate, _ in fitting:
                    yield candidate
        self.selection.expect_page(stream)

    async def want_page(self, stream: Stream) -> bool:
        if stream.done or not await self._turn(stream):
            self.selection.end(stream)
            return False
        if (refused := self.refusal(stream.engine)) is not None:
            await self.end(stream, refused)
        return refused is None

    async def _turn(self, stream: Stream) -> bool:
        """Wait until the stream's next page is wanted, which may be long after a decision to let it rest."""
        wanted = await self.gate.page(stream.category, Key(stream.turn(stream.page), stream.order, 0))
        rests = self.pacing.rests(stream.category, stream.query, stream.page)
        if not wanted or stream.rests_from is not None or not rests:
            return wanted
        stream.rests_from = stream.page
        self.gate.goal(stream.category).pages -= 1
        await self._ask(self.ledger.ledger.rest_stream, stream.id, stream.page)
        self.selection.expect_page(stream)
        return await self._turn(stream)

    async def add_page(self, stream: Stream, page: Page) -> Sequence[Candidate]:
        placed = [
            dataclasses.replace(candidate, page=stream.page, rank=rank)
            for rank, candidate in enumerate(page.candidates)
        ]
        add = self.ledger.ledger.add_page
        fresh = await self._ask(add, stream.id, stream.page, placed, page.cursor, page.done, page.answer)
        self.tally.found(fresh)
        stream.page += 1
        stream.cursor, stream.done = page.cursor, page.done
        self.gate.goal(stream.category).pages -= 1
        if not self.gate.open(stream.category):
            return []
        fitting = [candidate for candidate in fresh if self._fits(candidate)]
        self.selection.enter(stream, [(candidate, None) for candidate in fitting])
        self.selection.expect_page(stream)
        return fitting

    async def report(self, stream: Stream, report: PageReport) -> None:
        try:
            standing = self.health.note(stream.engine, report)
        except WorkspaceError as error:
            self.stop(error)
            raise
        if standing is not None:
            await self._ask(save_standing, stream.engine, standing)

    def refusal(self, engine: str) -> str | None:
        return self.health.stopped.get(engine) or self.health.suspended(engine)

    async def pause(self, stream: Stream, seconds: float) -> None:
        end = self.clock() + seconds
        while self.clock() < end and self.gate.open(stream.category):
            await asyncio.sleep(min(0.2, seconds))

    async def end(self, stream: Stream, failure: str | None = None) -> None:
        stream.done, stream.failure = True, failure and self.health.mask.text(failure)
        if failure is not None:
            self.gate.goal(stream.category).pages -= 1
        await self._ask(self.ledger.ledger.end_stream, stream.id, stream.failure)
        self.selection.end(stream)

    # What stages ask.

    async def guard(self, candidate: Candidate, work: Coroutine[Any, Any, T]) -> T | None:
        """Do this work unless the category's goal is met meanwhile: then it is cancelled, and None."""
        return await self._guard.run(candidate.category, work, lambda: self.selection.leave(candidate.id))

    def fetched(self, candidate: Candidate, outcome: Outcome) -> None:
        """Record that the bytes are there, so that no later run fetches them again."""
        self._record(candidate, outcome)

    def settle(self, candidate: Candidate, outcome: Outcome) -> None:
        """Record the end of a candidate that is no choice: failed, refused or rejected."""
        if self.selection.leave(candidate.id):
            self._record(candidate, outcome)

    def abandon(self, candidate: Candidate, reason: str, detail: str) -> None:
        """Settle a candidate that a stage lost: it broke, or someone's own stage dropped the item."""
        outcome = Outcome(
            state=State.FAILED, stage=Stage.SELECTION, reason=reason, detail=detail, passing=True
        )
        self.settle(candidate, outcome)

    async def _ask(self, method: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Ask the ledger. If it cannot answer, the run stops: others would wait for this stream for ever."""
        try:
            return await self.ledger.call(method, *args, **kwargs)
        except WorkspaceError as error:
            self.stop(error)
            raise

    def _fits(self, candidate: Candidate) -> bool:
        """Whether the job's filters let a candidate through; one that they do not is recorded so."""
        if (why := self.plan.misfit(candidate)) is not None:
            outcome = Outcome(state=State.REJECTED, stage=Stage.DISCOVERY, reason="filtered", detail=why)
            self._record(candidate, outcome)
        return why is None

    def _record(self, candidate: Candidate, outcome: Outcome) -> None:
        self.tally.count(candidate, outcome)
        self.pacing.count(candidate, outcome.state)
        self.ledger.post(candidate, outcome)

    def _close(self, category: str) -> None:
        for stream in self._streams:
            if stream.category == category:
                self.selection.turnstile.end(stream.order)
        self._guard.cancel(category)
