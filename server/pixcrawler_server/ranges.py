"""Ranges of bytes that clients ask for (RFC 9110, section 14): a single one is answered as such.

Several at once are passed over, and the whole is sent, as section 14.2 allows: each would have to be a part
of a multipart body, and many small ones that overlap are a known way to make a server work (section 17.15).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

PARTS = re.compile(r"bytes=(.*)", re.IGNORECASE | re.ASCII)
RANGE = re.compile(r"([0-9]*)-([0-9]*)", re.ASCII)
DIGITS = 18
"""No file has a size with more; longer numbers lie behind every end."""


class Span(NamedTuple):
    """Bytes from `begin` up to `end`, which is not one of them."""

    begin: int
    end: int

    @property
    def length(self) -> int:
        """How many bytes."""
        return self.end - self.begin

    def told(self, size: int) -> str:
        """The value of `Content-Range`."""
        return f"bytes {self.begin}-{self.end - 1}/{size}"


class Unsatisfiable(Exception):
    """No byte that is asked for is there: 416."""


def span_of(header: str | None, size: int) -> Span | None:
    """The bytes that a header `Range` asks of `size` ones; None where all of them are to be sent.

    That is so without a header, for several ranges, and for what cannot be read as one, which has to be
    passed over (section 14.2). Raises Unsatisfiable.
    """
    given = PARTS.fullmatch((header or "").strip())
    if given is None or size == 0:
        return None
    asked = [part for part in _parts(given[1]) if part]
    if len(asked) != 1 or (found := RANGE.fullmatch(asked[0])) is None:
        return None
    first, last = found.groups()
    if not first:
        return _suffix(last, size)
    begin = _number(first)
    if last and _number(last) < begin:
        return None
    if begin >= size:
        raise Unsatisfiable
    return Span(begin, min(size, _number(last) + 1 if last else size))


def may_be_partial(if_range: str | None, tag: str) -> bool:
    """Whether a part may be sent: `If-Range` is not there, or is the strong ETag (section 13.1.5)."""
    return if_range is None or if_range.strip() == tag


def _parts(text: str) -> Iterator[str]:
    return (part.strip(" \t") for part in text.split(","))


def _suffix(last: str, size: int) -> Span | None:
    if not last:
        return None
    length = _number(last)
    if length == 0:
        raise Unsatisfiable
    return Span(max(0, size - length), size)


def _number(digits: str) -> int:
    plain = digits.lstrip("0")
    return 10**DIGITS if len(plain) > DIGITS else int(plain or "0")
