"""Tells the ICC colour profile of a picture: its colour space and how many colours it holds."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from pixcrawler_core import hookimpl
from pixcrawler_core.checks import PlainCheck
from pixcrawler_core.components import Check, Tier, Validator
from pixcrawler_core.image import Image
from pixcrawler_core.records import Verdict
from pixcrawler_validators.metadata import described, short

Kind = Literal["none", "srgb", "wide", "rgb", "grey", "cmyk", "other", "damaged"]
KINDS: tuple[Kind, ...] = ("none", "srgb", "wide", "rgb", "grey", "cmyk", "other", "damaged")

_SPACES: dict[bytes, Kind] = {b"RGB ": "rgb", b"GRAY": "grey", b"CMYK": "cmyk"}
_PRIMARIES = (b"rXYZ", b"gXYZ", b"bXYZ")
_SRGB = np.array([[0.4361, 0.2225, 0.0139], [0.3851, 0.7169, 0.0971], [0.1431, 0.0606, 0.7141]])
"""Red, green and blue of sRGB in XYZ, adapted to D50 as profiles hold them (IEC 61966-2-1, ICC.1:2022)."""
NEAR = 0.01
"""Greatest difference of a primary from sRGB's, in XYZ."""
WIDER = 1.1
"""Times the area of sRGB in the xy diagram from which a space is wide: Adobe RGB has 1.4, Display P3 1.4."""
MOST_TAGS = 200
"""Tags of a profile that are looked at."""


class ProfileOptions(BaseModel):
    """The profiles that a dataset takes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    allowed: tuple[Kind, ...] = Field(
        default=KINDS,
        min_length=1,
        description="Allowed kinds of profile; `none` is a picture without one, which counts as sRGB.",
    )


def measured(image: Image) -> dict[str, Any]:
    """`kind` (one of `KINDS`); with a profile also its `bytes`, and its `description` if it can be read."""
    with described(image) as (info, _):
        profile = info.get("icc_profile")
    if not isinstance(profile, bytes) or not profile:
        return {"kind": "cmyk" if image.header.mode == "CMYK" else "none"}
    found: dict[str, Any] = {"kind": kind_of(profile), "bytes": len(profile)}
    description = describe(profile)
    return found | ({"description": description} if description else {})


def kind_of(profile: bytes) -> Kind:
    """What colours an ICC profile is for; `rgb` is neither sRGB nor wider (ICC.1:2022, section 7.2)."""
    if profile[36:40] != b"acsp":
        return "damaged"
    kind = _SPACES.get(profile[16:20], "other")
    return _rgb_kind(profile) if kind == "rgb" else kind


def _rgb_kind(profile: bytes) -> Kind:
    places = _tags(profile)
    found = [_xyz(profile[places[name] :]) for name in _PRIMARIES if name in places]
    primaries = [xyz for xyz in found if xyz is not None]
    if len(primaries) < len(_PRIMARIES):  # a profile of tables: only its name tells
        return "srgb" if "srgb" in describe(profile).lower() else "rgb"
    if np.abs(np.array(primaries) - _SRGB).max() <= NEAR:
        return "srgb"
    return "wide" if _area(np.array(primaries)) >= WIDER * _area(_SRGB) else "rgb"


def _tags(profile: bytes) -> dict[bytes, int]:
    """Where the data of each tag begin."""
    count = min(int.from_bytes(profile[128:132]), MOST_TAGS, (len(profile) - 132) // 12)
    rows = (struct.unpack_from(">4sII", profile, 132 + 12 * row) for row in range(count))
    return {name: place for name, place, _ in rows if 132 <= place < len(profile)}


def _xyz(data: bytes) -> tuple[float, float, float] | None:
    if data[:4] != b"XYZ " or len(data) < 20:
        return None
    x, y, z = struct.unpack(">iii", data[8:20])
    return x / 65536, y / 65536, z / 65536


def _area(primaries: np.ndarray[Any, Any]) -> float:
    """Area of the triangle between three colours in the xy diagram; 0 where it has none."""
    sums = primaries.sum(1)
    if (sums <= 0).any():
        return 0.0
    x, y = (primaries / sums[:, None])[:, :2].T
    return abs(float((x[1] - x[0]) * (y[2] - y[0]) - (x[2] - x[0]) * (y[1] - y[0]))) / 2


def describe(profile: bytes) -> str:
    """The name that a profile gives itself, cleaned; empty where it has none."""
    place = _tags(profile).get(b"desc")
    data = profile[place : place + 4096] if place else b""
    if data[:4] == b"desc" and len(data) >= 12:  # profiles of version 2
        length = min(int.from_bytes(data[8:12]), len(data) - 12)
        return short(data[12 : 12 + length].split(b"\0")[0].decode("ascii", "replace"))
    if data[:4] == b"mluc" and len(data) >= 28:  # of version 4: the first of several languages
        length, start = struct.unpack(">II", data[20:28])
        return short(data[start : start + length].decode("utf-16-be", "replace"))
    return ""


def judged(options: ProfileOptions, measures: Mapping[str, Any]) -> Verdict:
    """Reason `profile-not-allowed`."""
    if measures["kind"] in options.allowed:
        return Verdict()
    told = f" ({measures['description']})" if "description" in measures else ""
    detail = f"the colour profile is {measures['kind']}{told}, not one of {', '.join(options.allowed)}"
    return Verdict(reason="profile-not-allowed", detail=detail)


def build(options: ProfileOptions) -> Check:
    """The check with its options."""
    return PlainCheck(measured=measured, judged=partial(judged, options))


@hookimpl
def register_validators() -> Iterator[Validator]:
    """The check `profile`."""
    yield Validator(
        name="profile",
        summary="ICC colour profile",
        tier=Tier.MEDIUM,
        order=920,
        options=ProfileOptions,
        build=build,
    )
