from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixcrawler_core.blurring import blurred
from pixcrawler_core.detectors import centerface
from pixcrawler_core.detectors.found import Box
from pixcrawler_core.image import Image, Pixels
from pixcrawler_core.models.store import ModelStore
from tests.conftest import PHOTOGRAPHS

BOX: Box = (0.4, 0.3, 0.2, 0.3)
SHARES = st.floats(min_value=-0.5, max_value=1.5)


def noise(*shape: int) -> Pixels:
    return np.random.default_rng(1).integers(0, 256, shape or (100, 200, 3), dtype=np.uint8)


def changed(before: Pixels, after: Pixels) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of what is not the same."""
    y, x = np.nonzero((before != after).any(axis=2))
    return int(x.min()), int(y.min()), int(x.max()) + 1, int(y.max()) + 1


def test_only_the_box_and_its_padding_change() -> None:
    before = noise()
    after = blurred(before, [BOX], padding=0.0, ellipse=False)
    assert changed(before, after) == (80, 30, 120, 60)
    assert changed(before, blurred(before, [BOX], padding=0.5, ellipse=False)) == (60, 15, 140, 75)


def test_the_picture_given_is_not_changed() -> None:
    before = noise()
    kept = before.copy()
    before.flags.writeable = False
    assert (blurred(before, [BOX]) != before).any()
    assert (before == kept).all()


def test_the_ellipse_holds_the_box_and_leaves_the_corners_of_the_padded_box() -> None:
    before = noise()
    after = blurred(before, [BOX], strength=1)
    assert (after[30:60, 80:120] != before[30:60, 80:120]).any(axis=2).mean() > 0.98
    assert (after[24:27, 72:76] == before[24:27, 72:76]).all()


@pytest.mark.parametrize("side", [40, 400, 1200])
def test_detail_goes_whatever_the_size_of_the_face(side: int) -> None:
    """Stripes as wide as an eye, a fifth of the face, are gone."""
    stripes = np.tile((np.arange(side) * 5 // side % 2 * 255).astype(np.uint8)[None, :, None], (side, 1, 3))
    after = blurred(stripes, [(0, 0, 1, 1)], ellipse=False)
    assert np.ptp(after[side // 2, side // 4 : -side // 4].astype(int)) < 40


def test_more_strength_leaves_less() -> None:
    before = noise()
    left = [blurred(before, [BOX], strength=s)[40:50, 90:110].std() for s in (0.01, 0.05, 0.3)]
    assert left == sorted(left, reverse=True)
    assert left[-1] < 0.2 * left[0]


@pytest.mark.parametrize("shape", [(60, 80), (60, 80, 1), (60, 80, 4)])
def test_pictures_with_other_channels_are_blurred_too(shape: tuple[int, ...]) -> None:
    before = noise(*shape)
    after = blurred(before, [BOX])
    assert after.shape == shape
    assert after.dtype == np.uint8
    assert (after != before).any()


@given(st.lists(st.tuples(SHARES, SHARES, SHARES, SHARES), max_size=3), st.booleans())
def test_any_box_is_taken(boxes: list[Box], ellipse: bool) -> None:
    before = noise(20, 30, 3)
    after = blurred(before, boxes, ellipse=ellipse)
    assert after.shape == before.shape
    outside = all(x + 2 * abs(w) < -0.1 or x - abs(w) > 1.1 for x, _, w, _ in boxes)
    assert not outside or (after == before).all()


@pytest.mark.parametrize(("strength", "padding"), [(0, 0.1), (-1, 0.1), (float("nan"), 0.1), (0.2, -0.1)])
def test_a_blur_that_is_none_is_refused(strength: float, padding: float) -> None:
    with pytest.raises(ValueError, match="a blur needs a strength above 0"):
        blurred(noise(), [BOX], strength=strength, padding=padding)


def test_blurred_faces_are_found_no_more(models: ModelStore) -> None:
    session = models.session(centerface.MODEL)
    pixels = Image.open(PHOTOGRAPHS / "monuments/mount-rushmore.jpg").pixels
    faces = [each.box for each in centerface.detect(pixels, session) if each.score >= 0.5]
    after = blurred(pixels, faces)
    assert len(faces) == 4
    assert [each for each in centerface.detect(after, session) if each.score >= 0.5] == []
