"""Reads single values out of the answers of sources, in which anything may be missing or of another type."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pydantic_core import from_json
from w3lib.html import remove_tags_with_content, replace_tags

from pixcrawler_core.sources import Blocked, LayoutChanged, place

if TYPE_CHECKING:
    from scrapy.http import Response

LARGEST = 2**53
"""Integers above are not exact in JSON (RFC 8259, section 6) and no size of an image."""
LONGEST = 2_000
"""Characters that are kept of a text: longer ones are no titles, and cost time."""
_BREAK = re.compile(
    r"<[\s/]*(?=[BDHLOPTUbdhloptu])(?i:p|br|div|li|ul|ol|t[dhr]|table|h[1-6r]|d[dlt])\b[^<>]*>|<\?[^<>]*>"
)
"""Tags that part words, and instructions such as `<?xml?>`. The letters ahead are looked at for speed."""
_HIDDEN = re.compile(r"<(\w+)[^<>]*display:\s*none[^<>]*>.*?</\1\s*>", re.IGNORECASE | re.DOTALL)
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f]")
_MARKS = re.compile("[\ue000\ue001\ud800-\udfff]")
"""Marks of highlighting in titles, and halves of surrogate pairs, which no file takes."""
_DIMENSIONS = re.compile(r"(?<!\d)(\d{1,6})\s*[x\u00d7*]\s*(\d{1,6})(?!\d)", re.IGNORECASE)
_FILESIZE = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)\s*([kmg]?)(?:i?b|bytes?|o)?", re.IGNORECASE)
_SINGLE = (str, int, float)
_SCHEMES = ("http://", "https://")
_ADDRESS = re.compile(rf"(?:https?:)?//[!-~]{{1,{LONGEST - 8}}}")
"""What most addresses look like: nothing in them is to be changed."""
MOST_DIGITS = 16
"""Of a size: LARGEST has as many."""
_DIGITS = re.compile(rf"\s*(\d{{1,{MOST_DIGITS}}})(?:\.0*)?\s*")


def json_of(told: bytes | str) -> Any:
    """The value that a JSON text holds. Raises ValueError or RecursionError for anything else.

    Halves of surrogate pairs, byte order marks, UTF-16 and UTF-32 are read, if less quickly.
    """
    try:
        return from_json(told, cache_strings="keys")
    except ValueError:
        return json.loads(told)


def json_value(response: Response) -> Any:
    """The JSON that a response holds. Raises Blocked for a web page instead, else LayoutChanged."""
    try:
        return json_of(response.body)
    except (ValueError, RecursionError) as error:
        if response.body.lstrip()[:1] == b"<":
            raise Blocked(f"a web page instead of JSON from {place(response.url)}") from error
        raise LayoutChanged(f"no JSON from {place(response.url)}: {error}") from error


def json_object(response: Response) -> dict[str, Any]:
    """The JSON object that a response holds. Raises Blocked for a web page instead, else LayoutChanged."""
    body = json_value(response)
    if not isinstance(body, dict):
        raise LayoutChanged(f"no JSON object from {place(response.url)}, but {str(body)[:80]!r}")
    return body


def mapping(value: Any) -> Mapping[str, Any]:
    """The value if it is a JSON object, else an empty one."""
    return value if isinstance(value, dict) else {}


def sequence(value: Any) -> Sequence[Any]:
    """The value if it is a JSON array, else an empty one."""
    return value if isinstance(value, list) else ()


def plain(value: Any) -> str | None:
    """Text without control characters and marks of highlighting, on one line; None if nothing is left."""
    if type(value) is not str:
        if value is None or isinstance(value, bool) or not isinstance(value, _SINGLE):
            return None
        value = str(value)
    if len(value) <= LONGEST and value.isprintable() and "  " not in value:  # as most texts are
        return value.strip() or None
    return " ".join(_MARKS.sub("", _UNSEEN.sub(" ", value[:LONGEST])).split()) or None


def text(value: Any) -> str | None:
    """`plain` text of a value that may be HTML: without tags, hidden parts and entities."""
    if type(value) is str:
        if "<" in value or "&" in value:
            return plain(html.unescape(_visible(value[:LONGEST])))
        if len(value) <= LONGEST and value.isprintable() and "  " not in value:  # as in `plain`, a call less
            return value.strip() or None
    return plain(value)


def _visible(markup: str) -> str:
    """What HTML shows, its entities as they are. A `<` before no letter is text, as in HTML itself."""
    if "<" not in markup:
        return markup
    names = markup.lower()
    if "display" in names:
        markup = _HIDDEN.sub("", markup)
    if "<script" in names or "<style" in names:
        markup = remove_tags_with_content(markup, ("script", "style"))
    return replace_tags(_BREAK.sub(" ", markup))


def number(value: Any) -> int | None:
    """A size of at least 1, which may be told as a number or in digits; None for anything else."""
    if type(value) is int:
        return value if 0 < value < LARGEST else None
    if type(value) is not str:
        if value is None or isinstance(value, bool) or not isinstance(value, _SINGLE):
            return None
        value = str(value)
    if not value.isdecimal() or len(value) > MOST_DIGITS:
        digits = _DIGITS.fullmatch(value)
        value = digits[1] if digits else "0"
    size = int(value)
    return size if 0 < size < LARGEST else None


def url(value: Any) -> str | None:
    """An address of the web; one that begins with `//` gets `https:`. None for anything else."""
    if type(value) is str and _ADDRESS.fullmatch(value):
        return value if value[0] == "h" else f"https:{value}"
    told = plain(value)
    if told is None or told.startswith(_SCHEMES):
        return told
    told = f"https:{told}" if told.startswith("//") else told
    return told if told[:8].lower().startswith(_SCHEMES) else None


def several(value: Any) -> Sequence[Any]:
    """The members of a value that may be one thing or a list of things; empty for nothing."""
    if isinstance(value, list):
        return value
    return () if value is None else (value,)


def first(value: Any) -> str | None:
    """The first text in a value that may be a text or a list of texts."""
    if not isinstance(value, list):
        return text(value)
    for each in value:
        if told := text(each):
            return told
    return None


def first_url(value: Any) -> str | None:
    """The first address in a value that may be one or a list of them."""
    for each in several(value):
        if told := url(each):
            return told
    return None


def texts(value: Any) -> tuple[str, ...]:
    """All different texts in a value that may be a text or a list of texts."""
    if not isinstance(value, list):
        return (told,) if (told := text(value)) else ()
    return tuple(dict.fromkeys(filter(None, map(text, value))))


def dimensions(value: Any) -> tuple[int, int] | tuple[None, None]:
    """Width and height in a text such as `1000x1500`, with a letter or a multiplication sign."""
    found = _DIMENSIONS.search(plain(value) or "")
    width, height = (number(found[1]), number(found[2])) if found else (None, None)
    return (width, height) if width and height else (None, None)


def filesize(value: Any) -> int | None:
    """Bytes told as a number, as `171202 B`, as `233.5kB` or as `1.2 MB` (powers of 1000)."""
    if value is None or isinstance(value, (int, float)):
        return number(value)
    found = _FILESIZE.fullmatch(plain(value) or "")
    if found is None:
        return None
    return number(int(float(found[1]) * {"": 1, "k": 10**3, "m": 10**6, "g": 10**9}[found[2].lower()]))


def truth(value: Any) -> bool | None:
    """A truth value, None for anything else."""
    return value if isinstance(value, bool) else None
