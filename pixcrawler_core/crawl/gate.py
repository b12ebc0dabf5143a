"""Decides how far ahead of the selection a run may go: which candidate is fetched, which page is asked for.

Each category fetches about as many images as it still needs, and a quarter more for those that will be
rejected. Whatever the selection waits for next is always let through, so that nothing can wait in a circle.
"""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from pixcrawler_core.crawl.pacing import LAG
from pixcrawler_core.crawl.turnstile import Key, Turnstile

SPARE = 4
"""Images under way beyond the need, so that a slow one does not leave the connection idle."""
LOOKAHEAD = 4_000
"""Most images under way or waiting for their turn in one category: bounds memory at about 40 MB."""
PAGE_SIZE = 20
"""Candidates reckoned for a page that is asked for and not yet there."""
PAGES_AT_ONCE = 2
"""Pages asked for at once even if one would do, so that a silent source does not keep others from working."""
ANY = ""
"""Stands for the category of a stream whose candidates name their own (a list with labels)."""

Queue = list[tuple[Key, "asyncio.Future[bool]"]]


@dataclass
class Goal:
    """What one category wants, has, and has under way."""

    wanted: int | None
    accepted: int = 0
    under_way: int = 0
    """Images being fetched, validated or waiting for their turn."""
    backlog: int = 0
    """Candidates known and not yet decided, those under way included."""
    pages: int = 0
    """Pages asked for and not yet there."""
    fetches: Queue = field(default_factory=list)
    wishes: Queue = field(default_factory=list)

    @property
    def missing(self) -> int | None:
        """Images still to be accepted; None without a limit."""
        return None if self.wanted is None else max(0, self.wanted - self.accepted)

    @property
    def met(self) -> bool:
        """Whether the category has all that it wants."""
        return self.missing == 0

    @property
    def reach(self) -> int:
        """How many images may be under way."""
        missing = self.missing
        return LOOKAHEAD if missing is None else min(LOOKAHEAD, missing + missing // 4 + SPARE)


class Gate:
    """The goals of all categories, and who waits for what. All calls come from the event loop's thread."""

    def __init__(
        self,
        turnstile: Turnstile[object],
        goals: Mapping[str, Goal],
        wanted: int | None,
        paced: Collection[str] = (),
    ) -> None:
        """`paced` are the categories whose pages wait for what came of the page before the last."""
        self.turnstile = turnstile
        self.goals = dict(goals)
        self._named = bool(goals)
        self.wanted = wanted
        self.paced = frozenset(paced)
        self.stopped = False
        self._waiting: dict[Key, str] = {}
        self._page: int | None = None
        """The round of the head when it was last looked at."""

    def goal(self, category: str) -> Goal:
        """The goal of a category; one that only a list's labels name gets the job's number.

        Of one that the dataset has of another job, nothing is wanted.
        """
        if category not in self.goals:
            wanted = 0 if self._named else self.wanted
            self.goals[category] = Goal(wanted=None if category == ANY else wanted)
        return self.goals[category]

    def asked(self) -> list[Goal]:
        """The goals of the categories of which something is wanted."""
        return [goal for goal in self.goals.values() if goal.wanted != 0]

    def open(self, category: str) -> bool:
        """Whether this category still wants images."""
        return not self.stopped and not self.goal(category).met

    async def fetch(self, category: str, key: Key) -> bool:
        """Wait until this candidate may be fetched; False when it is not wanted any more."""
        return await self._wait(self.goal(category).fetches, category, key)

    async def page(self, category: str, frontier: Key) -> bool:
        """Wait until the page at this frontier is wanted; False when no more pages are."""
        return await self._wait(self.goal(category).wishes, category, frontier)

    def update(self, *categories: str) -> None:
        """Let through whoever may go now, after something changed in these categories."""
        head = self.turnstile.head()
        names = set(categories)
        if head in self._waiting:
            names.add(self._waiting[head])
        if self._page != (head and head.page):  # pages of any category may have waited for this
            self._page = head and head.page
            names |= self.paced.intersection(self.goals)
        for name in names:
            self._update(self.goal(name), name, head)

    def stop(self) -> None:
        """Let nothing through any more."""
        self.stopped = True
        self.update(*self.goals)

    async def _wait(self, queue: Queue, category: str, key: Key) -> bool:
        future: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        heapq.heappush(queue, (key, future))
        self._waiting[key] = category
        self.update(category)
        return await future

    def _update(self, goal: Goal, name: str, head: Key | None) -> None:
        wanted = self.open(name)
        while goal.fetches and (not wanted or goal.under_way < goal.reach or goal.fetches[0][0] == head):
            goal.under_way += self._release(goal.fetches, wanted)
        while goal.wishes and (not wanted or self._page_wanted(goal, name, goal.wishes[0][0], head)):
            goal.pages += self._release(goal.wishes, wanted)

    def _page_wanted(self, goal: Goal, name: str, key: Key, head: Key | None) -> bool:
        leads = key == head
        if name in self.paced and self._undecided(key, head):
            return False
        if leads or goal.pages < PAGES_AT_ONCE:
            return leads or goal.backlog < goal.reach
        return goal.backlog + goal.pages * PAGE_SIZE < goal.reach

    @staticmethod
    def _undecided(key: Key, head: Key | None) -> bool:
        """Whether candidates of pages that say whether this one is worth while are still on their way."""
        return key.page > LAG and head is not None and head.page <= key.page - LAG

    def _release(self, queue: Queue, answer: bool) -> bool:
        key, future = heapq.heappop(queue)
        self._waiting.pop(key, None)
        if future.done():
            return False
        future.set_result(answer)
        return answer
