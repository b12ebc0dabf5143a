"""Packs: what goes in comes out, any part of it, and damage never passes for something else."""

from __future__ import annotations

import io
import random
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from pixcrawler_core.storage.local.packs import FRAME, DamagedPack, PackWriter, blank, listed, unpacked

SIZES = st.one_of(st.integers(0, 50), st.sampled_from([FRAME - 1, FRAME, FRAME + 1, 2 * FRAME + 7]))


def packed(objects: list[bytes], chunk: int = 70_000) -> tuple[bytes, list[tuple[int, int]]]:
    """A pack of objects, and where each lies."""
    with TemporaryDirectory() as folder:
        writer = PackWriter(Path(folder, "pack"), 1)
        chunks = ([data[at : at + chunk] for at in range(0, len(data), chunk)] for data in objects)
        places = [writer.add({"key": str(number)}, each) for number, each in enumerate(chunks)]
        writer.finish()
        return Path(folder, "pack").read_bytes(), places


def unpack(pack: bytes, place: tuple[int, int], size: int, first: int, last: int) -> bytes:
    return b"".join(unpacked(io.BytesIO(pack), *place, size, first, last))


@settings(max_examples=40, deadline=None)
@given(st.lists(SIZES, min_size=1, max_size=3), st.data())
def test_any_part_comes_out(sizes: list[int], data: st.DataObject) -> None:
    objects = [random.Random(size).randbytes(size) for size in sizes]
    pack, places = packed(objects, data.draw(st.sampled_from([1000, 999_999, FRAME, 3 * FRAME])))
    for each, place in zip(objects, places, strict=True):
        first = data.draw(st.integers(0, len(each)))
        last = data.draw(st.integers(first, len(each)))
        assert unpack(pack, place, len(each), first, last) == each[first:last]
    assert [each["key"] for each in listed(io.BytesIO(pack))] == [str(number) for number in range(len(sizes))]


OBJECTS = [b"first" * 300, b"second" * 400, b""]
PACK, PLACES = packed(OBJECTS)


@given(st.integers(0, len(PACK) - 1), st.integers(1, 255))
def test_damage_is_told(at: int, flips: int) -> None:
    damaged = bytearray(PACK)
    damaged[at] ^= flips
    for each, place in zip(OBJECTS, PLACES, strict=True):
        try:
            assert unpack(bytes(damaged), place, len(each), 0, len(each)) == each
        except DamagedPack:
            assert place[0] <= at < place[0] + place[1]


@given(st.binary(max_size=400), st.integers(0, len(PACK)))
def test_what_is_no_pack_is_told(data: bytes, end: int) -> None:
    for pack in (data, PACK[:end] + data, data + PACK[end:]):
        try:
            found = listed(io.BytesIO(pack))
        except DamagedPack:
            continue
        assert all(isinstance(each, dict) for each in found)


def test_a_blank_is_no_object_any_more() -> None:
    file = io.BytesIO(PACK)
    blank(file, *PLACES[1])
    assert len(file.getvalue()) == len(PACK)
    assert [each["key"] for each in listed(file)] == ["0", "2"]
    assert unpack(file.getvalue(), PLACES[0], len(OBJECTS[0]), 0, len(OBJECTS[0])) == OBJECTS[0]
