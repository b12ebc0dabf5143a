"""Finds the noun in a phrase that the phrase is about: `trucks` in `red trucks in the snow`."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import NamedTuple

PREPOSITIONS = frozenset(
    {"among", "at", "behind", "beside", "between", "by", "de", "from", "in", "inside", "near", "of", "on"}
    | {"over", "under", "with", "without"}
)
"""Words of which the phrase after them only says more of the noun before."""
_WORD = re.compile(r"[^\s-]+")
_AGENT = re.compile(r"(?:er|or)s?$")
"""Ends of who does something, and is what the words are about: a `passer-by`, unlike a `drive-in`."""


class Phrase(NamedTuple):
    """A phrase in three parts, which joined are the phrase."""

    before: str
    head: str
    """The noun itself; empty where there is no word."""
    after: str

    def with_head(self, head: str) -> str:
        """The phrase with another word in the noun's place."""
        return f"{self.before}{head}{self.after}"


def phrase(text: str) -> Phrase:
    """The parts of a phrase: its noun is the last word, or the last one before a preposition."""
    words = list(_WORD.finditer(text))
    if not words:
        return Phrase(text, "", "")
    head = words[-1]
    for before, word in pairwise(words):
        last = word is words[-1]
        if word[0].lower() in PREPOSITIONS and (not last or _AGENT.search(before[0])):
            head = before
            break
    return Phrase(text[: head.start()], head[0], text[head.end() :])
