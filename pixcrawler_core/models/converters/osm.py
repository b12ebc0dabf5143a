"""What OpenStreetMap's editor iD calls places, buildings and what stands outdoors, in many languages."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pixcrawler_core.models.converters.names import Thing, packed, read

ENGLISH = "en"
SUFFIX = ".min.json"
CODES = {"nb": "no", "pt-BR": "pt", "zh-CN": "zh", "zh-TW": "zh-Hant"}
"""Languages that are called as CLDR does."""
KINDS = {"natural": ("geological formation", "body of water"), "waterway": ("body of water",)}
MADE = ("artifact", "structure")
"""Words that tell what things are, by the key of their tag; those with other keys were made by people."""
NO_PLACES = ("@templates/", "type/")
"""Begin what is no place: parts of the editor, and relations."""
_DESCRIBES = re.compile("[/(),;:&]| [-\u2013] ")
"""Stands in names that are descriptions."""


def convert(members: Mapping[str, bytes]) -> bytes:
    """What `names.packed` describes; ids are the tags of iD's presets, words its terms."""
    found = (name.removesuffix(SUFFIX) for name in members if name.endswith(SUFFIX))
    told = {CODES.get(code, code): _presets(members, code) for code in sorted(found)}
    english = told.pop(ENGLISH)
    return packed("OpenStreetMap", members["LICENSE.md"], _things(english, told), sorted(told))


def _presets(members: Mapping[str, bytes], code: str) -> Mapping[str, Mapping[str, Any]]:
    presets: Mapping[str, Mapping[str, Any]] = read(members, f"{code}{SUFFIX}")[code]["presets"]["presets"]
    return presets


def _things(
    english: Mapping[str, Mapping[str, Any]], told: Mapping[str, Mapping[str, Mapping[str, Any]]]
) -> Iterator[Thing]:
    for tag, about in sorted(english.items()):
        own = [about["name"]] if "name" in about else []
        known = [name.lower() for name in own if not _DESCRIBES.search(name)]
        if not known or tag.startswith(NO_PLACES):
            continue
        each = {language: presets.get(tag, {}).get("name", "") for language, presets in told.items()}
        names = {
            language: name
            for language, name in each.items()
            if name and not _DESCRIBES.search(name) and name.lower() not in known
        }
        words = [*KINDS.get(tag.partition("/")[0], MADE), *about.get("terms", ())]
        yield Thing(tag, known, words, names)
