"""Turns the keywords of a job into the queries that sources are asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol

from pixcrawler_core.errors import ConfigError
from pixcrawler_core.keywords.expanding import Expanders
from pixcrawler_core.keywords.parsing import LONGEST, parse_keywords
from pixcrawler_core.keywords.ranking import Ranker
from pixcrawler_core.keywords.terms import Terms
from pixcrawler_core.records import Keyword, Query
from pixcrawler_core.registry import Registry, load
from pixcrawler_core.words import folded

if TYPE_CHECKING:
    from pixcrawler_core.config.keywords import KeywordsTable

Categories = Mapping[str, Sequence[str]]
Titles = Callable[[str], Sequence[str]]


class Scores(Protocol):
    """Tells how near queries keep to their keyword."""

    def scores(self, keyword: Keyword, queries: Sequence[Query]) -> Sequence[float]:
        """A score, 0 to 1, of each query."""
        ...


@dataclass(frozen=True, kw_only=True)
class Expansion:
    """What became of a job's keywords."""

    queries: Sequence[Query]
    """What is asked, keyword by keyword: the keyword itself, then the nearest first."""
    dropped: Sequence[Query] = ()
    """What is not asked, each with the reason."""
    errors: Mapping[str, str] = field(default_factory=dict)
    """Why an expander gave nothing, by its name."""

    @property
    def texts(self) -> dict[str, list[str]]:
        """What is asked for each category."""
        texts: dict[str, list[str]] = {}
        for query in self.queries:
            texts.setdefault(query.category, []).append(query.text)
        return texts

    def as_json(self) -> dict[str, Any]:
        """`queries`, `dropped` and `errors` in JSON values, as manifests have them."""
        return {
            "queries": [asdict(query) for query in self.queries],
            "dropped": [asdict(query) for query in self.dropped],
            "errors": dict(self.errors),
        }


def process_keywords(
    base_keywords: Iterable[str] | Categories,
    config: KeywordsTable | None = None,
    *,
    registry: Registry | None = None,
) -> list[Query]:
    """The queries that sources are asked for keywords: validated, expanded, without repetitions, ranked.

    `base_keywords` are the keywords of each category, or keywords that are a category each. `config` is the
    job's table `[keywords]`. Raises ConfigError for a keyword that must not be asked, PluginError for an
    expander that does not exist or options that do not fit, and ModelMissing.
    """
    from pixcrawler_core.config.keywords import KeywordsTable

    categories = (
        base_keywords if isinstance(base_keywords, Mapping) else {word: (word,) for word in base_keywords}
    )
    table = config or KeywordsTable()
    known = registry or load()
    expanders = Expanders.build(known, table.expanders, table.tables)
    return list(expand_keywords(categories, table, expanders, Ranker.of(lambda: known.models)).queries)


def given_keywords(categories: Categories, table: KeywordsTable) -> Expansion:
    """The keywords themselves as queries. Raises ConfigError for one that must not be asked for."""
    chosen = _given(categories, table)
    return Expansion(queries=chosen.in_order(), dropped=chosen.dropped)


def expand_keywords(
    categories: Categories,
    table: KeywordsTable,
    expanders: Expanders,
    ranker: Scores,
    titles: Titles = lambda _: (),
) -> Expansion:
    """The queries of all categories. Raises ConfigError as `given_keywords` does, and ModelMissing.

    `titles` gives titles and tags of images that were accepted for a category earlier.
    """
    chosen, titles_of = _given(categories, table), cache(titles)
    for written, keyword in parse_keywords(categories):
        known = replace(keyword, titles=tuple(titles_of(keyword.category)))
        chosen.widen(keyword, list(expanders.expand(known, written)), ranker)
    return Expansion(queries=chosen.in_order(), dropped=chosen.dropped, errors=expanders.errors)


def _given(categories: Categories, table: KeywordsTable) -> _Chosen:
    chosen = _Chosen(table)
    for written, keyword in parse_keywords(categories):
        chosen.give(keyword, written)
    return chosen


class _Chosen:
    """The queries chosen so far: no category is asked the same twice."""

    def __init__(self, table: KeywordsTable) -> None:
        self.dropped: list[Query] = []
        self._table, self._terms = table, Terms(table.blocklist, table.nsfw)
        self._asked: list[Query] = []
        self._given: set[tuple[str, str]] = set()
        self._known: set[tuple[str, str]] = set()
        """Category and folded text of all that is asked."""

    def give(self, keyword: Keyword, written: str) -> None:
        """A keyword itself is asked before all else, with its hint as a word: `crane bird`."""
        if why := self._terms.against(written, given=True):
            raise ConfigError(f"keyword {written!r} must not be asked for: {why}; change [keywords]")
        text = f"{keyword.text} {keyword.hint}".strip()
        query = Query(text=text, keyword=written, category=keyword.category, score=1.0)
        if (keyword.category, text.casefold()) in self._given:
            self.dropped.append(replace(query, dropped="it is asked already"))
            return
        self._given.add((keyword.category, text.casefold()))
        self._ask(query)

    def widen(self, keyword: Keyword, found: Sequence[Query], ranker: Scores) -> None:
        """Take the best of what was found for a keyword."""
        fresh = list(self._fresh(keyword, found))
        scored = [
            replace(query, score=round(float(score), 4))
            for query, score in zip(fresh, ranker.scores(keyword, fresh), strict=True)
        ]
        scored.sort(key=lambda query: -(query.score or 0))
        room = self._table.most
        for query in scored:
            if why := self._against(query, room):
                self.dropped.append(replace(query, dropped=why))
                continue
            self._ask(query)
            room -= 1

    def in_order(self) -> list[Query]:
        """Category by category, keyword by keyword: what was given first, then what came of it."""
        place: dict[tuple[str, str], int] = {}
        for query in self._asked:
            place.setdefault((query.category, query.keyword), len(place))
        return sorted(self._asked, key=lambda query: place[query.category, query.keyword])

    def _ask(self, query: Query) -> None:
        self._asked.append(query)
        self._known.add((query.category, folded(query.text)))

    def _fresh(self, keyword: Keyword, found: Iterable[Query]) -> Iterator[Query]:
        """Queries that nobody gave yet; of those that say the same, the first."""
        seen: set[str] = set()
        for query in found:
            key = folded(query.text)
            if key in seen or (keyword.category, key) in self._known:
                continue
            seen.add(key)
            if why := _too_long(query) or self._terms.against(query.text):
                self.dropped.append(replace(query, dropped=why))
                continue
            yield query

    def _against(self, query: Query, room: int) -> str | None:
        score, threshold = query.score or 0, self._table.threshold
        if score < threshold:
            return f"its score {score:.2f} is below {threshold:g}"
        return None if room > 0 else f"{self._table.most} nearer ones were found"


def _too_long(query: Query) -> str | None:
    return f"it has more than {LONGEST} characters" if len(query.text) > LONGEST else None
