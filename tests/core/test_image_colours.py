"""The picture in colour, for checks that look closer than the grey view."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from pixcrawler_core.errors import DecodeError
from pixcrawler_core.image import Image
from pixcrawler_core.testing.drawings import draw
from pixcrawler_core.testing.images import encode, nasty_images
from tests.conftest import PHOTOGRAPHS

PICTURE = draw("colours", (700, 500))
LARGE = draw("colours", (1600, 900))
MOST_BITS = 4
"""Of a perceptual hash, between the two ways to the grey view; measured on the example photographs."""


def written(folder: Path, data: bytes, *, detailed: bool = True) -> Image:
    path = folder / "image"
    path.write_bytes(data)
    return Image.open(path, detailed=detailed)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize(
    ("size", "shape", "scale"),
    [((200, 150), (150, 200, 3), 1), ((767, 900), (900, 767, 3), 1), ((1600, 768), (384, 800, 3), 2)],
)
def test_the_shorter_side_keeps_384_pixels(
    tmp_path: Path, kind: str, size: tuple[int, int], shape: tuple[int, int, int], scale: float
) -> None:
    image = written(tmp_path, encode(LARGE.resize(size), kind))
    assert (image.pixels.shape, image.grey.shape, image.scale) == (shape, shape[:2], scale)
    assert not image.pixels.flags.writeable
    assert not image.grey.flags.writeable
    assert image.view.size == tuple(math.ceil(side / (min(shape[:2]) // 128)) for side in shape[1::-1])


def test_the_picture_is_decoded_once(tmp_path: Path) -> None:
    image = written(tmp_path, encode(PICTURE, "JPEG"))
    assert image.header.width == 700
    _ = image.pixels
    image.path.unlink()
    assert (image.view.mode, image.grey.shape, len(image.phash)) == ("L", image.pixels.shape[:2], 16)


def test_colours_can_be_asked_for_later(tmp_path: Path) -> None:
    image = written(tmp_path, encode(PICTURE, "JPEG"), detailed=False)
    assert min(image.view.size) < 256
    assert image.pixels.shape == (500, 700, 3)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_pixels_are_upright(tmp_path: Path, orientation: int) -> None:
    exif = Pillow.Exif()
    exif[0x0112] = orientation
    image = written(tmp_path, encode(PICTURE, "JPEG", exif=exif, quality=95))
    with Pillow.open(image.path) as picture:
        expected = np.asarray(_upright(picture.convert("RGB")), dtype=int)
    assert image.pixels.shape == expected.shape
    assert np.abs(image.pixels - expected).mean() < 2


def _upright(picture: Pillow.Image) -> Pillow.Image:
    from PIL import ImageOps

    return ImageOps.exif_transpose(picture)


def test_transparent_pixels_are_white_and_grey_is_grey(tmp_path: Path) -> None:
    clear = Pillow.new("RGBA", (400, 400), (255, 0, 0, 0))
    clear.paste((10, 200, 30, 255), (0, 0, 200, 400))
    pixels = written(tmp_path, encode(clear, "PNG")).pixels
    assert pixels[5, 5].tolist() == [10, 200, 30]
    assert pixels[5, 390].tolist() == [255, 255, 255]
    grey = written(tmp_path, encode(Pillow.new("L", (400, 400), 77), "PNG")).pixels
    assert np.unique(grey).tolist() == [77]


def test_damage_is_found_in_colour_as_in_grey(tmp_path: Path) -> None:
    nasties = nasty_images(tmp_path)
    assert len(nasties) > 20
    for nasty in nasties:
        assert _reason(Image.open(nasty.path, detailed=True)) == _reason(Image.open(nasty.path)), nasty


def _reason(image: Image) -> str | None:
    try:
        _ = image.view
    except DecodeError as error:
        return error.reason
    return None


def test_the_hash_hardly_depends_on_the_way_to_it() -> None:
    paths = sorted(PHOTOGRAPHS.glob("*/*.jpg"))
    bits = [
        (int(Image.open(path).phash, 16) ^ int(Image.open(path, detailed=True).phash, 16)).bit_count()
        for path in paths
    ]
    assert len(paths) >= 100
    assert max(bits) <= MOST_BITS
