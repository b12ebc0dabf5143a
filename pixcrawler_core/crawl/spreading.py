"""Spreads the fetching of a job over processes that have nothing else to do, as far as there are any.

About half of what waits is offered in shards; who is idle takes one. What nobody takes is soon taken back,
and offered less often from then on: without others, spreading is a row that comes and goes. Only what the
gate let through is offered, so that others fetch no more than wanted.
"""

from __future__ import annotations

import asyncio
import dataclasses
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import KW_ONLY, dataclass, field
from typing import TYPE_CHECKING

from pixcrawler_core.catalog.shards import ShardState
from pixcrawler_core.crawl.lines import Line, Lines, Ticket
from pixcrawler_core.records import Outcome, Stage, State

if TYPE_CHECKING:
    from pixcrawler_core.catalog.writer import LedgerWriter
    from pixcrawler_core.crawl.tally import Tally
    from pixcrawler_core.jobs.offers import Offers, Standing
    from pixcrawler_core.records import Candidate

EVERY = 0.25
"""Seconds between two looks at what was offered."""
AHEAD = 2
"""Times the images fetched at once that are kept back for this process, at least."""
PATIENCE, LONGEST_PATIENCE = 1.0, 5.0
"""Seconds that others have to take what is offered: when this process is idle, and when it is not."""
REST, LONGEST_REST = 5.0, 60.0
"""Seconds for which nothing is offered after an offer that nobody took; twice as many each time."""
WANTED = 0.75
"""Share of a shard's candidates below which it is told that the others are not wanted any more."""
SMALLEST = 50
"""Fewest candidates for which a shard is worth while: so few are offered towards the end."""
FAILED = "shard-failed"

Ask = Callable[["Candidate"], Awaitable[Outcome]]


@dataclass(eq=False, kw_only=True)
class Part:
    """Candidates that are offered, or about to be."""

    number: int
    lines: list[Line]
    tickets: dict[int, Ticket]
    """By the ledger row, those of which it is not known what became."""
    offered: bool = False
    offered_at: float = 0.0
    taken: bool = False
    settled: int = 0
    told: int = 0
    """How many candidates whoever has it was told of last."""

    def wanted(self) -> list[int]:
        """Forget whom nobody waits for any more; the rows of the others."""
        self.tickets = {row: ticket for row, ticket in self.tickets.items() if not ticket.gone}
        return list(self.tickets)


