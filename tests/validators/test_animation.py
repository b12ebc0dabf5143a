"""The check `animation`."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest
from pixcrawler_validators import animation

from pixcrawler_core.image import Image
from pixcrawler_core.testing.contracts import ValidatorContract
from pixcrawler_core.testing.drawings import draw
from pixcrawler_core.testing.images import encode

PICTURE = draw("animation", (64, 64))
KINDS = ("GIF", "WEBP", "PNG", "TIFF", "AVIF")


class TestContract(ValidatorContract):
    component = next(animation.register_validators())


def judged(folder: Path, data: bytes, policy: Literal["reject", "first-frame"]) -> tuple[str | None, object]:
    path = folder / "image"
    path.write_bytes(data)
    check = animation.build(animation.AnimationOptions(policy=policy))
    measures = check.measure(Image.open(path))
    return check.judge(measures).reason, measures["animated"]


@pytest.mark.parametrize("kind", KINDS)
def test_several_frames_are_rejected_or_taken_by_the_first(tmp_path: Path, kind: str) -> None:
    data = encode(PICTURE, kind, save_all=True, append_images=[PICTURE.rotate(90)])
    assert judged(tmp_path, data, "reject") == ("animated", True)
    assert judged(tmp_path, data, "first-frame") == (None, True)


@pytest.mark.parametrize("kind", [*KINDS, "JPEG"])
def test_one_frame_is_fine(tmp_path: Path, kind: str) -> None:
    assert judged(tmp_path, encode(PICTURE, kind), "reject") == (None, False)


def test_the_pictures_behind_a_phones_jpeg_are_no_animation(tmp_path: Path) -> None:
    data = encode(PICTURE, "MPO", save_all=True, append_images=[PICTURE.rotate(90)])
    assert judged(tmp_path, data, "reject") == (None, False)


def test_rejecting_is_the_default() -> None:
    assert animation.AnimationOptions().policy == "reject"
