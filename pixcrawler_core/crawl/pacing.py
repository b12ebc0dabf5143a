"""Decides which of a category's queries get more pages, by what came of the pages they had.

Action elimination for bandits (Even-Dar, Mannor and Mansour, 2006) with Wilson's score interval (1927): a
query rests once its rate of accepted images is, as far as can be told, less than half the best one's. It is
asked again when all others are exhausted.

What is decided for page n depends on pages up to n - 2 only, and is decided when all of their candidates are:
so it is the same in each run, and the pages before it are read ahead.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from math import sqrt
from types import MappingProxyType
from typing import NamedTuple

from pixcrawler_core.records import Candidate, State

LAG = 2
"""Pages of a stream that may be asked for before what came of the first is known."""
SHARE = 0.5
"""Share of the best query's rate below which another one rests."""
LEAST = 20
"""Candidates that must be decided before a query can rest."""
Z = 1.96
"""Standard deviations on either side of an interval: 95 % of them have the true rate inside."""


class Decided(NamedTuple):
    """Candidates of one page number of a query that were decided."""

    category: str
    query: str
    page: int
    accepted: int
    decided: int


class Pacing:
    """What came of each query's pages; `queries` are those of each category, of which one has many."""

    def __init__(self, queries: Mapping[str, Collection[str]] = MappingProxyType({})) -> None:
        self._queries = {name: frozenset(texts) for name, texts in queries.items() if len(texts) > 1}
        self._pages: dict[str, dict[str, dict[int, list[int]]]] = defaultdict(
            lambda: defaultdict(lambda: defaultdict(lambda: [0, 0]))
        )

    @property
    def paced(self) -> frozenset[str]:
        """The categories that have more than one query."""
        return frozenset(self._queries)

    def add(self, known: Iterable[Decided]) -> None:
        """Take in what was decided, of these queries alone."""
        for each in known:
            if each.query not in self._queries.get(each.category, ()):
                continue
            page = self._pages[each.category][each.query][each.page]
            page[0] += each.accepted
            page[1] += each.decided

    def count(self, candidate: Candidate, state: State) -> None:
        """A candidate got a state; those that decide nothing do not count."""
        if state not in (State.FOUND, State.FETCHED):
            accepted = int(state is State.ACCEPTED)
            where = candidate.category, candidate.query, candidate.page
            self.add([Decided(*where, accepted=accepted, decided=1)])

    def waits(self, category: str, page: int) -> bool:
        """Whether this page of a stream is only asked for when what came of earlier ones is known."""
        return category in self._queries and page > LAG

    def rests(self, category: str, query: str, page: int) -> bool:
        """Whether a query is not worth its page of this number, as long as there are others."""
        if not self.waits(category, page):
            return False
        queries = self._pages[category]
        known = {name: _sum(pages, page - LAG) for name, pages in queries.items()}
        accepted, decided = known.get(query, (0, 0))
        best = max((interval(*counts)[0] for name, counts in known.items() if name != query), default=0.0)
        return decided >= LEAST and interval(accepted, decided)[1] < SHARE * best


def interval(accepted: int, decided: int) -> tuple[float, float]:
    """Between which rates, 0 to 1, the true rate lies, by Wilson's score; 0 and 1 if nothing is decided."""
    if not decided:
        return 0.0, 1.0
    rate, spread = accepted / decided, Z * Z / decided
    middle = rate + spread / 2
    wide = Z * sqrt(rate * (1 - rate) / decided + spread / (4 * decided))
    return (middle - wide) / (1 + spread), (middle + wide) / (1 + spread)


def _sum(pages: dict[int, list[int]], upto: int) -> tuple[int, int]:
    counts = [each for page, each in pages.items() if page <= upto]
    return sum(accepted for accepted, _ in counts), sum(decided for _, decided in counts)
