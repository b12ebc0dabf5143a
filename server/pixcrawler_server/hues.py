"""The colours of a dataset: what share of its pixels each has, told from small pictures of some images."""

from __future__ import annotations

import io
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image as Pillow

from pixcrawler_server.bodies import View
from pixcrawler_server.errors import NotAvailable

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pixcrawler_core.catalog.models import Image
    from pixcrawler_server.pictures import Painter

SAMPLE = 200
"""Images that are looked at."""
SIDE = 128
"""Pixels of the thumbnails that are looked at; they are kept for the gallery."""
GREY = 40
"""Saturation, of 255, below which a pixel has no hue."""
DARK, LIGHT = 50, 205
"""Values, of 255, of what is called black and white."""
HUES = (("red", 14), ("orange", 28), ("yellow", 48), ("green", 110), ("cyan", 140), ("blue", 184),
        ("purple", 212), ("pink", 242), ("red", 256))  # fmt: skip
"""Names of hues, each with the one at which it ends, of 256."""
NAMES = ("red", "orange", "yellow", "green", "cyan", "blue", "purple", "pink", "black", "grey", "white")


class ColourView(View):
    """A colour."""

    name: str
    share: float
    """Of all pixels that were looked at, 0 to 1."""


class ColoursView(View):
    """The colours of a dataset."""

    images: int
    """How many were looked at."""
    items: list[ColourView]


async def colours_of(painter: Painter, images: Sequence[Image]) -> ColoursView:
    """The colours of images; those that cannot be shown are left out."""
    total, looked_at = np.zeros(len(NAMES)), 0
    for image in images:
        try:
            thumbnail = await painter.thumbnail(image, SIDE)
        except NotAvailable:
            continue
        total += await painter.run(partial(shares, thumbnail))
        looked_at += 1
    whole = total / max(1, looked_at)
    items = [ColourView(name=name, share=round(float(whole[place]), 4)) for place, name in enumerate(NAMES)]
    return ColoursView(images=looked_at, items=items)


def shares(picture: bytes) -> NDArray[np.float64]:
    """What share of a picture's pixels has each of the colours."""
    with Pillow.open(io.BytesIO(picture)) as opened:
        small = opened.convert("RGB")
    small.thumbnail((32, 32), Pillow.Resampling.BOX)
    hue, saturation, value = np.asarray(small.convert("HSV")).reshape(-1, 3).T
    ends = [end for _, end in HUES]
    names = np.array([NAMES.index(name) for name, _ in HUES])
    found = names[np.searchsorted(ends, hue, side="right")]
    plain = saturation < GREY
    found[plain] = NAMES.index("grey")
    found[plain & (value >= LIGHT)] = NAMES.index("white")
    found[value < DARK] = NAMES.index("black")
    return np.bincount(found, minlength=len(NAMES)) / len(found)
