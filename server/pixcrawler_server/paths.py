"""How paths of the API are written."""

from __future__ import annotations

import re

from falcon.routing import BaseConverter

from pixcrawler_server.errors import NotFound

API = "/api/v1"
FIELD = re.compile(r"\{(?P<name>\w+)(?::(?P<kind>\w+)(?:\([^)]*\))?)?\}")
"""A field of Falcon's templates: its name and, where it has one, its converter."""
LARGEST = 2**31 - 1
"""Of PostgreSQL's integer: https://www.postgresql.org/docs/current/datatype-numeric.html"""
LARGEST_BIG = 2**63 - 1
"""Of its bigint, and of SQLite's integer."""
DIGITS = 100
"""Of a number that is looked at."""


def number(name: str, largest: int = LARGEST, what: str = "") -> str:
    """The field of a path that is the number of a row, which is `what`; see `RowNumber`."""
    return f"{{{name}:row({largest}, {what or name.removesuffix('_id')!r})}}"


class RowNumber(BaseConverter):
    """The number of a row, which may be as large as both databases take it.

    There is no row of another number: that is told as it is of one that is gone.
    """

    def __init__(self, largest: int, what: str) -> None:
        self._largest, self._what = largest, what

    def convert(self, value: str) -> int | None:
        """The number; None for what is none. Raises NotFound."""
        if not (value.isascii() and value.isdigit()):
            return None
        if len(value) > DIGITS or not 1 <= int(value) <= self._largest:
            raise NotFound(self._what, value)
        return int(value)


def without_converters(template: str) -> str:
    """A template as OpenAPI writes it: `/jobs/{job_id}`."""
    return FIELD.sub(r"{\g<name>}", template)
