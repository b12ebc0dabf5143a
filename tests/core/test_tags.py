"""Single tags out of EXIF and TIFF."""

from __future__ import annotations

import io
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixcrawler_core.tags import read_tags

TAG = 0x010F


def tiff(order: str, kind: int, count: int, value: bytes, behind: bytes = b"") -> io.BytesIO:
    """A TIFF structure with one tag, whose value lies in the entry or, at byte 26, behind it."""
    magic = b"II" if order == "<" else b"MM"
    head = magic + struct.pack(f"{order}HIHHHI", 42, 8, 1, TAG, kind, count)
    return io.BytesIO(head + value.ljust(4, b"\0") + bytes(4) + behind)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(
    ("kind", "values", "code"),
    [
        (1, (1, 2, 3, 255), "B"),
        (3, (1, 65535), "H"),
        (4, (0xFFFFFFFF,), "I"),
        (13, (8,), "I"),
        (6, (-1, 5), "b"),
        (8, (-2, 7), "h"),
        (9, (-3,), "i"),
    ],
)
def test_numbers(order: str, kind: int, values: tuple[int, ...], code: str) -> None:
    data = struct.pack(f"{order}{len(values)}{code}", *values)
    assert read_tags(tiff(order, kind, len(values), data), (TAG,)) == {TAG: values}


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(("kind", "code"), [(5, "I"), (10, "i")])
def test_fractions(order: str, kind: int, code: str) -> None:
    place = struct.pack(f"{order}I", 26)
    halves = struct.pack(f"{order}4{code}", 1, 2, 9, 3)
    assert read_tags(tiff(order, kind, 2, place, halves), (TAG,)) == {TAG: (0.5, 3.0)}
    nothing = struct.pack(f"{order}2{code}", 1, 0)
    assert read_tags(tiff(order, kind, 1, place, nothing), (TAG,)) == {}


@pytest.mark.parametrize(
    ("kind", "data", "told"),
    [
        (2, b"Canon\0", "Canon"),
        (2, "\u00e9t\u00e9\0".encode(), "\u00e9t\u00e9"),
        (2, b"\xff\xfeabc", "\ufffd\ufffdabc"),
        (7, b"0230 and more", b"0230 and more"),
    ],
)
def test_texts_and_bytes(kind: int, data: bytes, told: str | bytes) -> None:
    found = read_tags(tiff("<", kind, len(data), struct.pack("<I", 26), data), (TAG,))
    assert found == {TAG: told}


def test_only_wanted_tags_are_read() -> None:
    assert read_tags(tiff("<", 3, 1, b"\1\0"), (TAG + 1,)) == {}


def test_a_giant_value_is_read_in_part() -> None:
    found = read_tags(tiff("<", 2, 0xFFFFFFFF, struct.pack("<I", 26), b"x" * 1_000_000), (TAG,))
    assert found == {TAG: "x" * 1024}


@pytest.mark.parametrize(
    "file",
    [
        tiff("<", 2, 100, struct.pack("<I", 26), b"too short"),
        tiff("<", 2, 100, struct.pack("<I", 0xFFFFFFFF)),
        tiff("<", 2, 0, b""),
        tiff("<", 99, 1, b"abcd"),
        io.BytesIO(b"II*\0\xff\xff\xff\xff"),
        io.BytesIO(b"II*\0\x08\0\0\0\xff\xff"),
        io.BytesIO(b"no TIFF at all"),
        io.BytesIO(b"MM\0*"),
        io.BytesIO(b""),
    ],
)
def test_what_is_damaged_is_left_out(file: io.BytesIO) -> None:
    assert read_tags(file, (TAG,)) == {}


def test_the_first_of_two_equal_tags_counts() -> None:
    entries = b"".join(struct.pack("<HHI4s", TAG, 3, 1, bytes([number, 0, 0, 0])) for number in (5, 6))
    assert read_tags(io.BytesIO(b"II*\0\x08\0\0\0\x02\0" + entries), (TAG,)) == {TAG: (5,)}


def test_an_endless_directory_is_read_in_part() -> None:
    entries = struct.pack("<HHI4s", 1, 3, 1, b"\1\0\0\0") * 1000 + struct.pack(
        "<HHI4s", TAG, 3, 1, b"\1\0\0\0"
    )
    assert read_tags(io.BytesIO(b"II*\0\x08\0\0\0\xff\xff" + entries), (TAG,)) == {}
    assert read_tags(io.BytesIO(b"II*\0\x08\0\0\0\xff\xff" + entries[12:]), (TAG,)) == {TAG: (1,)}


@given(st.sampled_from([b"II*\0", b"MM\0*"]), st.binary(max_size=200), st.integers(0, 2**32))
def test_no_bytes_do_harm(magic: bytes, data: bytes, directory: int) -> None:
    every = range(65536)
    for place in (None, directory):
        for value in read_tags(io.BytesIO(magic + data), every, place).values():
            assert len(value) <= 1024
