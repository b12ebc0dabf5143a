"""Reads keywords as people write them: with a hint in brackets, in any spelling."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from pixcrawler_core.records import Keyword
from pixcrawler_core.words import folded, tidy

LONGEST = 200
"""Characters of a query: as many as a keyword of a job file may have."""
MOST_CONTEXT = 100
"""Others that a keyword is told of: with thousands, telling each of all would take minutes."""
_HINT = re.compile(r"^(?P<text>[^()]*[^()\s])\s*\((?P<hint>[^()]*[^()\s])\s*\)$")


def parse_keyword(written: str, category: str = "") -> Keyword:
    """A keyword and its hint: `crane (bird)` is `crane` with the hint `bird`."""
    text = tidy(written)
    if found := _HINT.match(text):
        return Keyword(text=found["text"], hint=found["hint"].strip(), category=category)
    return Keyword(text=text, category=category)


def parse_keywords(categories: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, Keyword]]:
    """Each keyword as it is written, and read, with the first of the others, which tell what it means."""
    everything = {tidy(word): folded(word) for name, words in categories.items() for word in (name, *words)}
    for category, words in categories.items():
        for written in words:
            keyword, own = parse_keyword(written, category), folded(written)
            others = islice((other for other, spelt in everything.items() if spelt != own), MOST_CONTEXT)
            yield (
                written,
                Keyword(text=keyword.text, category=category, hint=keyword.hint, context=tuple(others)),
            )
