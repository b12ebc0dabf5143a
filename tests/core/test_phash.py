"""Perceptual hashes of pictures as they are, mirrored and turned."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import imagehash
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as Pillow

from pixcrawler_core.image import Image
from pixcrawler_core.orientation import upright
from pixcrawler_core.phash import dhash, phash, turned_dhashes, turned_phashes

PHOTOGRAPHS = sorted((Path(__file__).parents[2] / "examples/photographs").glob("*/*.jpg"))[::6]
METHODS = [(phash, turned_phashes, imagehash.phash), (dhash, turned_dhashes, imagehash.dhash)]
Hash = Callable[[Pillow.Image], str]
Hashes = Callable[[Pillow.Image], list[str]]


@pytest.fixture(scope="module")
def views() -> list[Pillow.Image]:
    return [Image.open(path).view for path in PHOTOGRAPHS]


def noise(width: int, height: int, seed: int) -> Pillow.Image:
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width), np.uint8)
    return Pillow.fromarray(pixels)


def far(one: str, other: str) -> int:
    return (int(one, 16) ^ int(other, 16)).bit_count()


@settings(max_examples=60, deadline=None)
@given(data=st.binary(min_size=1, max_size=64), width=st.integers(1, 64))
def test_the_first_hash_is_that_of_imagehash(data: bytes, width: int) -> None:
    rows = np.frombuffer(data * width, dtype=np.uint8).reshape(width, len(data))
    picture = Pillow.fromarray(rows)
    for plain, turned, reference in METHODS:
        assert plain(picture) == turned(picture)[0] == str(reference(picture))


def test_hashes_of_photographs_are_those_of_imagehash(views: list[Pillow.Image]) -> None:
    for plain, turned, reference in METHODS:
        told = [str(reference(view)) for view in views]
        assert [plain(view) for view in views] == [turned(view)[0] for view in views] == told
        assert len(set(told)) == len(views) > 10


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 8))
def test_hashes_of_turned_pixels_are_the_turned_ones(seed: int, orientation: int) -> None:
    small = noise(32, 32, seed)
    assert turned_phashes(small)[orientation - 1] == str(imagehash.phash(upright(small, orientation)))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 4))
def test_difference_hashes_of_mirrored_pixels_are_the_turned_ones(seed: int, orientation: int) -> None:
    wide, high = noise(9, 8, seed), noise(8, 9, seed)
    assert turned_dhashes(wide)[orientation - 1] == str(imagehash.dhash(upright(wide, orientation)))
    transposed = orientation + 4
    assert turned_dhashes(high)[transposed - 1] == str(imagehash.dhash(upright(high, transposed)))


@pytest.mark.parametrize(
    ("plain", "turned", "most"), [(phash, turned_phashes, 2), (dhash, turned_dhashes, 4)]
)
def test_turned_photographs_have_nearly_the_turned_hashes(
    views: list[Pillow.Image], plain: Hash, turned: Hashes, most: int
) -> None:
    pairs = [
        (told, plain(upright(view, orientation)))
        for view in views
        for orientation, told in enumerate(turned(view), 1)
    ]
    distances = [far(*pair) for pair in pairs]
    assert max(distances) <= most
    assert distances.count(0) > 0.85 * len(pairs)


def test_orientations_of_a_photograph_are_far_from_each_other(views: list[Pillow.Image]) -> None:
    hashes = turned_phashes(views[0])
    assert min(far(one, other) for one in hashes for other in hashes if one != other) > 16
    assert len(set(hashes)) == 8


def test_equal_pixels_rise_in_neither_direction() -> None:
    assert set(turned_dhashes(Pillow.new("L", (200, 100), 77))) == {"0" * 16}
