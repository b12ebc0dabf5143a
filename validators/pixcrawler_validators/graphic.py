"""Tells photographs from drawings, screenshots and pages of text by how shades and edges are spread."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field

from pixcrawler_core import hookimpl
from pixcrawler_core.checks import ScoreCheck
from pixcrawler_core.components import Check, Tier, Validator
from pixcrawler_core.image import Image, Pixels
from pixcrawler_validators.tones import chroma, few

Array = npt.NDArray[Any]

HARD = 48
"""Levels between neighbours that make a hard edge."""
EDGE = 24
"""Levels between neighbours that make an edge at all."""
FINE = 8
"""Levels by which a pixel stands out of the median of its surroundings."""
SMOOTH = 9
"""Shades over which a histogram is averaged, to be compared with itself."""
FULL = 200
"""Levels between the greatest and the least channel of a full colour; photographs hardly reach it."""
COUNTED = 250_000
"""Pixels above which shades are counted in every second row, and so on."""

MEASURES = ("uneven", "hard", "fine", "straight", "flat")
SMALL = np.array([0.005, 0.005, 0.005, 0.05, 0.02])
"""Added to each of `MEASURES` before its logarithm is taken."""
KINDS = ("photo", "graphic", "screenshot", "text")
WEIGHTS = np.array(
    [
        [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
        [8.8, 1.96, 2.15, -1.5, 1.06, 1.29, 8.61],
        [16.3, 2.3, 0.84, 1.72, 5.25, -0.25, -5.12],
        [14.25, 2.47, 4.45, 0.72, -0.88, 0.95, -9.67],
    ]
)
"""Of one, the logarithms of `MEASURES`, and `full`, for each of `KINDS`.

Softmax regression on 286 photographs, 720 drawings and plots, 262 screenshots and 120 pages of text, each in
up to five versions (size, JPEG quality); docs/validators.md names them and has the figures of pictures that
were held out.
"""


class GraphicOptions(BaseModel):
    """How much a picture has to look like a photograph."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    threshold: float = Field(
        default=0.05,
        ge=0,
        le=1,
        description="Least likeness to a photograph; 0 lets drawings, screenshots and text pass.",
    )


def measured(image: Image) -> dict[str, Any]:
    """The measures of `look`, as they are stored: rounded, with the kind that is most likely."""
    found = {name: round(share, 4) for name, share in look(image.pixels, image.grey).items()}
    likely = likelihoods(found)
    return {"kind": max(KINDS, key=lambda kind: likely[kind]), **found}


def look(pixels: Pixels, grey: Pixels) -> dict[str, float]:
    """Shares, 0 to 1, of a picture (height, width, 3) and its luma (height, width).

    `flat`: pixels like all that surround them. `uneven`: how far the shades of the others are from spreading
    evenly among neighbouring shades. `hard`: hard edges among all steps between neighbours. `fine`: of the
    pixels that are not flat, those that stand out of their surroundings. `straight`: upright and level edges
    among all. `full`: pixels of full colour.
    """
    missing = [max(0, 3 - side) for side in grey.shape]
    if any(missing):  # too small for its neighbourhoods: the last line is repeated
        grey = np.pad(grey, [(0, more) for more in missing], "edge")
    spread = cv2.morphologyEx(grey, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    lively = _reaching(spread, 1)
    among = max(1, cv2.countNonZero(lively))
    every = 1 + grey.size // COUNTED
    shades = cv2.calcHist([grey[::every]], [0], lively[::every], [256], [0, 256]).ravel()
    return {
        "uneven": _uneven(shades / max(1, shades.sum())),
        **_edges(grey),
        "fine": _count(cv2.absdiff(grey, cv2.medianBlur(grey, 3)), FINE) / among,
        "flat": 1 - among / grey.size,
        "full": _count(colours := chroma(few(pixels)), FULL + 1) / colours.size,
    }


def _uneven(shades: Array) -> float:
    smooth = np.convolve(np.pad(shades, SMOOTH // 2, mode="reflect"), np.ones(SMOOTH) / SMOOTH, "valid")
    return float(np.abs(shades - smooth).sum() / 2)


def _edges(grey: Array) -> dict[str, float]:
    across, down = cv2.absdiff(grey[:, 1:], grey[:, :-1]), cv2.absdiff(grey[1:], grey[:-1])
    steps = cv2.countNonZero(across) + cv2.countNonZero(down)
    across, down = across[:-1], down[:, :-1]
    edge = _reaching(cv2.max(across, down), EDGE)
    slanted = cv2.bitwise_and(edge, _reaching(cv2.min(across, down), 3))
    return {
        "hard": (_count(across, HARD) + _count(down, HARD)) / max(1, steps),
        "straight": 1 - cv2.countNonZero(slanted) / edges if (edges := cv2.countNonZero(edge)) else 0.0,
    }


def _count(levels: Array, least: int) -> int:
    return cv2.countNonZero(_reaching(levels, least))


def _reaching(levels: Array, least: int) -> Array:
    """255 where levels are at least so great, else 0."""
    return cv2.threshold(levels, least - 1, 255, cv2.THRESH_BINARY)[1]


def likelihoods(measures: Mapping[str, Any]) -> dict[str, float]:
    """How likely each of `KINDS` is by the measures of `look`; they sum to 1."""
    logs = np.log(np.array([measures[name] for name in MEASURES]) + SMALL)
    logits = WEIGHTS @ np.concatenate([[1.0], logs, [measures["full"]]])
    likely = np.exp(logits - logits.max())
    return dict(zip(KINDS, (likely / likely.sum()).tolist(), strict=True))


def build(options: GraphicOptions) -> Check:
    """The check with its options."""
    return ScoreCheck(
        measured=measured,
        scored=lambda measures: likelihoods(measures)["photo"],
        reason="not-a-photograph",
        told=lambda measures: f"it looks like a {measures['kind']}",
        threshold=options.threshold,
    )


@hookimpl
def register_validators() -> Iterator[Validator]:
    """The check `graphic`."""
    yield Validator(
        name="graphic",
        summary="photograph, or drawing, screenshot or text",
        tier=Tier.MEDIUM,
        order=400,
        options=GraphicOptions,
        build=build,
    )
