"""Whether the words that are looked for are among those that a page has for an image."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from urllib.parse import unquote, urlsplit

from pixcrawler_core.words import singular

LONGEST = 5_000
"""Characters of a text that are looked at."""
_WORD = re.compile(r"[^\W_]+")
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]"
)
"""Letters of languages that write without spaces: Thai, Lao, Burmese, Khmer, Japanese, Chinese."""
_ENDING = re.compile(r"\.\w{2,5}$")


def matches(query: str, texts: Iterable[str | None]) -> bool:
    """Whether every word of the query is in the texts, in the singular or plural, whatever the case.

    Accents do not count, and words that a file name writes as one (`redpanda.jpg`) are found too. A query
    without words matches everything.
    """
    told = " ".join(_folded(text[:LONGEST]) for text in texts if text)
    known = {singular(word) for word in _WORD.findall(told)}
    asked = _WORD.findall(_folded(query))
    if "".join(asked) in known:
        return True
    return all(word in told if _UNSPACED.search(word) else singular(word) in known for word in asked)


def file_words(url: str) -> str:
    """The words in the file name of an address: `red panda` for `.../red-panda_02.jpg`."""
    try:
        path = urlsplit(url).path
    except ValueError:
        return ""
    name = unquote(path.rstrip("/").rpartition("/")[2])
    return re.sub(r"[\W_]+", " ", _ENDING.sub("", name)).strip()


def _folded(text: str) -> str:
    parted = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in parted if not unicodedata.combining(letter))
