"""How paths of the API are written."""

from __future__ import annotations

import re

API = "/api/v1"
FIELD = re.compile(r"\{(?P<name>\w+)(?::(?P<kind>\w+)(?:\([^)]*\))?)?\}")
"""A field of Falcon's templates: its name and, where it has one, its converter."""
LARGEST = 2**31 - 1
"""Of PostgreSQL's integer: https://www.postgresql.org/docs/current/datatype-numeric.html"""
LARGEST_BIG = 2**63 - 1
"""Of its bigint, and of SQLite's integer."""


def number(name: str, largest: int = LARGEST) -> str:
    """The field of a path that is a row's number, as large as both databases take it."""
    return f"{{{name}:int(min=1, max={largest})}}"


def without_converters(template: str) -> str:
    """A template as OpenAPI writes it: `/jobs/{job_id}`."""
    return FIELD.sub(r"{\g<name>}", template)
