"""Makes photographs worse in known ways, each at five strengths, the same for the same seed.

A picture is a `numpy.uint8` array (height, width, 3), RGB. Blur is a share of the shorter side, since what
counts is how large it looks when the whole picture is seen; noise is in grey levels of a single pixel; light
is in stops, powers of two of linear light (IEC 61966-2-1 between it and the values of pixels). A file is
saved as JPEG of quality 90 unless the degradation says otherwise, and so is the picture it is compared with.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image as Pillow

Picture = npt.NDArray[np.uint8]
Random = np.random.Generator
QUALITY = 90
"""JPEG quality of what is not degraded by compression."""
STRENGTHS = (1, 2, 3, 4, 5)
MEDIUM = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class Degradation:
    """One way to spoil a picture."""

    name: str
    check: str
    """The check that is to notice."""
    levels: tuple[float, float, float, float, float]
    """The amount at each strength."""
    unit: str
    spoil: Callable[[Picture, float, Random], Picture]
    save: Callable[[Picture, float], bytes]

    def made(self, picture: Picture, strength: int, seed: str) -> bytes:
        """The file of a picture spoilt at a strength, 1 to 5."""
        level = self.levels[strength - 1]
        random = np.random.default_rng(list(f"{self.name}/{seed}".encode()))
        return self.save(self.spoil(picture, level, random), level)

    def clean(self, picture: Picture) -> bytes:
        """The file to compare with: the picture itself, in the same format."""
        return self.save(picture, QUALITY)


def as_jpeg(picture: Picture, quality: float = QUALITY) -> bytes:
    """A JPEG file of a quality."""
    out = io.BytesIO()
    Pillow.fromarray(picture).save(out, "JPEG", quality=round(quality))
    return out.getvalue()


def _fixed(picture: Picture, _: float) -> bytes:
    return as_jpeg(picture)


def _png_of_jpeg(picture: Picture, quality: float) -> bytes:
    """A PNG file of what a JPEG of the quality looks like."""
    out = io.BytesIO()
    with Pillow.open(io.BytesIO(as_jpeg(picture, quality))) as jpeg:
        jpeg.save(out, "PNG", compress_level=1)
    return out.getvalue()


def _unspoilt(picture: Picture, _: float, __: Random) -> Picture:
    return picture


def _side(picture: Picture) -> int:
    height, width = picture.shape[:2]
    return int(min(height, width))


def gaussian_blur(picture: Picture, share: float, _: Random) -> Picture:
    """Convolve with a Gaussian whose sigma is a share of the shorter side."""
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), share * _side(picture)), np.uint8)


def motion_blur(picture: Picture, share: float, random: Random) -> Picture:
    """Average along a line of any direction, as long as a share of the shorter side."""
    length = max(2.0, share * _side(picture))
    size = 2 * round(length / 2) + 3
    angle = random.uniform(0, np.pi)
    x, y = np.cos(angle) * length / 2, np.sin(angle) * length / 2
    start, end = ([round(256 * (size // 2 + sign * value)) for value in (x, y)] for sign in (-1, 1))
    kernel = cv2.line(np.zeros((size, size), np.uint8), start, end, 255, 1, cv2.LINE_AA, shift=8)
    return _filtered(picture, np.asarray(kernel, np.float64))


def defocus(picture: Picture, share: float, _: Random) -> Picture:
    """Average over a disc, the image of a point out of focus; its radius is a share of the shorter side."""
    radius = share * _side(picture)
    size = 2 * int(np.ceil(radius)) + 1
    rows, columns = np.ogrid[:size, :size]
    distance = np.hypot(rows - size // 2, columns - size // 2)
    return _filtered(picture, np.clip(radius + 0.5 - distance, 0, 1))


def _filtered(picture: Picture, kernel: npt.NDArray[np.float64]) -> Picture:
    blurred = cv2.filter2D(picture, -1, kernel / kernel.sum(), borderType=cv2.BORDER_REFLECT_101)
    return np.asarray(blurred, np.uint8)


def gaussian_noise(picture: Picture, sigma: float, random: Random) -> Picture:
    """Add normal noise of `sigma` grey levels to each value of each pixel."""
    noisy = picture + random.normal(0, sigma, picture.shape)
    return np.clip(np.rint(noisy), 0, 255).astype(np.uint8)


def salt_and_pepper(picture: Picture, share: float, random: Random) -> Picture:
    """Turn a share of the pixels black or white."""
    chance = random.random(picture.shape[:2])
    noisy = picture.copy()
    noisy[chance < share] = 0
    noisy[chance < share / 2] = 255
    return noisy


def exposed(picture: Picture, stops: float, _: Random) -> Picture:
    """Multiply linear light by two to the power of `stops`; what is beyond white is lost."""
    values = np.arange(256) / 255
    linear = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    light = np.clip(linear * 2.0**stops, 0, 1)
    coded = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
    return np.asarray(np.rint(coded * 255).astype(np.uint8)[picture], np.uint8)


DEGRADATIONS = (
    Degradation(
        name="Gaussian blur",
        check="blur",
        levels=(0.001, 0.002, 0.004, 0.008, 0.016),
        unit="sigma / shorter side",
        spoil=gaussian_blur,
        save=_fixed,
    ),
    Degradation(
        name="motion blur",
        check="blur",
        levels=(0.005, 0.01, 0.02, 0.04, 0.08),
        unit="length / shorter side",
        spoil=motion_blur,
        save=_fixed,
    ),
    Degradation(
        name="defocus",
        check="blur",
        levels=(0.002, 0.004, 0.008, 0.016, 0.032),
        unit="radius / shorter side",
        spoil=defocus,
        save=_fixed,
    ),
    Degradation(
        name="Gaussian noise",
        check="noise",
        levels=(5, 10, 20, 35, 50),
        unit="sigma, grey levels",
        spoil=gaussian_noise,
        save=_fixed,
    ),
    Degradation(
        name="salt and pepper",
        check="noise",
        levels=(0.002, 0.005, 0.01, 0.03, 0.1),
        unit="share of pixels",
        spoil=salt_and_pepper,
        save=_fixed,
    ),
    Degradation(
        name="dark",
        check="exposure",
        levels=(-1, -2, -3, -4, -5),
        unit="stops",
        spoil=exposed,
        save=_fixed,
    ),
    Degradation(
        name="light",
        check="exposure",
        levels=(0.75, 1.5, 2.25, 3, 3.75),
        unit="stops",
        spoil=exposed,
        save=_fixed,
    ),
    Degradation(
        name="JPEG",
        check="compression",
        levels=(50, 30, 20, 10, 5),
        unit="quality",
        spoil=_unspoilt,
        save=as_jpeg,
    ),
    Degradation(
        name="JPEG, then PNG",
        check="compression",
        levels=(50, 30, 20, 10, 5),
        unit="quality",
        spoil=_unspoilt,
        save=_png_of_jpeg,
    ),
)
