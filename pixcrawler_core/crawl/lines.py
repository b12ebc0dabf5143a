"""Candidates that wait to be fetched, in lines by their hosts: a line is worked on in one place at a time."""

from __future__ import annotations

import asyncio
import hashlib
from collections import defaultdict, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pixcrawler_core.urls import host_of

if TYPE_CHECKING:
    from pixcrawler_core.records import Candidate, Outcome

LINES = 64
"""Lines of a job, and so the shards that it can have at once."""


@dataclass(eq=False, slots=True)
class Ticket:
    """A candidate in a line."""

    candidate: Candidate
    place: int
    """Counted up over all lines."""
    turn: asyncio.Future[Outcome | None]
    """Its outcome, where another process fetched it; None when it is to be fetched here."""

    @property
    def gone(self) -> bool:
        """Whether nobody waits for it any more, or its turn came."""
        return self.turn.done()

    @property
    def begun(self) -> bool:
        """Whether it was let through, to be fetched here."""
        return self.gone and not self.turn.cancelled() and self.turn.result() is None


@dataclass(eq=False, slots=True)
class Line:
    """Candidates of some hosts, all of each."""

    waiting: deque[Ticket] = field(default_factory=deque)
    active: int = 0
    """Those that are being fetched here."""
    lent: bool = False
    """Whether it is worked on elsewhere, or about to be."""

    def clear(self) -> int:
        """Take out who is gone; how many are left."""
        if any(ticket.gone for ticket in self.waiting):
            self.waiting = deque(ticket for ticket in self.waiting if not ticket.gone)
        return len(self.waiting)


class Lines:
    """Lets candidates through that are fetched here, in the order in which they came.

    While `bounded`, only half of them are under way here, but at least `least`: others may have the rest.
    Used on the event loop's thread.
    """

    def __init__(self, least: int) -> None:
        self.least = least
        self.active = 0
        """Those that were let through and are not examined yet: what examines may be what all wait for."""
        self.bounded = True
        self.all = [Line() for _ in range(LINES)]
        self._places = 0

    def of(self, candidate: Candidate) -> Line:
        """The line of a candidate's host."""
        host = host_of(candidate.image_url) or ""
        digest = hashlib.blake2b(host.encode(), digest_size=4).digest()
        return self.all[int.from_bytes(digest) % LINES]

    def join(self, line: Line, candidate: Candidate) -> Ticket:
        """Wait at the end of a line."""
        self._places += 1
        ticket = Ticket(candidate, self._places, asyncio.get_running_loop().create_future())
        line.waiting.append(ticket)
        self.let()
        return ticket

    def leave(self, line: Line) -> None:
        """One of a line is not being fetched any more; what was fetched is yet to be examined."""
        line.active -= 1

    def finish(self) -> None:
        """One that was let through is examined, or is not going to be."""
        self.active -= 1
        self.let()

    def take_back(self, lines: Iterable[Line], tickets: Iterable[Ticket]) -> None:
        """Work on lines here again, and on the tickets that were taken from them, at their places."""
        back = defaultdict[Line, list[Ticket]](list)
        for ticket in tickets:
            back[self.of(ticket.candidate)].append(ticket)
        for line in lines:
            line.lent = False
            line.waiting = deque(sorted((*line.waiting, *back[line]), key=lambda ticket: ticket.place))
        self.let()

    def let(self) -> None:
        """Let through whoever may be fetched here."""
        waiting = sum(len(line.waiting) for line in self.all if not line.lent)
        most = max(self.least, (self.active + waiting) // 2) if self.bounded else self.active + waiting
        while self.active < most and (line := self._next()) is not None:
            ticket = line.waiting.popleft()
            if ticket.gone:
                continue
            line.active += 1
            self.active += 1
            ticket.turn.set_result(None)

    def _next(self) -> Line | None:
        ready = (line for line in self.all if line.waiting and not line.lent)
        return min(ready, key=lambda line: line.waiting[0].place, default=None)
