"""Rejects pictures that were compressed too hard: by the tables of a JPEG, and by the blocks it left."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field

from pixcrawler_core import hookimpl
from pixcrawler_core.checks import Measures, PlainCheck
from pixcrawler_core.components import Check, Tier, Validator
from pixcrawler_core.decoding import opened
from pixcrawler_core.image import Image, Pixels
from pixcrawler_core.records import Verdict

LUMA = np.array(
    [
        *(16, 11, 10, 16, 24, 40, 51, 61),
        *(12, 12, 14, 19, 26, 58, 60, 55),
        *(14, 13, 16, 24, 40, 57, 69, 56),
        *(14, 17, 22, 29, 51, 87, 80, 62),
        *(18, 22, 37, 56, 68, 109, 103, 77),
        *(24, 35, 55, 64, 81, 104, 113, 92),
        *(49, 64, 78, 87, 103, 121, 120, 101),
        *(72, 92, 95, 98, 112, 100, 103, 99),
    ]
)
"""Quantisation of luma at quality 50: ITU-T T.81, table K.1."""
QUALITIES = np.arange(1, 101)
BLOCK = 8
"""Stored pixels that a block of a JPEG is wide."""
ODD = 0.01
"""How far a picture's scale may be from a whole number, since its width may be odd."""
LEAST = 4
"""Blocks that must lie side by side before their edges are looked for."""
STEEP = 20
"""Levels from which a step counts no more: it is the picture's own."""
HALF = 1.6
"""Height of block edges, in levels, that quality 50 leaves in most photographs."""
REDUCED = 0.31
"""The same in a picture reduced to half; there heights grow as the square of those in the full picture."""


class CompressionOptions(BaseModel):
    """How hard a picture may have been compressed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    threshold: float = Field(
        default=0.25,
        ge=0,
        le=1,
        description="Least quality as a share of 100, on the scale of libjpeg; 0 lets every picture pass.",
    )


def _tables() -> npt.NDArray[np.float64]:
    """Libjpeg's luma table for each of `QUALITIES`, shape (100, 64), as `jpeg_set_quality` makes them."""
    percent = np.where(QUALITIES < 50, 5000 // QUALITIES, 200 - 2 * QUALITIES)
    return np.asarray(np.clip((np.outer(percent, LUMA) + 50) // 100, 1, 255), np.float64)


TABLES = _tables()


def measured(image: Image) -> dict[str, Any]:
    """`quality`: that of a JPEG's tables, 1 to 100; `blocks`: height of the edges of 8 by 8 blocks in levels,
    also where they were left by an earlier JPEG. Either is missing where it cannot be known: blocks are seen
    in pictures that are looked at in full, or halved.
    """
    found = _quality(image) if image.header.format == "JPEG" else {}
    times = round(image.scale)
    if times <= 2 and abs(image.scale - times) < ODD:
        found |= _blocks(image.grey, BLOCK // times)
    return found


def _quality(image: Image) -> dict[str, Any]:
    with opened(image.file, image.max_pixels) as (picture, _):
        tables = getattr(picture, "quantization", {})
    return {"quality": quality(tables[min(tables)])} if tables else {}


def quality(table: list[int]) -> int:
    """The quality, 1 to 100, of which libjpeg's luma table comes nearest to these 64 divisors."""
    distances = np.abs(np.log(TABLES) - np.log(np.maximum(table, 1))).sum(axis=1)
    return int(QUALITIES[distances.argmin()])


def _blocks(grey: Pixels, period: int) -> dict[str, Any]:
    if min(grey.shape) <= LEAST * period:
        return {}
    height = max(0.0, (_edges(grey, period, 1) + _edges(grey, period, 0)) / 2)
    if period < BLOCK:
        height = HALF * (height / REDUCED) ** 0.5
    return {"blocks": round(height, 3)}


def _edges(grey: Pixels, period: int, axis: int) -> float:
    """By how many levels neighbours along an axis differ more at the edges of blocks than beside them.

    Where the blocks begin is not known (the picture may be cropped): the place with the greatest difference.
    """
    first, second = (grey[:, :-1], grey[:, 1:]) if axis else (grey[:-1], grey[1:])
    _, steps = cv2.threshold(cv2.absdiff(first, second), STEEP, 0, cv2.THRESH_TRUNC)
    profile = cv2.reduce(steps, 1 - axis, cv2.REDUCE_AVG, dtype=cv2.CV_32F).ravel()
    excess = profile[1:-1] - (profile[:-2] + profile[2:]) / 2
    return max(float(excess[start::period].mean()) for start in range(period))


def judged(options: CompressionOptions, measures: Measures) -> Verdict:
    """Reason `compressed`. The score is the lesser of the table's quality and that which such blocks have.

    A picture of which nothing is known has no score.
    """
    found = {}
    if "quality" in measures:
        found[measures["quality"] / 100] = f"the JPEG has quality {measures['quality']}"
    if "blocks" in measures:
        share = 1 / (1 + (measures["blocks"] / HALF) ** 2)
        found[share] = f"blocks of a JPEG have edges of {measures['blocks']:.1f} levels"
    if not found:
        return Verdict()
    score = min(found)
    verdict = partial(Verdict, score=score, threshold=options.threshold)
    if score >= options.threshold:
        return verdict()
    detail = f"{found[score]}: the score {score:.3f} is below {options.threshold:g}"
    return verdict(reason="compressed", detail=detail)


def build(options: CompressionOptions) -> Check:
    """The check with its options."""
    return PlainCheck(measured=measured, judged=partial(judged, options))


@hookimpl
def register_validators() -> Iterator[Validator]:
    """The check `compression`."""
    yield Validator(
        name="compression",
        summary="quality of a JPEG, and the blocks that one left",
        tier=Tier.MEDIUM,
        order=150,
        options=CompressionOptions,
        build=build,
    )
