"""Places at which lists go on: opaque to clients, and signed, so that none can be made up."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Sequence
from typing import Any

import pydantic_core

from pixcrawler_server.errors import Invalid

SIGNATURE = 16
"""Bytes of the signature: as many of HMAC-SHA256 as make it strong enough (NIST SP 800-107, section 5.3)."""


class Cursors:
    """Writes and reads cursors of lists. `key` is 32 bytes."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def write(self, name: str, place: Sequence[Any]) -> str:
        """The cursor of a place (JSON values) in a list, whose `name` says all that it is filtered by."""
        told = pydantic_core.to_json(list(place))
        return base64.urlsafe_b64encode(self._signature(name, told) + told).rstrip(b"=").decode()

    def read(self, name: str, cursor: str, length: int) -> list[Any]:
        """The place of a cursor of that list, of `length` values. Raises Invalid for any other text."""
        try:
            raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        except (ValueError, binascii.Error):
            raw = b""
        signature, told = raw[:SIGNATURE], raw[SIGNATURE:]
        if not hmac.compare_digest(signature, self._signature(name, told)):
            raise Invalid(
                "cursor: is none that this list gave; leave it out to begin anew",
                details={
                    "field": "cursor",
                    "constraint": "a cursor of this list",
                    "provided_value": cursor[:100],
                },
            )
        place: list[Any] = pydantic_core.from_json(told)
        if len(place) != length:
            raise AssertionError(f"a signed cursor of {name!r} has {len(place)} values, not {length}")
        return place

    def _signature(self, name: str, told: bytes) -> bytes:
        return hmac.digest(self._key, name.encode() + b"\0" + told, "sha256")[:SIGNATURE]
