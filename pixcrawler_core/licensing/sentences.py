"""The sentence that credits an image: title, author, source, licence.

The order and the wording are those that Creative Commons recommends
(https://wiki.creativecommons.org/wiki/Recommended_practices_for_attribution).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from pixcrawler_core.licensing.readings import Reading, readings_of
from pixcrawler_core.licensing.spellings import ALL_RIGHTS
from pixcrawler_core.words import shortened, tidy

LONGEST = 200
"""Characters of a title or a name."""
LONGEST_ADDRESS = 2000
_MARKUP = re.compile(r"</?[a-zA-Z!?][^<>]*>")
_ADDRESS = re.compile(r"https?://[^\s<>\"'`\\|{}^\[\]]+", re.IGNORECASE)
_QUOTES = str.maketrans({'"': "'", "<": "\u2039", ">": "\u203a"})

Written = Callable[[str], str]
"""Writes words, or an address, for the form of text that is wanted."""


def attribution(entry: Mapping[str, Any], words: Written = str, address: Written = str) -> str:
    """The sentence of a manifest entry, on one line and without markup or characters that cannot be seen.

    `words` and `address` write its parts, for another form than plain text.
    """
    page, title = _place(entry.get("page")) or _place(entry.get("url")), _plain(entry.get("title"))
    creator, home = _plain(entry.get("creator")), _place(entry.get("creator_url"))
    told = [words(f'"{title}"' if title else "Untitled image"), words(f"by {creator or 'an unknown maker'}")]
    told += [f"({address(home)})"] if creator and home else []
    told.append(f"{_licensed(entry, words, address)}.")
    told += [f"Source: {address(page)}"] if page else []
    return " ".join(told)


def licence_name(entry: Mapping[str, Any]) -> str:
    """The name of an entry's licence for people; of several readings all of them."""
    return " and ".join(_name(each) for each in readings_of(entry)) or "unknown licence"


def _licensed(entry: Mapping[str, Any], words: Written, address: Written) -> str:
    readings = readings_of(entry)
    urls = [each.terms.url for each in readings if each.terms and each.terms.url]
    if not urls:
        urls = [place for place in [_place(entry.get("licence_url"))] if place]
    name = licence_name(entry)
    article = "the " if name.endswith(" licence") and readings else ""
    named = words(f"{_verb(readings)}{article}{name}")
    return f"{named} ({', '.join(map(address, urls))})" if urls else named


def _verb(readings: tuple[Reading, ...]) -> str:
    terms = [each.terms for each in readings if each.terms]
    if not readings or len(terms) < len(readings):
        return "is under an unknown licence: " if readings else "is under an "
    if all(each.code == ALL_RIGHTS for each in terms):
        return "is protected by copyright: "
    if all(each.public_domain or not each.licensed for each in terms):
        return "is marked as "
    return "is licensed under "


def _name(reading: Reading) -> str:
    return reading.terms.name if reading.terms else _plain(reading.code) or "?"


def _plain(value: object) -> str:
    """Text from the web on one line, without markup, control characters or double quotes."""
    if not isinstance(value, str):
        return ""
    bare = _MARKUP.sub(" ", tidy(value[: 10 * LONGEST]))
    return shortened(tidy(bare.translate(_QUOTES)), LONGEST)


def _place(value: object) -> str | None:
    """An address of the web as it is; None for anything else, or one that hides what it is."""
    if not isinstance(value, str) or len(value) > LONGEST_ADDRESS or not _ADDRESS.fullmatch(value):
        return None
    return value if tidy(value) == value else None
