"""Reads addresses of licences into codes.

An address is read only as a whole: scheme, host and path from their beginning to their end, and behind them
nothing but what is known to change nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import unquote

from pixcrawler_core.licensing.names import code_of
from pixcrawler_core.licensing.spellings import ALL_RIGHTS, PORTS, READ, UNREAD, elements_of, joined

_LANGUAGE = "(?:[a-z]{2}(?:[_-](?:[a-z]{2}|hans|hant|latn|cyrl))?|ast|nso)"
"""As Creative Commons writes them in addresses of its pages."""
_PARAMETER = rf"(?:ref=(?:openverse|ccsearch|chooser-v1)|atype=(?:rich|html)|lang(?:uage)?={_LANGUAGE})"
_ADDRESS = re.compile(
    r"(?:(?:https?:)?//)?(?:www\.)?(?P<place>[a-z0-9-]+(?:\.[a-z0-9-]+)+(?:/[a-z0-9.+_-]+)+)/?"
    rf"(?:\?{_PARAMETER}(?:&{_PARAMETER})*)?#?",
)
"""An address in small letters; in its query only a language, and where somebody came from."""
_SPEAKS = re.compile(
    r"(?:creativecommons|rightsstatements)\.org/+(?:licen[cs]es?|publicdomain|vocab|page)/+[^/\s]"
)
_WITHIN = re.compile(r"[(<]?(https?://[^\s()<>]+?)([.,;]?)[)>]?(?=\s|$)", re.IGNORECASE)
_PAGE = rf"(?:/(?:deed|legalcode)(?:\.{_LANGUAGE}|[.-](?:txt|plain))?(?:\.html)?|/rdf)?"
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
_VERSIONED = {
    r"opendatacommons\.org/licenses/odbl(?:/1[-.]0|/summary)?": "odbl-1.0",
    r"opendatacommons\.org/licenses/by(?:/1[-.]0|/summary)?": "odc-by-1.0",
    r"opendatacommons\.org/licenses/pddl(?:/1[-.]0|/summary)?": "pddl-1.0",
    r"gnu\.org/(?:licenses|copyleft)/(?:old-licenses/)?fdl(?:-(\d\.\d))?": "gfdl",
    r"gnu\.org/(?:licenses|copyleft)/(?:old-licenses/)?gpl(?:-(\d\.\d))?": "gpl",
    r"gnu\.org/(?:licenses|copyleft)/(?:old-licenses/)?lgpl(?:-(\d\.\d))?": "lgpl",
    r"gnu\.org/(?:licenses|copyleft)/(?:old-licenses/)?agpl(?:-(\d\.\d))?": "agpl",
    r"artlibre\.org/(?:licence/lal(?:/[a-z]{2})?|lal(?:/[a-z]{2})?)": "fal",
    r"nationalarchives\.gov\.uk/doc/open-government-licence(?:/version/(\d))?": "ogl-uk",
    r"opensource\.org/licenses?/mit": "mit",
    r"apache\.org/licenses/license-(2\.0)": "apache",
    r"unsplash\.com/license": "unsplash",
    r"pexels\.com/(?:photo-)?license": "pexels",
    r"pixabay\.com/(?:service/)?license(?:-summary)?": "pixabay",
    r"flickr\.com/commons/usage": "no-known-restrictions",
    r"usa\.gov/(?:government-)?(?:copyright|works)": "us-gov",
}


def from_address(told: str) -> str | None:
    """The code of a licence by its address; None for what is no known address of one.

    `UNREAD` for what has the address of a licence in it and is not understood as a whole.
    """
    if len(told) > READ:
        return UNREAD
    text = told.strip().lower()
    # Small letters of a few signs are Latin ones, as of that of Kelvin.
    if told.isascii() and (found := _ADDRESS.fullmatch(text)):
        for path, code in _PLACES:
            if at := path.fullmatch(found["place"]):
                return code(at)
    return UNREAD if _SPEAKS.search(unquote(text)) else None


def with_codes(text: str) -> str:
    """A text with the code of the licence, in brackets, for each known address of one that is within."""
    return _WITHIN.sub(_as_code, text)


def _as_code(found: re.Match[str]) -> str:
    code = from_address(found[1])
    return found[0] if code in {None, UNREAD} else f"({code}){found[2]}"


def _creative_commons(found: re.Match[str]) -> str:
    name, version, port = found["name"], found["version"], found["port"]
    if port and port not in PORTS:
        return UNREAD
    if elements := elements_of(name):
        return joined(elements, version, port)
    if name in _RETIRED and port is None:
        return "-".join(filter(None, ["cc", name, version]))
    return UNREAD


def _zero(found: re.Match[str]) -> str:
    return "cc0-1.0" if found["version"] else "cc0"


def _statement(found: re.Match[str]) -> str:
    return _STATEMENTS.get(found["name"], UNREAD)


def _in_the_list(found: re.Match[str]) -> str:
    return code_of(found["name"].removesuffix(".html").removesuffix(".json")) or UNREAD


def _constant(code: str) -> Callable[[re.Match[str]], str]:
    """Reads the version, where the pattern has one, behind a code."""

    def read(found: re.Match[str]) -> str:
        version = found[1] if found.lastindex else None
        return f"{code}-{version}{'' if '.' in version else '.0'}" if version else code

    return read


_CC = r"creativecommons\.org"
_PLACES: list[tuple[re.Pattern[str], Callable[[re.Match[str]], str]]] = [
    (re.compile(rf"{_CC}/(?:licenses?|publicdomain)/(?:zero|cc0)(?:/(?P<version>1\.0))?{_PAGE}"), _zero),
    (re.compile(rf"{_CC}/publicdomain/(?:mark|pdm)(?:/1\.0)?{_PAGE}"), _constant("pdm")),
    (re.compile(rf"{_CC}/licenses/publicdomain{_PAGE}"), _constant("pdm")),
    (re.compile(rf"{_CC}/share-your-work/public-domain/cc0"), _constant("cc0")),
    (re.compile(rf"{_CC}/share-your-work/public-domain/pdm"), _constant("pdm")),
    (
        re.compile(
            rf"{_CC}/licenses?/(?P<name>[a-z+-]+)"
            rf"(?:/(?P<version>\d\.\d)(?:/(?P<port>[a-z]{{2}}|igo|scotland))?)?{_PAGE}"
        ),
        _creative_commons,
    ),
    (
        re.compile(r"rightsstatements\.org/(?:vocab|page)/(?P<name>[a-z-]+)(?:/1\.0)?(?:/[a-z]{2})?"),
        _statement,
    ),
    (re.compile(r"spdx\.org/licenses/(?P<name>[a-z0-9.+-]+)"), _in_the_list),
    *(
        (re.compile(rf"{place}(?:\.html|\.txt|[-.][a-z]{{2}}\.html)?"), _constant(code))
        for place, code in _VERSIONED.items()
    ),
]
