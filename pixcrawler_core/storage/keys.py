"""Keys of objects and what is kept with them: what every store takes."""

from __future__ import annotations

import re
from collections.abc import Mapping

from pixcrawler_core.exports.names import check_name

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")
LONGEST = 2000
"""Characters of all metadata of an object; object stores allow 2 kB."""


def check_key(key: str) -> None:
    """Raise ValueError unless a key is a plain relative path with forward slashes."""
    check_name(key)


def check_range(begin: int, length: int | None) -> None:
    """Raise ValueError for a range of bytes that begins before the first, or has less than none."""
    if begin < 0 or (length is not None and length < 0):
        raise ValueError(f"{length} bytes from byte {begin} on are no range; neither can be negative")


def check_metadata(metadata: Mapping[str, str]) -> None:
    """Raise ValueError unless metadata is short text under names of letters, digits and underscores."""
    for name, value in metadata.items():
        if not NAME.fullmatch(name):
            raise ValueError(f"the metadata name {name[:80]!r} must be of letters, digits and underscores")
        if not value.isprintable():
            raise ValueError(f"the metadata {name!r} has characters that cannot be printed")
    if sum(len(name) + len(value) for name, value in metadata.items()) > LONGEST:
        raise ValueError(f"the metadata has more than {LONGEST} characters; keep less with the object")
