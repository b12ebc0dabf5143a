"""Words of queries and titles, made comparable."""

from __future__ import annotations


def singular(word: str) -> str:
    """The singular of an English word, as far as simple rules go; the same for both forms."""
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("ses", "xes", "zes", "ches", "shes", "oes")) and len(word) > 4:
        return word[:-2]
    if word.endswith("s") and not word.endswith("ss") and len(word) > 3:
        return word[:-1]
    return word
