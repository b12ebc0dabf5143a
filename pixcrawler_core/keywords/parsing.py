"""Reads keywords as people write them: with a hint in brackets, in any spelling."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence

from pixcrawler_core.config.words import CONTROL
from pixcrawler_core.records import Keyword

LONGEST = 200
"""Characters of a query: as many as a keyword of a job file may have."""
_HINT = re.compile(r"^(?P<text>[^()]*[^()\s])\s*\((?P<hint>[^()]*[^()\s])\s*\)$")
_UNSEEN = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ud800-\udfff]")
"""What has no width, turns the direction of writing, or is half a character."""


def parse_keyword(written: str, category: str = "") -> Keyword:
    """A keyword and its hint: `crane (bird)` is `crane` with the hint `bird`."""
    text = tidy(written)
    if found := _HINT.match(text):
        return Keyword(text=found["text"], hint=found["hint"].strip(), category=category)
    return Keyword(text=text, category=category)


def parse_keywords(categories: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, Keyword]]:
    """Each keyword as it is written, and read, with what the others tell about its meaning."""
    everything = {tidy(word): None for name, words in categories.items() for word in (name, *words)}
    for category, words in categories.items():
        for written in words:
            keyword = parse_keyword(written, category)
            others = (other for other in everything if folded(other) != folded(written))
            yield (
                written,
                Keyword(text=keyword.text, category=category, hint=keyword.hint, context=tuple(others)),
            )


def tidy(text: str) -> str:
    """A text on one line, in composed characters, without what cannot be seen."""
    plain = _UNSEEN.sub("", unicodedata.normalize("NFC", text))
    return " ".join(CONTROL.sub(" ", plain).split())


def folded(text: str) -> str:
    """The same for texts that sources take for the same query: case, width and punctuation are left out."""
    plain = unicodedata.normalize("NFKC", tidy(text)).casefold()
    return " ".join(re.findall(r"[^\W_]+", plain)) or plain


def words_of(texts: Iterable[str]) -> set[str]:
    """The single words of texts, folded."""
    return {word for text in texts for word in folded(text).split()}
