"""Names of things in many languages, as one JSON file."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from pixcrawler_core.errors import ModelError


class Thing(NamedTuple):
    """One thing that has a name in each language."""

    id: str
    """What its source calls it: an emoji, a tag of a map."""
    english: Sequence[str]
    """Its names in English, the usual one first."""
    words: Sequence[str]
    """English words that tell what it is, or has to do with."""
    names: Mapping[str, str]
    """Its name in other languages."""


def packed(source: str, licence: bytes, things: Iterable[Thing], languages: Sequence[str]) -> bytes:
    """A JSON object with `source`, `licence`, `languages` and `things`.

    Each thing is a list of its id, its English names, its words, and its names in the order of `languages`,
    null where there is none. Things that have no name in any of them are left out.
    """
    rows = [
        [thing.id, list(thing.english), list(thing.words), [thing.names.get(each) for each in languages]]
        for thing in things
        if thing.names
    ]
    told = {"source": source, "licence": licence.decode(), "languages": list(languages), "things": rows}
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()


def read(members: Mapping[str, bytes], name: str) -> Any:
    """The JSON value of a member. Raises ModelError when it is missing or no JSON."""
    try:
        return json.loads(members[name])
    except (KeyError, ValueError) as error:
        raise ModelError(f"the package has no JSON in {name}: {error!r}") from error
