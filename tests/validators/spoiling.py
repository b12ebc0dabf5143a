"""Photographs as arrays, spoilt in exact amounts, for tests of the checks that measure pixels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image as Pillow

from pixcrawler_core.components import Check
from pixcrawler_core.image import Image, Pixels
from pixcrawler_core.records import Verdict
from tests.conftest import PHOTOGRAPHS

SOFT = ("birds/canyon-wren", "birds/common-kingfisher", "birds/greylag-gosling", "farm-animals/calf")
"""Sharp creatures before soft backgrounds."""
DARK = ("birds/swan-family", "fish/hammerhead-shark", "fish/oscar", "buildings/singapore-skyline")
"""Night, deep water, black backgrounds: well exposed all the same."""
BUSY = ("mammals/giraffes", "mammals/hedgehog", "landscapes/forest-stream", "farm-animals/sheep")
"""Leaves, grass, spines and wool in all corners."""


def photograph(name: str) -> Pixels:
    """The pixels of an example, shape (height, width, 3), RGB."""
    return np.asarray(Pillow.open(PHOTOGRAPHS / f"{name}.jpg").convert("RGB"))


def pixels(values: npt.NDArray[Any]) -> Pixels:
    """Any numbers as levels of 0 to 255."""
    return np.asarray(np.clip(np.rint(values), 0, 255), np.uint8)


def noisy(picture: Pixels, sigma: float) -> Pixels:
    """With the same normal noise in all channels of a pixel."""
    shape = (*picture.shape[:2], 1)[: picture.ndim]
    return pixels(picture + np.random.default_rng(5).normal(0, sigma, shape))


def image(folder: Path, picture: Pixels, name: str = "picture.bmp", **options: Any) -> Image:
    """The picture as a file; its format is that of the name."""
    path = folder / name
    Pillow.fromarray(picture).save(path, **options)
    return Image.open(path)


def judged(check: Check, picture: Image) -> Verdict:
    """Both steps of the check."""
    return check.judge(check.measure(picture))
