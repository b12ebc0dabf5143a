"""Tells what the camera wrote: make, model, date, orientation, whether with a place; rejects nothing."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import IO, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from pixcrawler_core import hookimpl
from pixcrawler_core.checks import PlainCheck
from pixcrawler_core.components import Check, Tier, Validator
from pixcrawler_core.image import Image
from pixcrawler_core.orientation import TURNS
from pixcrawler_core.records import Verdict
from pixcrawler_core.tags import (
    DIGITISED,
    EXIF,
    GPS,
    MAKE,
    MODEL,
    OFFSET,
    ORIENTATION,
    TAKEN,
    Value,
    read_tags,
)
from pixcrawler_validators.metadata import described, short

_DATE = re.compile(r"(\d{4})[:/.-](\d\d)[:/.-](\d\d)[ T](\d\d):(\d\d):(\d\d)", re.ASCII)
_OFFSET = re.compile(r"[+-](?:0\d|1[0-4]):[0-5]\d", re.ASCII)
_PLACE = {"latitude": (2, 1, 90), "longitude": (4, 3, 180)}
"""Tags of degrees, minutes and seconds, of the side of the earth; the most degrees (Exif 2.32, 4.6.6)."""


class ExifOptions(BaseModel):
    """What is kept of the camera's data."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    gps: Literal["presence", "keep"] = Field(
        default="presence",
        description="Of the place where a picture was taken: only its `presence`, or `keep` latitude and"
        " longitude.",
    )


def measured(options: ExifOptions, image: Image) -> dict[str, Any]:
    """`orientation` (1 to 8) and `gps` always; `make`, `model`, `taken` (ISO 8601) where they are told.

    `taken` has an offset from UTC only where the camera wrote one. With `gps = "keep"` also `latitude` and
    `longitude` in degrees.
    """
    with described(image) as (info, tiff):
        first = read_tags(tiff, (MAKE, MODEL, ORIENTATION, EXIF, GPS))
        found: dict[str, Any] = {"orientation": _orientation(image, first)}
        detail = _below(tiff, first.get(EXIF), (TAKEN, DIGITISED, OFFSET))
        place = _below(tiff, first.get(GPS), (1, 2, 3, 4))
        found["gps"] = 2 in place or 4 in place or b"GPSLatitude" in _packet(info)
    texts = {"make": _text(first.get(MAKE)), "model": _text(first.get(MODEL)), "taken": taken(detail)}
    found |= {name: text for name, text in texts.items() if text}
    return found | (position(place) if options.gps == "keep" else {})


def _orientation(image: Image, first: Mapping[int, Value]) -> int:
    """What a TIFF says itself, which is turned when it is opened; else the header's."""
    told = first.get(ORIENTATION)
    tiff = image.header.format == "TIFF" and isinstance(told, tuple) and told[0] in TURNS
    return int(told[0]) if tiff and isinstance(told, tuple) else image.header.orientation


def _below(tiff: IO[bytes], pointer: Value | None, wanted: tuple[int, ...]) -> dict[int, Value]:
    """The tags of the directory that a tag of the first one points to."""
    if not isinstance(pointer, tuple) or pointer[0] < 1:
        return {}
    return read_tags(tiff, wanted, int(pointer[0]))


def _packet(info: Mapping[Any, Any]) -> bytes:
    xmp = info.get("xmp")
    return xmp.encode("utf-8", "replace") if isinstance(xmp, str) else xmp if isinstance(xmp, bytes) else b""


def _text(value: Value | None) -> str:
    return short(value) if isinstance(value, str) else ""


def taken(detail: Mapping[int, Value]) -> str:
    """When a picture was taken, else digitised, as ISO 8601; empty where no real date is told."""
    for tag in (TAKEN, DIGITISED):
        told = _DATE.match(_text(detail.get(tag)))
        if told is None:
            continue
        try:
            date = datetime(*map(int, told.groups()))  # type: ignore[arg-type]  # noqa: DTZ001  # local time
        except ValueError:
            continue
        offset = _text(detail.get(OFFSET))
        return date.isoformat() + (offset if tag == TAKEN and _OFFSET.fullmatch(offset) else "")
    return ""


def position(place: Mapping[int, Value]) -> dict[str, float]:
    """`latitude` (north above 0) and `longitude` (east above 0) in degrees; empty unless both make sense."""
    found = {}
    for name, (tag, side, most) in _PLACE.items():
        parts = place.get(tag)
        if not isinstance(parts, tuple):
            return {}
        degrees = sum(part / 60**power for power, part in enumerate(parts[:3]))
        if not math.isfinite(degrees) or not 0 <= degrees <= most:
            return {}
        found[name] = round(-degrees if _text(place.get(side)).upper() in ("S", "W") else degrees, 6)
    return found


def build(options: ExifOptions) -> Check:
    """The check with its options."""
    return PlainCheck(measured=partial(measured, options), judged=lambda _: Verdict())


@hookimpl
def register_validators() -> Iterator[Validator]:
    """The check `exif`."""
    yield Validator(
        name="exif",
        summary="what the camera wrote",
        tier=Tier.MEDIUM,
        order=910,
        options=ExifOptions,
        build=build,
        measured_by=("gps",),
    )
