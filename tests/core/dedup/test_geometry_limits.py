"""Where two pictures end to be the same picture, and pictures that hardly are pictures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow
from PIL import ImageOps

from pixcrawler_core.dedup.geometry import confirmed
from pixcrawler_core.image import Image
from tests.conftest import PHOTOGRAPHS

MACAW, MONASTERY = PHOTOGRAPHS / "birds/scarlet-macaw.jpg", PHOTOGRAPHS / "ruins/petra-monastery.jpg"
MEADOW, PYRAMID = PHOTOGRAPHS / "landscapes/aizkorri-meadow.jpg", PHOTOGRAPHS / "ruins/bent-pyramid.jpg"
ALTERED: dict[str, Callable[[Pillow.Image], Pillow.Image]] = {
    "a thumbnail": lambda picture: ImageOps.contain(picture, (120, 120)),
    "squeezed": lambda picture: picture.resize((round(0.8 * picture.width), picture.height)),
    "upside down": lambda picture: picture.rotate(180),
    "a mirrored part": lambda picture: ImageOps.mirror(picture.crop((0, 0, 560, picture.height))),
}


def picture_of(path: Path) -> Pillow.Image:
    with Pillow.open(path) as picture:
        return ImageOps.fit(picture.convert("RGB"), (800, 600))


def saved(picture: Pillow.Image, path: Path) -> Image:
    picture.save(path, quality=85)
    return Image.open(path)


@pytest.mark.parametrize("path", [MACAW, MONASTERY, MEADOW, PYRAMID], ids=lambda path: path.stem)
@pytest.mark.parametrize("how", ALTERED)
def test_other_shapes_and_sizes_are_the_same(tmp_path: Path, how: str, path: Path) -> None:
    picture = picture_of(path)
    altered = saved(ALTERED[how](picture), tmp_path / "altered.jpg")
    assert confirmed(saved(picture, tmp_path / "picture.jpg"), altered)


def test_all_different_photographs_of_ruins_are_kept_apart() -> None:
    images = [Image.open(path) for path in sorted(PHOTOGRAPHS.glob("ruins/*.jpg"))][:7]
    assert len(images) > 5
    for number, image in enumerate(images):
        for other in images[:number]:
            assert not confirmed(image, other), (image.path.name, other.path.name)


def test_parts_that_share_two_thirds_are_not_the_same(tmp_path: Path) -> None:
    """Two views along a panorama, say; a part and the whole are."""
    picture = picture_of(MONASTERY)
    left = saved(picture.crop((0, 0, 600, 600)), tmp_path / "left.jpg")
    right = saved(picture.crop((200, 0, 800, 600)), tmp_path / "right.jpg")
    assert not confirmed(left, right)
    whole = saved(picture, tmp_path / "whole.jpg")
    assert confirmed(left, whole)
    assert confirmed(right, whole)


def test_a_part_pasted_into_another_picture_does_not_make_it_the_same(tmp_path: Path) -> None:
    one, other = picture_of(MACAW), picture_of(MONASTERY)
    both = other.copy()
    both.paste(one.crop((0, 0, 250, 600)), (0, 0))
    assert not confirmed(saved(one, tmp_path / "one.jpg"), saved(both, tmp_path / "both.jpg"))


def odd_pictures() -> Iterator[Pillow.Image]:
    random = np.random.default_rng(0)
    for size in ((1, 1), (1, 2), (3, 3), (1, 700), (700, 1), (31, 33), (500, 20)):
        yield Pillow.new("RGB", size, "white")
        yield Pillow.fromarray(random.integers(0, 256, size[::-1], np.uint8))
    yield Pillow.linear_gradient("L")
    yield Pillow.fromarray(np.indices((400, 400)).sum(axis=0).astype(np.uint8) // 8 % 2 * 255)


def test_odd_pictures_are_the_same_as_themselves_and_as_no_others(tmp_path: Path) -> None:
    images = [saved(picture, tmp_path / f"{number}.png") for number, picture in enumerate(odd_pictures())]
    for image in images:
        assert not confirmed(image, Image.open(MACAW))
        assert not confirmed(image, images[0]) or image is images[0]
        assert confirmed(image, Image.open(image.path))
