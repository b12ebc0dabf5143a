"""Reads addresses of licences into codes."""

from __future__ import annotations

import re
from urllib.parse import unquote

from pixcrawler_core.licensing.spellings import (
    ALL_RIGHTS,
    LONGEST,
    READ,
    UNREAD,
    elements_of,
    folded,
    from_words,
    joined,
    not_free,
    restrictions,
)

_CC = re.compile(
    r"creativecommons\.org/(?:licenses?|publicdomain)/([a-z+-]+)"
    r"(?:/(\d\.\d)(?!\.?\d)(?:/([a-z]{2}|igo|scotland)(?![a-z]))?)?(?![\w%~*:@!$'=-]|\.\w)"
)
_CC_ANY = re.compile(r"creativecommons\.org/+(?:licen[cs]es?|publicdomain)/+[^/\s]")
_STATEMENT = re.compile(r"rightsstatements\.org/(?:vocab|page)/([a-z-]+)")
_SPDX = re.compile(r"spdx\.org/licenses/([\w.+-]+?)(?:\.html|\.json)?(?=$|[?#\s])")
_NAMED = {
    "zero": "cc0", "cc0": "cc0", "mark": "pdm", "pdm": "pdm", "publicdomain": "pdm",
}  # fmt: skip
_RETIRED = frozenset({"sampling", "sampling+", "nc-sampling+", "devnations"})
_STATEMENTS = {
    "inc": ALL_RIGHTS,
    "noc-us": "no-copyright-us",
    "nkc": "no-known-restrictions",
    "noc-nc": "no-copyright-non-commercial",
} | {
    name: f"rs-{name}"
    for name in ("inc-ow-eu", "inc-edu", "inc-nc", "inc-ruu", "noc-cr", "noc-oklr", "cne", "und")
}
_ELSEWHERE = {
    r"opendatacommons\.org/licenses/odbl(?:/1[-.]0|/summary)?": "odbl-1.0",
    r"opendatacommons\.org/licenses/by(?:/1[-.]0|/summary)?": "odc-by-1.0",
    r"opendatacommons\.org/licenses/pddl(?:/1[-.]0|/summary)?": "pddl-1.0",
    r"gnu\.org/(?:licenses|copyleft)/(?:old-licenses/)?fdl(?:-(\d\.\d))?": "gfdl",
    r"gnu\.org/(?:licenses|copyleft)/(?:old-licenses/)?gpl(?:-(\d\.\d))?": "gpl",
    r"gnu\.org/(?:licenses|copyleft)/(?:old-licenses/)?lgpl(?:-(\d\.\d))?": "lgpl",
    r"gnu\.org/(?:licenses|copyleft)/(?:old-licenses/)?agpl(?:-(\d\.\d))?": "agpl",
    r"artlibre\.org/(?:licence/lal|lal)": "fal",
    r"nationalarchives\.gov\.uk/doc/open-government-licence(?:/version/(\d))?": "ogl-uk",
    r"opensource\.org/licenses?/mit": "mit",
    r"apache\.org/licenses/license-(2\.0)": "apache",
    r"unsplash\.com/license": "unsplash",
    r"pexels\.com/(?:photo-)?license": "pexels",
    r"pixabay\.com/(?:service/)?license(?:-summary)?": "pixabay",
    r"flickr\.com/commons/usage": "no-known-restrictions",
    r"usa\.gov/(?:government-)?(?:copyright|works)": "us-gov",
}
_PLACES = [
    (re.compile(rf"https?://(?:www\.)?{place}(?:\.html|\.txt|[-.][a-z]{{2}}\.html)?/?(?:[?#].*)?"), code)
    for place, code in _ELSEWHERE.items()
]


def from_address(told: str) -> str | None:
    """The code of a licence whose address is in a text; None where there is none that is known.

    Of several licences, and of what is said beside the address, the stricter counts; `UNREAD` where they
    cannot be joined.
    """
    if len(told) > READ:
        return UNREAD
    text = unquote(told).lower()
    if found := list(_CC.finditer(text)):
        return _strictest([_cc_code(*each.groups()) for each in found], folded(_CC.sub(" ", text)))
    if statement := _STATEMENT.search(text):
        return _STATEMENTS.get(statement[1], UNREAD)
    if named := _SPDX.search(text):
        return from_words(folded(named[1])) or folded(named[1])[:LONGEST].strip("-") or UNREAD
    if _CC_ANY.search(text):
        return UNREAD
    return next((_with_version(code, at) for place, code in _PLACES if (at := place.fullmatch(text))), None)


def _cc_code(name: str, version: str | None, port: str | None) -> str:
    if elements := elements_of(name):
        return joined(elements, version, port)
    if name in _NAMED:
        return f"cc0-{version}" if version and _NAMED[name] == "cc0" else _NAMED[name]
    return "-".join(filter(None, ["cc", name, version])) if name in _RETIRED else UNREAD


def _strictest(codes: list[str], beside: str) -> str:
    """One code that allows no more than any of them, and no more than the text beside them."""
    if not_free(beside):
        return ALL_RIGHTS
    different, limits = list(dict.fromkeys(codes)), restrictions(beside)
    if len(different) == 1 and not limits:
        return different[0]
    parts = [set(code.split("-")) for code in different]
    if not all("by" in each for each in parts):
        return UNREAD
    elements = set().union(*parts) | limits
    version = re.search(r"\d\.\d", different[0]) if len(different) == 1 else None
    return joined(elements, version[0] if version else None)


def _with_version(code: str, found: re.Match[str]) -> str:
    version = found[1] if found.lastindex else None
    return f"{code}-{version}{'' if '.' in version else '.0'}" if version else code
