"""What several scraped search engines share: JavaScript in web pages, and addresses within addresses."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any
from urllib.parse import parse_qs, urlsplit

import chompjs

from pixcrawler_core.answers import plain, url

MOST = 20
"""Matches of an opening that are looked at: more are no page of a search engine."""
_DECODER = json.JSONDecoder(strict=False, parse_constant=lambda _: None)
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|(u[0-9a-fA-F]{4}|[\"'`\\/bfnrt])|(.))", re.DOTALL)
_WORDS: Mapping[str, bool | None] = {
    **dict.fromkeys(("void 0", "undefined", "null", "NaN")),
    **dict.fromkeys(("!0", "true"), True),
    **dict.fromkeys(("!1", "false"), False),
}


def script_values(page: str, opening: re.Pattern[str]) -> Iterator[Any]:
    """The objects and arrays of JavaScript after the matches of `opening`; unreadable ones are left out."""
    for found in islice(opening.finditer(page), MOST):
        value = _value(page, found.end())
        if value is not None:
            yield value


def wrapped(address: str | None, *names: str) -> str | None:
    """The address that another one holds in the first of these query parameters."""
    try:
        parameters = parse_qs(urlsplit(address or "").query, max_num_fields=100)
    except ValueError:
        return None
    held = (url(value) for name in names for value in parameters.get(name, ()))
    return next((each for each in held if each), None)


def host(address: str | None) -> str | None:
    """The name of the site that an address leads to."""
    try:
        return plain(urlsplit(address or "").hostname)
    except ValueError:
        return None


def _value(page: str, start: int) -> Any:
    """JSON is read as such; JavaScript (keys without quotes, `void 0`) through chompjs."""
    try:
        return _DECODER.raw_decode(page, start)[0]
    except (ValueError, RecursionError):
        pass
    end = page.find("</script", start)
    source = _ESCAPE.sub(_escaped, page[start : end if end >= 0 else len(page)])
    try:
        return chompjs.parse_js_object(source, loader=_read)
    except (ValueError, RecursionError):
        return None


def _read(source: str) -> Any:
    return json.loads(source, strict=False, object_hook=_without_words, parse_constant=lambda _: None)


def _without_words(value: dict[str, Any]) -> dict[str, Any]:
    """Chompjs gives words that JSON does not have as strings."""
    return {key: _WORDS.get(each, each) if isinstance(each, str) else each for key, each in value.items()}


def _escaped(found: re.Match[str]) -> str:
    """An escape sequence of JavaScript in the way of JSON."""
    if found[1]:
        return f"\\u00{found[1]}"
    return found[0] if found[2] else found[3].strip("\r\n")
