"""An image's row of the manifest as the cells of a table."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pixcrawler_core.catalog.columns import clean
from pixcrawler_core.jsontext import dumps

NUMBERS = ("size", "width", "height", "row")
"""Fields with whole numbers."""
OBJECTS = ("label_errors", "consent", "scores", "exported")
"""Fields with objects, or not told."""
NESTED = ("labels", *OBJECTS)
"""Fields with lists and objects."""
COLUMNS = (
    "path", "sha256", "phash", "size", "format", "width", "height", "category", "split", "url", "final_url",
    "page", "title", "creator", "creator_url", "licence", "licence_url", "spdx", "attribution", "engine",
    "query", "row", *NESTED,
)  # fmt: skip
"""All fields that an image can have in an exported manifest, in the order in which tables have them."""
FLAT = tuple(name for name in COLUMNS if name not in NESTED)
"""The fields that are text or numbers."""


def line(entry: Mapping[str, Any]) -> str:
    """A row as a line of JSON; halves of surrogate pairs become U+FFFD."""
    return f"{clean(json.dumps(entry, ensure_ascii=False))}\n"


def flat(entry: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that are text or numbers; None for what the source did not tell."""
    return {name: _cell(entry.get(name)) for name in FLAT}


def typed(entry: Mapping[str, Any]) -> dict[str, Any]:
    """The flat fields for readers that want the same types in all rows: text that is missing is empty."""
    told = flat(entry)
    return told | {name: "" for name, value in told.items() if value is None and name not in NUMBERS}


def nested(entry: Mapping[str, Any], name: str) -> str | None:
    """A list or an object as JSON; None where it is empty."""
    value = entry.get(name)
    return clean(dumps(value)) if value else None


def _cell(value: Any) -> Any:
    return clean(value) if isinstance(value, str) else value
