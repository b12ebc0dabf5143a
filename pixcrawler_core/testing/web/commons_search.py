"""The query language of Wikimedia Commons as far as image searches use it (CirrusSearch keywords)."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping

from pixcrawler_core.testing.web.collection import Collection, Entry
from pixcrawler_core.testing.web.photographs import Photograph

_KEYWORD = re.compile(r"(-?)(filetype|filemime|fileres|filew|fileh|filesize):(\S+)")
_NUMBERS: Mapping[str, Callable[[Photograph], float]] = {
    "fileres": lambda photograph: math.sqrt(photograph.width * photograph.height),
    "filew": lambda photograph: photograph.width,
    "fileh": lambda photograph: photograph.height,
    "filesize": lambda photograph: len(photograph.body) / 1024,
}


def search(collection: Collection, query: str) -> list[Entry]:
    """Results for the words of a query that fit its `keyword:value` filters; `-` before one negates it."""
    found = collection.search("wikimedia", _KEYWORD.sub(" ", query))
    for negated, name, value in _KEYWORD.findall(query):
        found = [entry for entry in found if _fits(entry.photograph, name, value) is not bool(negated)]
    return found


def _fits(photograph: Photograph, name: str, value: str) -> bool:
    if name == "filetype":
        return bool({"bitmap", "image"} & set(value.lower().split("|")))
    if name == "filemime":
        return photograph.content_type in value.lower().strip('"').split("|")
    return _in_range(_NUMBERS[name](photograph), value)


def _in_range(measured: float, value: str) -> bool:
    """`>500`, `<500`, `500,800` (both ends included) or `500`; anything else fits nothing."""
    if found := re.fullmatch(r"([<>])([0-9]{1,9})", value):
        return measured > int(found[2]) if found[1] == ">" else measured < int(found[2])
    if found := re.fullmatch(r"([0-9]{1,9}),([0-9]{1,9})", value):
        return int(found[1]) <= measured <= int(found[2])
    return value == str(int(measured))
