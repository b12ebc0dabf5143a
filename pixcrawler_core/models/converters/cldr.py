"""The short names of emoji that show things and beings, from Unicode's CLDR (UTS #35, annotations)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from pixcrawler_core.models.converters.names import Thing, packed, read

ENGLISH = "en"
FIRST = "\u2190"
"""The first of the blocks of Unicode that have pictographs, among them arrows."""
SEXES = frozenset("\u2640\u2642\N{MAN}\N{WOMAN}")
"""Stand in sequences that show a person of a certain sex."""
_PLACE = re.compile(r"package/annotations/([A-Za-z-]+)/annotations\.json")
_NO_THING = re.compile(r"\b(?:face|button|sign|symbol|square|circle|arrow|heart|o.clock|letter)\b")
"""Stands in names of signs, and of faces that tell a mood."""


def convert(members: Mapping[str, bytes]) -> bytes:
    """What `names.packed` describes; ids are emoji, words are CLDR's keywords."""
    places = {found[1]: path for path in members if (found := _PLACE.fullmatch(path))}
    told = {
        language: read(members, path)["annotations"]["annotations"]
        for language, path in sorted(places.items())
    }
    english = told.pop(ENGLISH)
    return packed("CLDR", members["LICENSE"], _things(english, told), list(told))


def _things(
    english: Mapping[str, Mapping[str, list[str]]],
    told: Mapping[str, Mapping[str, Mapping[str, list[str]]]],
) -> Iterator[Thing]:
    for emoji, about in english.items():
        name = about.get("tts", [""])[0]
        if not name or not _is_picture(emoji) or _NO_THING.search(name):
            continue
        names = {
            language: found[0]
            for language, each in told.items()
            if (found := each.get(emoji, {}).get("tts")) and not _describes(found[0], name)
        }
        yield Thing(emoji, [name], about.get("default", []), names)


def _describes(name: str, english: str) -> bool:
    """Whether a name tells more than the English one: `t\u00eate de lion` of a lion."""
    return len(name.split()) > len(english.split()) + 1


def _is_picture(emoji: str) -> bool:
    """Whether it is a pictograph: no letter or mark, and no person shown once for each sex."""
    return emoji >= FIRST and (len(emoji) == 1 or SEXES.isdisjoint(emoji))