@dataclass
class Spread:
    """The lines of a job's run and its shards. Used on the event loop's thread.

    `concurrency` images are fetched here at once; a shard has about `size`.
    """

    ledger: LedgerWriter
    offers: Offers
    tally: Tally
    _: KW_ONLY
    concurrency: int
    size: int
    clock: Callable[[], float] = time.monotonic
    _parts: list[Part] = field(default_factory=list)
    _examined: set[int] = field(default_factory=set)
    _unexamined: set[int] = field(default_factory=set)
    _helped_at: float = 0.0
    """When others were seen to work on a shard."""
    _rest: float = REST
    _rests_until: float = 0.0
    _number: int = 0

    def __post_init__(self) -> None:
        self._lines = Lines(AHEAD * self.concurrency)

    async def fetch(self, candidate: Candidate, here: Ask) -> Outcome:
        """The outcome of a candidate, fetched by another process or `here`."""
        line = self._lines.of(candidate)
        ticket = self._lines.join(line, candidate)
        outcome = None
        try:
            outcome = await ticket.turn
            if outcome is None:
                outcome = await here(candidate)
            return outcome
        finally:
            if ticket.begun:
                self._lines.leave(line)
                self._unexamined.add(candidate.id)
                if outcome is None or outcome.state is not State.FETCHED:
                    self.finish(candidate)

    def finish(self, candidate: Candidate) -> None:
        """A candidate is examined, or dropped: another one may be fetched in its place."""
        if candidate.id in self._unexamined:
            self._unexamined.remove(candidate.id)
            self._lines.finish()

    def examined(self, candidate: Candidate) -> bool:
        """Whether a shard examined what it fetched for a candidate; told once."""
        known = candidate.id in self._examined
        self._examined.discard(candidate.id)
        return known

    async def keep_on(self) -> None:
        """Offer, and gather what comes of it, until cancelled. Raises WorkspaceError."""
        while True:
            await self._gather()
            await self._take_back()
            self._choose()
            await self._offer()
            await asyncio.sleep(EVERY)

    def _choose(self) -> None:
        """Pick lines for the next shard, which are not worked on here from now on."""
        self._lines.bounded = self.clock() >= self._rests_until
        taken = sum(part.taken for part in self._parts)
        if len(self._parts) - taken > taken or not self._lines.bounded:
            return
        counts = {line: line.clear() for line in self._lines.all if not line.lent}
        left, wanted = sum(counts.values()), 0
        size = min(self.size, max(SMALLEST, (left - self._lines.least) // 2))
        if left < size + self._lines.least:
            return
        chosen: list[Line] = []
        for line in sorted(counts, key=lambda line: (line.active, -counts[line])):
            if wanted < size and counts[line] and left - counts[line] >= self._lines.least:
                chosen.append(line)
                wanted += min(counts[line], size)
                left -= counts[line]
        if 2 * wanted >= size:
            self._cut(chosen)

    def _cut(self, lines: list[Line]) -> None:
        tickets: dict[int, Ticket] = {}
        for line in lines:
            line.lent = True
            while line.waiting and len(tickets) < 2 * self.size:
                ticket = line.waiting.popleft()
                tickets[ticket.candidate.id] = ticket
        self._number += 1
        self._parts.append(Part(number=self._number, lines=lines, tickets=tickets))

    async def _offer(self) -> None:
        """Offer what was chosen as soon as nothing of its lines is under way here."""
        for part in self._parts:
            if part.offered or any(line.active for line in part.lines):
                continue
            rows = part.wanted()
            part.told = len(rows)
            await self.ledger.call(self.offers.offer, part.number, rows)
            part.offered, part.offered_at = True, self.clock()

    async def _take_back(self) -> None:
        """Do here what nobody took, who had the time for it."""
        for part in [part for part in self._parts if part.offered and not part.taken]:
            if self._lines.active < self.concurrency:
                until = part.offered_at + PATIENCE
            else:
                until = max(part.offered_at, self._helped_at) + LONGEST_PATIENCE
            if self.clock() < until or not await self.ledger.call(self.offers.withdraw, part.number):
                continue
            if self._helped_at < part.offered_at:
                self._rests_until = self.clock() + self._rest
                self._rest = min(2 * self._rest, LONGEST_REST)
                self._lines.bounded = False
            self._end(part)

    async def _gather(self) -> None:
        offered = [part for part in self._parts if part.offered]
        numbers = [part.number for part in offered]
        standing = await self.ledger.call(self.offers.standing, numbers) if offered else {}
        for part in offered:
            told = standing.get(part.number)
            if told is not None and told.state is ShardState.LEASED:
                part.taken, self._rest, self._rests_until = True, REST, 0.0
                self._helped_at = self.clock()
            if told is not None and told.state is ShardState.WAITING:
                part.taken = False
            await self._settle(part, told)
            if told is None or told.state in (ShardState.DONE, ShardState.PARKED):
                await self._finish(part, told)
            else:
                await self._narrow(part)

    async def _settle(self, part: Part, told: Standing | None) -> None:
        """Hand on what became of a part's candidates since the last look."""
        ended = told is None or told.state in (ShardState.DONE, ShardState.PARKED)
        if told is not None and told.settled == part.settled and not ended:
            return
        part.settled = told.settled if told is not None else part.settled
        outcomes = await self.ledger.call(lambda: list(self.offers.outcomes(part.wanted())))
        self._hand_on(part, outcomes)

    def _hand_on(self, part: Part, outcomes: Iterable[tuple[int, Outcome]]) -> None:
        for row, outcome in outcomes:
            ticket = part.tickets.pop(row, None)
            if ticket is None or ticket.gone:
                continue
            if outcome.state is State.FETCHED:
                self.tally.downloaded(outcome.size or 0)
                self._examined.add(row)
            ticket.turn.set_result(outcome)

    async def _finish(self, part: Part, told: Standing | None) -> None:
        """A shard has ended: what it left fails with its error, or is fetched here."""
        if told is not None and told.state is ShardState.PARKED:
            failed = Outcome(
                state=State.FAILED, stage=Stage.FETCH, reason=FAILED, detail=told.error, passing=True
            )
            self._hand_on(part, [(row, dataclasses.replace(failed)) for row in part.wanted()])
        await self.ledger.call(self.offers.forget_rows, part.number)
        self._end(part)

    async def _narrow(self, part: Part) -> None:
        rows = part.wanted()
        if not rows:
            await self.ledger.call(self.offers.revoke, part.number)
            self._end(part)
        elif len(rows) < WANTED * (part.told - part.settled):
            part.told = len(rows) + part.settled
            await self.ledger.call(self.offers.narrow, part.number, rows)

    def _end(self, part: Part) -> None:
        part.wanted()
        self._parts.remove(part)
        self._lines.take_back(part.lines, part.tickets.values())
