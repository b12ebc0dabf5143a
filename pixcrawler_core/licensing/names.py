"""Names of licences as codes: what is understood as one, what is not as what it is."""

from __future__ import annotations

import re

from pixcrawler_core.licensing.spellings import LONGEST, UNREAD, folded, from_words, spelled
from pixcrawler_core.licensing.terms import terms_of

_HARMLESS = re.compile("(?<=dl-de)->|[-,]+")
"""What folding may take from a name: commas, and the arrow of `DL-DE->BY-2.0` on Wikimedia Commons."""


def understood(text: str) -> str | None:
    """The code that a text means as a whole: by its words, or as a code itself; None for any other."""
    if code := from_words(text):
        return code
    slug = folded(text)
    # Folding takes signs away, which may have made it another text.
    whole = len(slug) <= LONGEST and _HARMLESS.sub("-", spelled(text)) == slug
    return slug if whole and from_words(slug) is None and terms_of(slug) else None


def code_of(text: str) -> str | None:
    """The code of a name; of one that is not understood the letters, which mean nothing; None for nothing."""
    if code := understood(text):
        return code
    slug = folded(text)[:LONGEST].strip("-")
    return UNREAD if understood(slug) else slug or None
