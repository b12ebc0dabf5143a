"""Takes the one source file as it is."""

from __future__ import annotations

from collections.abc import Mapping


def convert(members: Mapping[str, bytes]) -> bytes:
    """The bytes of the only member."""
    (data,) = members.values()
    return data
