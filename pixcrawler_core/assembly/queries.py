"""What came of each query: the part `queries` of statistics.json."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from pixcrawler_core.records import State

if TYPE_CHECKING:
    from pixcrawler_core.catalog.reader import Count

ABOUT = ("keyword", "origin", "relation", "score")
UNDECIDED = (State.FOUND, State.FETCHED)


def query_counts(
    asked: Iterable[Mapping[str, Any]], counts: Iterable[Count], resting: Mapping[tuple[str, str], int]
) -> list[dict[str, Any]]:
    """For each query `candidates`, `decided` and `accepted` ones, their `rate`, and where it `rests_from`.

    `asked` are the queries that the job asks now, as JSON; those that it asked earlier come after them.
    `rate` is None before the first candidate is decided.
    """
    about = {(query["category"], query["text"]): query for query in asked}
    states: defaultdict[tuple[str, str], Counter[State]] = defaultdict(Counter)
    for count in counts:
        states[count.category, count.query][count.state] += count.rows
    told = []
    for category, text in dict.fromkeys([*about, *states]):
        found = states[category, text]
        decided = found.total() - sum(found[state] for state in UNDECIDED)
        accepted = found[State.ACCEPTED]
        told.append(
            {
                "category": category,
                "query": text,
                **{key: about.get((category, text), {}).get(key) for key in ABOUT},
                "candidates": found.total(),
                "decided": decided,
                "accepted": accepted,
                "rate": round(accepted / decided, 4) if decided else None,
                "rests_from": resting.get((category, text)),
            }
        )
    return told
