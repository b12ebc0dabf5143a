"""Makes pictures of any mode plain: eight bits, on white, in grey or RGB, reduced to the size wanted."""

from __future__ import annotations

import numpy as np
from PIL import Image as Pillow

VIEW_SIDE = 128
"""Pixels of the shorter side that a grey view keeps at least, where the picture has them."""
ANALYSIS_SIDE = 384
"""Pixels of the shorter side that a picture keeps at least for analysis in colour."""


def has_alpha(picture: Pillow.Image) -> bool:
    """Whether pixels can be transparent."""
    return picture.mode in {"LA", "La", "PA", "RGBA", "RGBa"} or "transparency" in picture.info


def flat(picture: Pillow.Image, mode: str, side: int) -> Pillow.Image:
    """The picture in `L` or `RGB`, on white; reduced by a whole number, no side below `side` for it."""
    eight = _eight_bit(picture)
    if has_alpha(eight):
        straight = eight if eight.mode == "RGBA" else eight.convert("RGBA")
        small = reduced(straight, side)
        white = Pillow.new("RGBA", small.size, "white")
        return Pillow.alpha_composite(white, small).convert(mode)
    if eight.mode == "LAB":  # its colours need a colour management system
        return reduced(eight.getchannel("L"), side).convert(mode)
    return reduced(eight if eight.mode == mode else eight.convert(mode), side)


def plain(picture: Pillow.Image) -> Pillow.Image:
    """The picture in eight bits: `RGBA` if pixels can be transparent, `L` if it is grey, else `RGB`."""
    eight = _eight_bit(picture)
    if has_alpha(eight):
        return eight.convert("RGBA")
    if eight.mode == "LAB":
        return eight.getchannel("L")
    return eight if eight.mode == "L" else eight.convert("RGB")


def _eight_bit(picture: Pillow.Image) -> Pillow.Image:
    """16-bit grey by its upper byte; 32-bit and floating-point grey spread from its least to its greatest."""
    if picture.mode.startswith("I;16"):
        return Pillow.fromarray((np.asarray(picture) >> 8).astype(np.uint8))
    if picture.mode not in {"I", "F"}:
        return picture if picture.mode != "La" else picture.convert("LA")
    values = np.nan_to_num(np.asarray(picture, dtype=np.float64), posinf=0.0, neginf=0.0)
    low, high = float(values.min()), float(values.max())
    return Pillow.fromarray(((values - low) * (255 / ((high - low) or 1))).astype(np.uint8))


def reduced(picture: Pillow.Image, side: int) -> Pillow.Image:
    """The picture reduced by a whole number, by averaging, no side below `side` for it."""
    factor = min(picture.size) // side
    return picture.reduce(factor) if factor > 1 else picture
