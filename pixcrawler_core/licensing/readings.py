"""What the licence of a manifest entry means: its name and its address, read together."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from pixcrawler_core.licences import licence_code
from pixcrawler_core.licensing.addresses import from_address
from pixcrawler_core.licensing.spellings import READ
from pixcrawler_core.licensing.terms import MARK, Terms, terms_of
from pixcrawler_core.words import shortened, tidy

SHOWN = 80
"""Characters of an unknown licence that are shown."""
_MORE = re.compile(r"-\d\.\d(?:\+|-or-later|-only|-[a-z]+)?|-[a-z]+")
"""What one code may tell beyond another one that means the same: a version, a jurisdiction."""


class Reading(NamedTuple):
    """One of the things that an entry says of its licence."""

    code: str
    """As `pixcrawler_core.licences.licence_code` gives it."""
    terms: Terms | None
    """None for what is not known."""


def readings_of(entry: Mapping[str, Any]) -> tuple[Reading, ...]:
    """What `licence` and `licence_url` of a manifest entry mean; empty if neither tells anything.

    There are two where they say different things; then what one of them forbids is forbidden. An address
    that is no known one of a licence says nothing.
    """
    return _readings(_text(entry.get("licence")), _text(entry.get("licence_url")))


def unread_address(entry: Mapping[str, Any]) -> str | None:
    """What `licence_url` of a manifest entry tells, shortened, if that is no known address of a licence."""
    address = _text(entry.get("licence_url")).strip()
    return shortened(tidy(address), SHOWN) or "?" if address and from_address(address) is None else None


def spdx_of(entry: Mapping[str, Any]) -> str | None:
    """The SPDX identifier; None where there is none, or name and address say different things."""
    found = {reading.terms.spdx if reading.terms else None for reading in readings_of(entry)}
    return found.pop() if len(found) == 1 else None


@lru_cache(maxsize=4096)
def _readings(name: str, address: str) -> tuple[Reading, ...]:
    named, there = licence_code(name), from_address(address)
    if named is None and name:
        named = shortened(tidy(name), SHOWN) or "?"
    if there == "pdm" and "publicdomain/mark" in address.lower():
        there, named = MARK, None if named == "pdm" else named
    codes = list(filter(None, (named, there)))
    if named and there:
        codes = [named] if _says_more(named, there) else [there] if _says_more(there, named) else codes
    return tuple(Reading(code, terms_of(code)) for code in codes)


def _says_more(code: str, other: str) -> bool:
    """Whether a code is the other one, or the same with a version or jurisdiction."""
    if code == other:
        return True
    more, less = terms_of(code), terms_of(other)
    if more is None or less is None or not code.startswith(other):
        return False
    return bool(_MORE.fullmatch(code.removeprefix(other))) and more.same_as(less)


def _text(value: object) -> str:
    """A value of a manifest as text; what is no text is one that means nothing."""
    told = "" if value is None else value if isinstance(value, str) else repr(value)
    return told[: READ + 1]
