"""Measures what usually pleases in a picture: colours, contrast, sharpness, composition. It rejects nothing.

These are documented rules of thumb, not a model of taste: they say how colourful, contrasty and sharp a
picture is and how well its eye-catchers lie on the thirds, and their mean is no judgement of art.
"""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field

from pixcrawler_core import hookimpl
from pixcrawler_core.checks import Measures, ScoreCheck
from pixcrawler_core.components import Check, Tier, Validator
from pixcrawler_core.image import Image, Pixels

Floats = npt.NDArray[np.float64]

HIGHLY_COLOURFUL = 82.0
"""Hasler's and Süsstrunk's colourfulness of pictures that people call highly colourful: the full score."""
FULL_CONTRAST = 75.0
"""Deviation of luma that gets the full score: that of luma spread evenly over 0 to 255."""
FULL_SHARPNESS = 200.0
"""99th percentile of the Laplacian that gets the full score; a quarter of 110 photographs reach it."""
FULL_THIRDS = 0.7
"""Nearness to the thirds that gets the full score; 0.48 is that of eye-catchers all over the picture."""
SIDE = 64
"""Pixels in the side of the map of eye-catchers, as in the paper on them."""
REACH = 0.17
"""Distance, in sides of the picture, at which an eye-catcher counts 61 % of one on the crossing of thirds."""
DIGITS = 4


class AestheticOptions(BaseModel):
    """Options of the check `aesthetic`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    threshold: float = Field(
        default=0.0, ge=0, le=1, description="Least score, the mean of the four; the default only measures."
    )


def colourfulness(pixels: Pixels) -> float:
    """0 for grey, about 33 for moderately and 82 for highly colourful pictures.

    Hasler and Süsstrunk, Measuring colourfulness in natural images, SPIE 5007 (2003): deviation and mean of
    red against green and of yellow against blue.
    """
    red, green, blue = (channel.astype(np.int16) for channel in cv2.split(pixels))
    means, deviations = zip(
        *(cv2.meanStdDev(opponent) for opponent in (red - green, red + green - 2 * blue)), strict=True
    )
    halves = np.array([1.0, 0.5])
    deviation = np.hypot(*(np.array(deviations).ravel() * halves))
    mean = np.hypot(*(np.array(means).ravel() * halves))
    return float(deviation + 0.3 * mean)


def sharpness(grey: Pixels) -> float:
    """The 99th percentile of the Laplacian's size in steps of luma: how sharp the sharpest edges are."""
    edges = cv2.convertScaleAbs(cv2.Laplacian(grey, cv2.CV_16S))
    return float(np.searchsorted(np.cumsum(np.bincount(edges.ravel(), minlength=256)), 0.99 * edges.size))


def eye_catchers(grey: Pixels) -> Floats:
    """Shape (64, 64), sum 1: where the picture departs from what most of it is like.

    Hou and Zhang, Saliency Detection: A Spectral Residual Approach, CVPR 2007.
    """
    small = cv2.resize(grey, (SIDE, SIDE), interpolation=cv2.INTER_AREA).astype(np.float64)
    spectrum = np.fft.fft2(small)
    size = np.log(np.abs(spectrum) + 1e-9)
    residual = size - cv2.blur(size, (3, 3), borderType=cv2.BORDER_WRAP)
    back = np.abs(np.fft.ifft2(np.exp(residual + 1j * np.angle(spectrum)))) ** 2
    found = np.asarray(cv2.GaussianBlur(back, (0, 0), 2.5), dtype=np.float64)
    return np.asarray(found / found.sum())


def thirds(grey: Pixels) -> float:
    """0 to 1: how near the eye-catchers lie to a crossing of the lines at a third and two thirds."""
    if int(grey.max()) == int(grey.min()):
        return 0.0
    return float((eye_catchers(grey) * _NEAR_THIRDS).sum())


def _near_thirds() -> Floats:
    place = (np.arange(SIDE) + 0.5) / SIDE
    near = np.exp(-(np.minimum(abs(place - 1 / 3), abs(place - 2 / 3)) ** 2) / (2 * REACH**2))
    return np.outer(near, near)


_NEAR_THIRDS = _near_thirds()


def measure(image: Image) -> Measures:
    """`colourfulness`, `contrast` (deviation of luma), `sharpness` and `thirds`."""
    return {
        "colourfulness": round(colourfulness(image.pixels), 2),
        "contrast": round(float(cv2.meanStdDev(image.grey)[1].item()), 2),
        "sharpness": round(sharpness(image.grey), 2),
        "thirds": round(thirds(image.grey), DIGITS),
    }


def scored(measures: Measures) -> float:
    """The mean of the four, each as a share of its full score."""
    shares = (
        measures["colourfulness"] / HIGHLY_COLOURFUL,
        measures["contrast"] / FULL_CONTRAST,
        measures["sharpness"] / FULL_SHARPNESS,
        measures["thirds"] / FULL_THIRDS,
    )
    return round(float(np.clip(shares, 0, 1).mean()), DIGITS)


def told(measures: Measures) -> str:
    """The figures."""
    return ", ".join(f"{name} {value:g}" for name, value in measures.items())


def build(options: AestheticOptions) -> Check:
    """The check with its options."""
    return ScoreCheck(measured=measure, scored=scored, reason="plain", told=told, threshold=options.threshold)


@hookimpl
def register_validators() -> Iterator[Validator]:
    """The check `aesthetic`."""
    yield Validator(
        name="aesthetic",
        summary="rules of thumb for what pleases: colours, contrast, sharpness, thirds",
        tier=Tier.SLOW,
        order=320,
        options=AestheticOptions,
        build=build,
    )
