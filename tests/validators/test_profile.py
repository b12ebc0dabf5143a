"""The check `profile`."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as Pillow
from PIL import ImageCms
from pixcrawler_validators import profile
from pydantic import ValidationError

from pixcrawler_core.image import Image
from pixcrawler_core.records import Verdict
from pixcrawler_core.testing.contracts import ValidatorContract
from pixcrawler_core.testing.images import encode
from tests.conftest import PHOTOGRAPHS

PICTURE = Pillow.new("RGB", (64, 48), "teal")
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
ADOBE = ((0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457))
"""Adobe RGB (1998), adapted to D50."""
NARROW = ((0.35, 0.25, 0.1), (0.35, 0.5, 0.2), (0.2, 0.2, 0.5))


class TestContract(ValidatorContract):
    component = next(profile.register_validators())


def made(
    space: bytes = b"RGB ",
    primaries: tuple[tuple[float, float, float], ...] = (),
    description: bytes = b"",
    magic: bytes = b"acsp",
) -> bytes:
    """An ICC profile with a header, three primaries and a description."""
    values = [b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(65536 * x) for x in xyz)) for xyz in primaries]
    names = [*(b"rXYZ", b"gXYZ", b"bXYZ")[: len(values)], *([b"desc"] if description else [])]
    values += [description] if description else []
    table, body = struct.pack(">I", len(names)), b""
    for name, value in zip(names, values, strict=True):
        table += name + struct.pack(">II", 132 + 12 * len(names) + len(body), len(value))
        body += value
    return bytes(16) + space + b"XYZ " + bytes(12) + magic + bytes(88) + table + body


def text(told: str) -> bytes:
    return b"desc\0\0\0\0" + struct.pack(">I", len(told) + 1) + told.encode() + b"\0"


def measured(folder: Path, icc: bytes | None, kind: str = "JPEG", mode: str = "RGB") -> dict[str, Any]:
    path = folder / "image"
    path.write_bytes(encode(PICTURE.convert(mode), kind, icc_profile=icc))
    return dict(profile.build(profile.ProfileOptions()).measure(Image.open(path)))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_a_real_profile_is_read(tmp_path: Path, kind: str) -> None:
    found = measured(tmp_path, SRGB, kind)
    assert found == {"kind": "srgb", "bytes": len(SRGB), "description": "sRGB built-in"}


def test_a_picture_without_one(tmp_path: Path) -> None:
    assert measured(tmp_path, None) == {"kind": "none"}
    assert measured(tmp_path, None, mode="CMYK") == {"kind": "cmyk"}
    check = profile.build(profile.ProfileOptions())
    assert check.measure(Image.open(PHOTOGRAPHS / "mammals/red-panda.jpg")) == {"kind": "none"}


@pytest.mark.parametrize(
    ("icc", "kind"),
    [
        (made(primaries=ADOBE), "wide"),
        (made(primaries=NARROW), "rgb"),
        (made(primaries=ADOBE[:2]), "rgb"),
        (made(primaries=((0.0, 0.0, 0.0),) * 3), "rgb"),
        (made(description=text("sRGB v4 ICC preference")), "srgb"),
        (made(space=b"GRAY"), "grey"),
        (made(space=b"CMYK"), "cmyk"),
        (made(space=b"Lab "), "other"),
        (made(magic=b"oops"), "damaged"),
        (b"short", "damaged"),
    ],
)
def test_the_kind_of_a_profile(tmp_path: Path, icc: bytes, kind: str) -> None:
    assert measured(tmp_path, icc)["kind"] == kind


@pytest.mark.parametrize(
    ("description", "told"),
    [
        (text("Adobe RGB (1998)"), "Adobe RGB (1998)"),
        (text("a\x1b[31m\n\x07b" + "c" * 500), "a [31m b" + "c" * 92),
        (b"desc\0\0\0\0" + struct.pack(">I", 0xFFFFFFFF) + b"lies about its length", "lies about its length"),
        (
            b"mluc\0\0\0\0" + struct.pack(">II4sII", 1, 12, b"enUS", 10, 28) + "Monde".encode("utf-16-be"),
            "Monde",
        ),
        (b"mluc\0\0\0\0" + struct.pack(">II4sII", 1, 12, b"enUS", 10, 0xFFFFFFF0) + b"far away", None),
        (b"mluc\0\0\0\0" + struct.pack(">II4sII", 1, 12, b"enUS", 6, 28) + b"\xd8\0\0a\0b", "\ufffdab"),
        (b"mluc", None),
        (b"data\0\0\0\0something", None),
    ],
)
def test_the_description_is_cleaned(tmp_path: Path, description: bytes, told: str | None) -> None:
    assert measured(tmp_path, made(description=description)).get("description") == told


def test_a_huge_profile_is_read_like_any_other(tmp_path: Path) -> None:
    found = measured(tmp_path, made(primaries=ADOBE, description=text("Huge")) + bytes(1_000_000))
    assert (found["kind"], found["description"]) == ("wide", "Huge")
    assert found["bytes"] > 1_000_000


def test_kinds_may_be_refused(tmp_path: Path) -> None:
    check = profile.build(profile.ProfileOptions(allowed=("none", "srgb")))
    wide = check.judge(measured(tmp_path, made(primaries=ADOBE, description=text("Adobe RGB (1998)"))))
    assert wide.reason == "profile-not-allowed"
    assert wide.detail == "the colour profile is wide (Adobe RGB (1998)), not one of none, srgb"
    assert check.judge(measured(tmp_path, SRGB)) == Verdict()
    assert check.judge(measured(tmp_path, None)) == Verdict()


@pytest.mark.parametrize("kind", profile.KINDS)
def test_nothing_is_refused_by_default(kind: str) -> None:
    assert profile.build(profile.ProfileOptions()).judge({"kind": kind}) == Verdict()


@pytest.mark.parametrize("allowed", [(), ("sRGB",)])
def test_a_choice_that_means_nothing_is_refused(allowed: Any) -> None:
    with pytest.raises(ValidationError):
        profile.ProfileOptions(allowed=allowed)


@settings(max_examples=200, deadline=None)
@given(place=st.integers(0, 400), change=st.binary(min_size=1, max_size=40), cut=st.integers(0, 600))
def test_no_damage_does_harm(place: int, change: bytes, cut: int) -> None:
    sound = made(primaries=ADOBE, description=text("Adobe RGB (1998)"))
    damaged = (sound[:place] + change + sound[place + len(change) :])[:cut]
    assert profile.kind_of(damaged) in profile.KINDS
    assert len(profile.describe(damaged)) <= 100
    assert profile.describe(damaged).isprintable()


@given(st.binary(max_size=300))
def test_no_bytes_do_harm(data: bytes) -> None:
    assert profile.kind_of(data) in profile.KINDS
    assert profile.kind_of(made() + data) in profile.KINDS
    assert profile.describe(data).isprintable()
