"""Whether two pictures are the same picture, told by their details."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pytest
from accuracy.alterations import ALTERATIONS, Alteration
from PIL import Image as Pillow

from pixcrawler_core.dedup.geometry import confirmed, details, same
from pixcrawler_core.image import Image, Pixels
from tests.conftest import PHOTOGRAPHS

NAMES = ("birds/scarlet-macaw", "castles/egeskov", "mammals/red-panda", "monuments/hawa-mahal")


def pixels(name: str) -> Pixels:
    with Pillow.open(PHOTOGRAPHS / f"{name}.jpg") as picture:
        picture.thumbnail((900, 900))
        return np.asarray(picture.convert("RGB"))


def saved(folder: Path, name: str, picture: Pixels) -> Image:
    path = folder / name
    Pillow.fromarray(picture).save(path)
    return Image.open(path, detailed=True)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("alteration", ALTERATIONS, ids=lambda each: each.name)
def test_an_altered_picture_is_the_same(tmp_path: Path, name: str, alteration: Alteration) -> None:
    picture = pixels(name)
    (tmp_path / "altered.jpg").write_bytes(alteration.made(picture, name))
    one, other = saved(tmp_path, "one.png", picture), Image.open(tmp_path / "altered.jpg", detailed=True)
    assert confirmed(one, other)
    assert confirmed(other, one)


def test_different_pictures_are_not(tmp_path: Path) -> None:
    images = [saved(tmp_path, f"{number}.png", pixels(name)) for number, name in enumerate(NAMES)]
    told = {(a, b): confirmed(images[a], images[b]) for a in range(4) for b in range(4)}
    assert told == {(a, b): a == b for a in range(4) for b in range(4)}


def test_the_same_writing_does_not_make_pictures_the_same(tmp_path: Path) -> None:
    written: list[Image] = []
    for name in NAMES[:2]:
        picture = cv2.resize(pixels(name), (800, 600))
        cv2.putText(picture, "SAMPLE", (60, 330), cv2.FONT_HERSHEY_DUPLEX, 5, (255, 255, 255), 14)
        written.append(saved(tmp_path, f"{len(written)}.png", np.asarray(picture, np.uint8)))
    assert not confirmed(*written)


@pytest.mark.parametrize("shape", [(1, 1), (8, 40), (31, 500), (300, 400)])
def test_pictures_without_details_are_only_the_same_as_themselves(
    tmp_path: Path, shape: tuple[int, int]
) -> None:
    plain = saved(tmp_path, "plain.png", np.full((*shape, 3), 90, np.uint8))
    other = saved(tmp_path, "other.png", np.full((*shape, 3), 91, np.uint8))
    photograph = saved(tmp_path, "photograph.png", pixels(NAMES[0]))
    assert confirmed(plain, plain)
    assert not confirmed(plain, other)
    assert not confirmed(plain, photograph)


def test_the_answer_is_always_the_same(tmp_path: Path) -> None:
    picture = pixels(NAMES[2])
    matrix = cv2.getRotationMatrix2D((300, 200), 12, 0.8)
    tilted = np.asarray(cv2.warpAffine(picture, matrix, picture.shape[1::-1]), np.uint8)
    greys = [np.asarray(cv2.cvtColor(each, cv2.COLOR_RGB2GRAY), np.uint8) for each in (picture, tilted)]
    one, other = map(details, greys)
    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(lambda _: same(one, other), range(40))) == {True}
    assert not same(one, details(np.ascontiguousarray(greys[1][:, ::-1])))
