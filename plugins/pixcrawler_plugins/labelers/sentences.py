"""Makes a sentence of a category, counted objects and colours: `a photo of two dogs; mostly green`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pixcrawler_core.words import singular

NUMBERS = ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
PLURALS = {"person": "people", "sheep": "sheep", "knife": "knives", "mouse": "mice", "skis": "skis"}
"""Irregular plurals of the kinds of objects; also of those that have only one form."""
PLURALS |= {"scissors": "scissors", "broccoli": "broccoli"}
MOST_KINDS = 4
"""Kinds of objects that are told, those of which there are most."""


def sentence(medium: str, category: str | None, counts: Mapping[str, int], colours: Sequence[str]) -> str:
    """What is known of a picture, in one sentence without a full stop."""
    kinds = sorted(counts, key=lambda kind: -counts[kind])[:MOST_KINDS]
    seen = listed([counted(kind, counts[kind]) for kind in kinds])
    subject = with_article(category) if category else ""
    shows = f"{subject}, with {seen}" if subject and seen else subject or seen
    text = with_article(medium) + (f" of {shows}" if shows else "")
    return f"{text}; mostly {listed(colours)}" if colours else text


def counted(kind: str, number: int) -> str:
    """A number of objects of a kind: `a dog`, `two dogs`, `11 people`."""
    if number == 1:
        return kind if PLURALS.get(kind) == kind != "sheep" else with_article(kind)
    return f"{NUMBERS[number - 2] if number <= 10 else number} {plural(kind)}"


def plural(kind: str) -> str:
    """The plural of a kind of object: `wine glasses`."""
    if kind in PLURALS:
        return PLURALS[kind]
    return f"{kind}{'es' if kind.endswith(('s', 'x', 'ch', 'sh')) else 's'}"


def with_article(words: str) -> str:
    """Words behind `a` or `an`; as they are if they are a name, a plural, or have an article already.

    A rule of thumb by their letters: English knows exceptions (`a grass`, `an unicorn`).
    """
    first, last = words.split()[0], words.split()[-1]
    named = all(word[0].isupper() for word in words.split())
    if named or not words.isascii() or singular(last) != last or first.casefold() in {"a", "an", "the"}:
        return words
    return f"{'an' if words[0].casefold() in 'aeiou' else 'a'} {words}"


def listed(words: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    *before, last = words or [""]
    return f"{', '.join(before)} and {last}" if before else last
