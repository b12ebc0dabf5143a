"""Finds terms in the titles and tags of images that were accepted for the category earlier.

A term is a word or two that many of the titles have. It is asked together with the keyword (`red panda zoo`),
so that a search goes where good images came from and does not leave its subject.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import partial
from importlib.resources import files
from itertools import pairwise

from pydantic import BaseModel, ConfigDict, Field

from pixcrawler_core import hookimpl
from pixcrawler_core.components import Expander, ExpandKeyword
from pixcrawler_core.records import Keyword, Query
from pixcrawler_core.words import folded, singular

COMMON = frozenset(files(__package__).joinpath("common.txt").read_text("ascii").split())
"""Words that tell nothing of what a picture shows. Written for this project."""
_NUMBER = re.compile(r"\d")


class LearnedOptions(BaseModel):
    """Options of the expander `learned`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    least: int = Field(
        default=5, ge=2, description="Accepted images that must have a term, for it to be asked."
    )
    most: int = Field(default=5, ge=1, le=100, description="Most terms for a keyword.")
    common: float = Field(
        default=0.8,
        gt=0,
        le=1,
        description="Share of the titles from which on a term is the subject itself and needs no asking.",
    )


def expand(options: LearnedOptions, keyword: Keyword) -> Iterator[Query]:
    """The keyword with each of its most frequent terms; those that more titles have come first."""
    own = {singular(word) for word in folded(f"{keyword.text} {keyword.category} {keyword.hint}").split()}
    counts: Counter[str] = Counter()
    for title in keyword.titles:
        counts.update(set(_terms(folded(title).split(), own)))
    usual = options.common * len(keyword.titles)
    fit = [(term, count) for term, count in counts.items() if options.least <= count < max(usual, 1)]
    fit.sort(key=lambda each: (-each[1], -len(each[0].split()), each[0]))
    for term, count in _different(fit)[: options.most]:
        yield Query(
            text=f"{keyword.text} {term}",
            relation="learned",
            detail=f"in {count} of {len(keyword.titles)} titles",
        )


def _terms(words: list[str], own: set[str]) -> Iterator[str]:
    """Single words and pairs of neighbours that tell something beside the keyword."""
    telling = [word if _tells(word, own) else "" for word in words]
    yield from filter(None, telling)
    yield from (f"{first} {second}" for first, second in pairwise(telling) if first and second)


def _tells(word: str, own: set[str]) -> bool:
    return len(word) > 2 and word not in COMMON and singular(word) not in own and not _NUMBER.search(word)


def _different(terms: Iterable[tuple[str, int]]) -> list[tuple[str, int]]:
    """Terms of which none has a word of one before it."""
    seen: set[str] = set()
    chosen = []
    for term, count in terms:
        words = {singular(word) for word in term.split()}
        if seen.isdisjoint(words):
            chosen.append((term, count))
            seen |= words
    return chosen


def build(options: LearnedOptions) -> ExpandKeyword:
    """The expander with its options."""
    return partial(expand, options)


@hookimpl
def register_expanders() -> Iterator[Expander]:
    """The expander `learned`."""
    yield Expander(
        name="learned",
        summary="terms in titles and tags of images accepted earlier",
        options=LearnedOptions,
        build=build,
    )
