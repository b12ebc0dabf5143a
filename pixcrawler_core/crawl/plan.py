"""What a job asks of which source, in which order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pixcrawler_core.filters import Filters

if TYPE_CHECKING:
    from scrapy import Request

    from pixcrawler_core.records import Candidate


REST = 1_000_000
"""Rounds after which pages of resting streams have their turn: more than any stream has pages."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """One query to one engine for one category; `category` is empty when a list's labels name it."""

    category: str
    engine: str
    query: str


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The categories with the number of images each wants, and the questions in the order of preference."""

    wanted: Mapping[str, int | None]
    """Accepted images per category; None for all there are."""
    default_wanted: int | None
    """The same for a category that only a list's labels name."""
    questions: Sequence[Question]
    options: Mapping[str, Any] = field(default_factory=dict)
    """Checked options of each engine, by its name."""
    filters: Filters = field(default_factory=Filters)
    """What images are looked for, beside the words."""
    mapped: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Filters that each engine knows in its own terms."""
    warnings: Sequence[str] = ()
    """What a person should know before the sources are asked."""

    def misfit(self, candidate: Candidate) -> str | None:
        """Why a candidate does not fit the filters; None if nothing speaks against it."""
        return self.filters.misfit(candidate, self.mapped.get(candidate.engine, frozenset()))

    @property
    def engines(self) -> list[str]:
        """Engines in the order in which they are first asked."""
        return list(dict.fromkeys(question.engine for question in self.questions))


@dataclass(frozen=True, kw_only=True)
class Page:
    """What one answer of a source held, and how to go on from it."""

    candidates: Sequence[Candidate]
    cursor: Any = None
    """JSON value with which the next page is asked for."""
    done: bool = False
    """Whether this was the last page."""
    details: Sequence[Request] = ()
    """Requests for records whose candidates belong to this page; their answers go to `parse_page` too."""
    answer: str | None = None
    """SHA-256, in hex, of the answer's body and the digests of its details' bodies; the spider sets it."""


@dataclass(kw_only=True)
class Stream:
    """A question on its way through the source's pages."""

    order: int
    question: Question
    id: int = 0
    """Row of the catalog; 0 when nothing is recorded."""
    page: int = 1
    """Number of the next page, counted from 1."""
    cursor: Any = None
    done: bool = False
    failure: str | None = None
    rests_from: int | None = None
    """The page from which on it waits until all other streams are exhausted; None if it does not."""

    left: bool = False
    """Whether the job does not ask the question any more: what was fetched for it is all that it brings."""

    def turn(self, page: int) -> int:
        """The round in which a page has its turn: the page's own number, unless the stream rests by then."""
        return page if self.rests_from is None or page < self.rests_from else page + REST

    @property
    def query(self) -> str:
        return self.question.query

    @property
    def category(self) -> str:
        return self.question.category

    @property
    def engine(self) -> str:
        return self.question.engine


def interleave(keywords: Mapping[str, Sequence[str]], engines: Sequence[str]) -> Iterator[Question]:
    """All questions of a keyword job: category by category, keyword by keyword, engine by engine."""
    for category, queries in keywords.items():
        for query in queries:
            for engine in engines:
                yield Question(category=category, engine=engine, query=query)
