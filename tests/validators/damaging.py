"""Photographs made worse, for tests of quality checks."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from PIL import Image as Pillow
from PIL import ImageFilter

from pixcrawler_core.image import Image
from tests.conftest import PHOTOGRAPHS

KINDS = ("blur", "noise", "jpeg")


def photograph(name: str) -> Image:
    return Image.open(PHOTOGRAPHS / name)


def saved(folder: Path, picture: Pillow.Image) -> Image:
    path = folder / "picture.png"
    picture.save(path)
    return Image.open(path)


def damaged(folder: Path, name: str, kind: str) -> Image:
    """A photograph with blur (2 pixels), noise (a deviation of 20) or compression (JPEG, quality 8)."""
    picture = Pillow.open(PHOTOGRAPHS / name).convert("RGB")
    if kind == "blur":
        return saved(folder, picture.filter(ImageFilter.GaussianBlur(2)))
    if kind == "noise":
        noise = np.random.default_rng(7).normal(0, 20, (picture.height, picture.width, 1))
        return saved(folder, Pillow.fromarray((np.asarray(picture) + noise).clip(0, 255).astype(np.uint8)))
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=8)
    return saved(folder, Pillow.open(buffer))
