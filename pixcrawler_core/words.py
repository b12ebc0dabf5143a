"""Words of queries and titles, made comparable."""

from __future__ import annotations

import re
import unicodedata

_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u2028\u2029]|(?P<nothing>[\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ud800-\udfff])"
)
"""Control characters, and what has no width, turns the direction of writing, or is half a character."""


def tidy(text: str) -> str:
    """A text on one line, in composed characters, without what cannot be seen."""
    visible = _UNSEEN.sub(lambda found: "" if found["nothing"] else " ", text)
    return " ".join(unicodedata.normalize("NFC", visible).split())


def folded(text: str) -> str:
    """The same for texts that differ in case, width and punctuation only: their words, a space between."""
    plain = unicodedata.normalize("NFKC", tidy(text)).casefold()
    letters = (each if unicodedata.category(each)[0] in "LMN" else " " for each in plain)
    return " ".join("".join(letters).split()) or plain


def shortened(text: str, longest: int) -> str:
    """A text of at most so many characters, cut between words where there is more than one."""
    if len(text) <= longest:
        return text
    return text[: longest + 1].rpartition(" ")[0].rstrip() or text[:longest]


def singular(word: str) -> str:
    """The singular of an English word, as far as simple rules go; the same for both forms."""
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("ses", "xes", "zes", "ches", "shes", "oes")) and len(word) > 4:
        return word[:-2]
    if word.endswith("s") and not word.endswith("ss") and len(word) > 3:
        return word[:-1]
    return word
