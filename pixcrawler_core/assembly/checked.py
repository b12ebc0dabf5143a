"""What exports believe of a manifest, which a stranger may have written: what has the form that we write."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pixcrawler_core.exports.rows import FLAT, NUMBERS, OBJECTS
from pixcrawler_core.provenance.reading import MOST, checked_digest, checked_path, checked_size
from pixcrawler_core.splitting.rules import SPLITS

Told = Mapping[str, Any]
TEXTS = tuple(name for name in FLAT if name not in (*NUMBERS, "path"))
"""Fields of a row that are text, or not told."""
_TEXT, _WHOLE, _OBJECT = (frozenset({kind, type(None)}) for kind in (str, int, dict))
_PLACE = re.compile(r"categories/[^/]+/[^/]+")
"""Where an image lies: with one folder more or less, formats would write to other places than they name."""


class _Part(BaseModel):
    """A part of a head; what stands in it beside these fields is not read by any export."""

    model_config = ConfigDict(extra="ignore", strict=True)


class _Category(_Part):
    accepted: int = Field(ge=0, lt=MOST)


class _Query(_Part):
    text: str


class _Method(_Part):
    name: str


class _Keywords(_Part):
    queries: list[_Query] | None = None


class _Dedup(_Part):
    methods: list[_Method] | None = None


class _Splits(_Part):
    shares: dict[str, float] | None = None
    together: list[str] | None = None


class _Fetch(_Part):
    contact: str | None = None


class _Job(_Part):
    fetch: _Fetch | None = None


class _Head(_Part):
    name: str | None = None
    version: int = Field(default=1, ge=1, lt=MOST)
    created_at: str | None = None
    categories: dict[str, _Category] = Field(default_factory=dict)
    keywords: _Keywords | None = None
    dedup: _Dedup | None = None
    splits: _Splits | None = None
    job: _Job | None = None


def checked_head(head: dict[str, Any]) -> dict[str, Any]:
    """What a manifest tells beside the images. Raises ValueError with what is wrong."""
    try:
        _Head.model_validate(head)
    except ValidationError as error:
        wrong = error.errors(include_url=False)[0]
        place = ascii(".".join(map(str, wrong["loc"])))
        raise ValueError(f"{place} of its head is {_brief(wrong['input'])}: {wrong['msg']}") from None
    return head


def checked_row(row: dict[str, Any]) -> dict[str, Any]:
    """An image's row. Raises ValueError with what is wrong; it takes as long as to read it from JSON."""
    path = checked_path(row.get("path"))
    if not _PLACE.fullmatch(path):
        raise ValueError(f"its path {_brief(path)} is not categories/FOLDER/FILE")
    checked_digest(row.get("sha256"))
    checked_size(row.get("size"))
    if not isinstance(row.get("category"), str):
        raise _wrong("category", row.get("category"), "text")
    if (split := row.get("split")) not in (None, *SPLITS):
        raise _wrong("split", split, f"{', '.join(SPLITS)} or null")
    _check_types(row, OBJECTS, _OBJECT, "an object")
    _check_flat(row)
    if exported := row.get("exported"):
        _check_flat(exported)
    if consent := row.get("consent"):
        _check_types(consent, ("checked_at",), _TEXT, "text")
    for label in _labels(row.get("labels")):
        _check_label(label)
    return row


def _check_flat(told: Told) -> None:
    """Raise ValueError for a text or a number that is none."""
    _check_types(told, TEXTS, _TEXT, "text")
    _check_types(told, NUMBERS, _WHOLE, "a whole number")
    for name in NUMBERS:
        if not 0 <= (told.get(name) or 0) < MOST:
            raise _wrong(name, told[name], "from 0 to 2^53")


def _check_types(told: Told, names: tuple[str, ...], types: frozenset[type], wanted: str) -> None:
    """Raise ValueError for a value of another type; all are looked at together, as most are right."""
    if types.issuperset(map(type, map(told.get, names))):
        return
    name = next(name for name in names if type(told.get(name)) not in types)
    raise _wrong(name, told[name], wanted)


def _check_label(label: Told) -> None:
    """Raise ValueError for a label that has no name or no source, or whose box is none."""
    for name in ("name", "source"):
        if not isinstance(label.get(name), str):
            raise _wrong(f"label's {name}", label.get(name), "text")
    _check_types(label, ("version", "model"), _TEXT, "text")
    if not isinstance(label.get("attributes", {}), dict):
        raise _wrong("label's attributes", label["attributes"], "an object")
    if label.get("score") is not None and not _is_number(label["score"]):
        raise _wrong("label's score", label["score"], "a number")
    box = label.get("box", (0, 0, 0, 0))
    if not isinstance(box, list | tuple) or len(box) != len("ltwh") or not all(map(_is_number, box)):
        raise _wrong("label's box", box, "four numbers")


def _labels(value: object) -> list[Told]:
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise _wrong("labels", value, "a list of objects")
    return value


def _is_number(value: object) -> bool:
    """Whether it is a number with which can be reckoned: none that is infinite, and no NaN."""
    return type(value) in (int, float) and -MOST < value < MOST  # type: ignore[operator]  # it is one


def _wrong(name: str, value: object, wanted: str) -> ValueError:
    return ValueError(f"its {name} is {_brief(value)}, not {wanted}")


def _brief(value: object) -> str:
    return ascii(value)[:80]
