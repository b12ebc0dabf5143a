"""Chooses the images of a dataset: in order, without duplicates, as many as each category wants."""

from __future__ import annotations

import asyncio
import dataclasses
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pixcrawler_core.crawl.gate import Gate, Goal
from pixcrawler_core.crawl.room import Room
from pixcrawler_core.crawl.turnstile import Key, Turnstile
from pixcrawler_core.records import Candidate, Outcome, Stage, State

if TYPE_CHECKING:
    from pixcrawler_core.crawl.plan import Stream
    from pixcrawler_core.crawl.recalling import Recalling
    from pixcrawler_core.dedup.recogniser import Study
    from pixcrawler_core.image import Image

Record = Callable[[Candidate, Outcome], None]


@dataclass(kw_only=True)
class Entry:
    """A candidate on its way through this run."""

    key: Key
    owner: str
    """Category of the stream it came from; empty for a list with labels."""
    category: str
    stored: Outcome | None
    """What an earlier run fetched for it."""
    admitted: bool = False


@dataclass(kw_only=True)
class Choice:
    """A valid image that waits for its turn, and who waits with it."""

    candidate: Candidate
    image: Image
    outcome: Outcome
    study: Study
    chosen: asyncio.Future[Outcome | None]


class Selection:
    """Who is under way, whose turn it is, and what is enough. Called on the event loop's thread only.

    `record` is told every choice; `met` is called with a category as soon as it has all that it wants. An
    image for which there is no `room` stops everything.
    """

    def __init__(
        self,
        wanted: Mapping[str, int | None],
        default_wanted: int | None,
        recalling: Recalling,
        record: Record,
        met: Callable[[str], None],
        paced: Collection[str] = (),
        room: Room | None = None,
    ) -> None:
        self.room = room or Room()
        self.recalling = recalling
        self.record = record
        self.met = met
        self.turnstile: Turnstile[Any] = Turnstile()
        goals = {name: Goal(wanted=number) for name, number in wanted.items()}
        self.gate = Gate(self.turnstile, goals, default_wanted, paced)
        self.numbers: Counter[str] = Counter()
        """The last number given to an image of each category."""
        self._entries: dict[int, Entry] = {}

    def remember(self, candidate: Candidate, outcome: Outcome) -> None:
        """Count an image that an earlier run accepted."""
        self.gate.goal(candidate.category).accepted += 1
        self.numbers[candidate.category] += 1
        self.recalling.place(candidate, outcome)

    def enter(self, stream: Stream, rows: Sequence[tuple[Candidate, Outcome | None]]) -> None:
        """Candidates of a stream, in order, with what earlier runs fetched for them."""
        for candidate, stored in rows:
            key = Key(stream.turn(candidate.page), stream.order, candidate.rank)
            entry = Entry(key=key, owner=stream.category, category=candidate.category, stored=stored)
            self._entries[candidate.id] = entry
            self.gate.goal(stream.category).backlog += 1
            self.turnstile.enter(key)
        if rows:
            last = rows[-1][0]
            self.turnstile.expect(stream.order, stream.turn(last.page), last.rank + 1)

    def expect_page(self, stream: Stream) -> None:
        """What the stream brings next is its page `stream.page`, or nothing if it is not wanted any more."""
        if stream.done or not self.gate.open(stream.category):
            self.end(stream)
            return
        self.turnstile.expect(stream.order, stream.turn(stream.page))
        self.advance(stream.category)

    def end(self, stream: Stream) -> None:
        """Nothing more comes from this stream."""
        self.turnstile.end(stream.order)
        self.advance(stream.category)

    async def admit(self, candidate: Candidate) -> bool:
        """Wait until this candidate may be fetched; False when it is not needed any more."""
        entry = self._entries.get(candidate.id)
        if entry is None:
            return False
        entry.admitted = await self.gate.fetch(candidate.category, entry.key)
        if not entry.admitted:
            self.leave(candidate.id)
        return entry.admitted

    def stored(self, candidate: Candidate) -> Outcome | None:
        """What an earlier run fetched for this candidate."""
        entry = self._entries.get(candidate.id)
        return entry.stored if entry else None

    async def choose(
        self, image: Image, candidate: Candidate, outcome: Outcome, study: Study
    ) -> Outcome | None:
        """Wait for this valid image's turn; the outcome it got, None when it is not needed."""
        entry = self._entries.get(candidate.id)
        if entry is None or self.gate.stopped:
            return None
        chosen: asyncio.Future[Outcome | None] = asyncio.get_running_loop().create_future()
        choice = Choice(candidate=candidate, image=image, outcome=outcome, study=study, chosen=chosen)
        self.turnstile.ready(entry.key, choice)
        self.advance()
        return await chosen

    def leave(self, candidate_id: int) -> bool:
        """This candidate is no choice any more; whether it was one until now."""
        entry = self._entries.pop(candidate_id, None)
        if entry is None:
            return False
        self.turnstile.skip(entry.key)
        self._count_out(entry)
        self.advance(entry.category, entry.owner)
        return True

    def forsake(self, orders: Iterable[int]) -> None:
        """Drop all candidates of these streams: their spider is gone."""
        gone = set(orders)
        for candidate_id in [each for each, entry in self._entries.items() if entry.key.stream in gone]:
            self.leave(candidate_id)

    def stop(self) -> None:
        """Let nothing through any more; whoever waits goes away without a choice."""
        self.gate.stop()
        for choice in self.turnstile.clear():
            _answer(choice, None)

    def advance(self, *categories: str) -> None:
        """Choose whatever is next in order, then let through whoever may go on."""
        touched = set(categories)
        while (choice := self.turnstile.advance()) is not None:
            entry = self._entries.pop(choice.candidate.id)
            touched |= {entry.category, entry.owner}
            self._decide(choice, entry)
        self.gate.update(*touched)

    def _decide(self, choice: Choice, entry: Entry) -> None:
        wanted = self.gate.open(entry.category)
        if wanted and not self.room.fits(choice.outcome.size or 0):
            self.stop()
            wanted = False
        outcome = self._outcome(choice) if wanted else None
        self._count_out(entry)
        try:
            if outcome is not None:
                self.record(choice.candidate, outcome)
        finally:
            _answer(choice, outcome)
        if wanted and not self.gate.open(entry.category):
            self.met(entry.category)

    def _outcome(self, choice: Choice) -> Outcome:
        judged = self.recalling.judged(choice.candidate, choice.image, choice.outcome, choice.study)
        if judged.state is State.FETCHED:
            category = choice.candidate.category
            self.gate.goal(category).accepted += 1
            self.numbers[category] += 1
            judged = dataclasses.replace(
                judged, state=State.ACCEPTED, stage=Stage.SELECTION, number=self.numbers[category]
            )
        if judged.state is State.ACCEPTED:
            self.room.take(judged.size or 0)
            self.recalling.keep(choice.candidate, choice.image, judged, choice.study)
        return judged

    def _count_out(self, entry: Entry) -> None:
        self.gate.goal(entry.category).under_way -= entry.admitted
        self.gate.goal(entry.owner).backlog -= 1


def _answer(choice: Choice, outcome: Outcome | None) -> None:
    if not choice.chosen.done():
        choice.chosen.set_result(outcome)
