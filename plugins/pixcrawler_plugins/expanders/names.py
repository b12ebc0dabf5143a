"""Reads what things are called in other languages, from the models that `converters/names.py` describes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from pixcrawler_core.words import folded


@dataclass(frozen=True, slots=True)
class Thing:
    """One thing that has names."""

    about: str
    """The source, what it calls the thing, and its English name: `CLDR \N{FIRE ENGINE} fire engine`."""
    words: frozenset[str]
    """Folded English words that tell what it is, or has to do with."""
    names: Mapping[str, str]
    """Its name by language."""


class Names:
    """The things of one source by their English names. May be used by many threads."""

    def __init__(self, source: str, languages: Sequence[str], things: Iterable[Sequence[Any]]) -> None:
        """`things` are the rows that `converters.names.packed` writes."""
        self.languages = frozenset(languages)
        self._things: dict[str, list[Thing]] = {}
        for tag, english, words, translated in things:
            named = zip(languages, translated, strict=True)
            thing = Thing(
                about=f"{source} {tag} {english[0]}",
                words=frozenset(map(folded, words)),
                names={language: name for language, name in named if name},
            )
            for name in english:
                self._things.setdefault(folded(name), []).append(thing)

    def called(self, text: str) -> list[Thing]:
        """The things with this name in English; case and punctuation do not matter."""
        return self._things.get(folded(text), [])


@lru_cache(maxsize=4)
def names(path: Path) -> Names:
    """The names in a model's file, read once in a process."""
    told = json.loads(path.read_bytes())
    return Names(told["source"], told["languages"], told["things"])
