"""Alters photographs as the web does, in ways that leave them the same picture; the same for the same seed.

A picture is a `numpy.uint8` array (height, width, 3), RGB. What is drawn by chance (where a crop lies, which
way it turns, which words, which colours) is drawn anew for each alteration of each picture; all pictures draw
from the same few words, so that different pictures have the same writing on them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from accuracy.degradations import QUALITY, Picture, Random, as_jpeg

Alter = Callable[[Picture, Random], Picture]
WORDS = ("SALE", "PREVIEW", "SAMPLE", "Monday mood", "stockphoto")
FONT = cv2.FONT_HERSHEY_DUPLEX
WIDTH = 0.8
"""Of the picture's width, that of the writing."""
BRIGHTER = 1.4
CAST = 0.25
"""The red and the blue channel become so much stronger and weaker, or weaker and stronger."""


@dataclass(frozen=True, slots=True)
class Alteration:
    """One way, or several in turn, and the JPEG quality of what comes out."""

    name: str
    steps: tuple[Alter, ...]
    quality: int = QUALITY

    def made(self, picture: Picture, seed: str) -> bytes:
        """The file of an altered picture."""
        random = np.random.default_rng(list(f"{self.name}/{seed}".encode()))
        for step in self.steps:
            picture = step(picture, random)
        return as_jpeg(picture, self.quality)


def halved(picture: Picture, _: Random) -> Picture:
    """Half as wide and half as high."""
    height, width = picture.shape[:2]
    return _cv(cv2.resize(picture, (width // 2, height // 2), interpolation=cv2.INTER_AREA))


def cropped(share: float) -> Alter:
    """A part that has a share of the width and of the height, anywhere."""

    def crop(picture: Picture, random: Random) -> Picture:
        height, width = (round(share * length) for length in picture.shape[:2])
        top = int(random.integers(0, picture.shape[0] - height + 1))
        left = int(random.integers(0, picture.shape[1] - width + 1))
        return picture[top : top + height, left : left + width]

    return crop


def mirrored(picture: Picture, _: Random) -> Picture:
    """Left and right exchanged."""
    return picture[:, ::-1]


def turned(picture: Picture, random: Random) -> Picture:
    """By 90 degrees, either way."""
    return _cv(np.rot90(picture, int(random.choice((1, 3)))))


def tilted(picture: Picture, random: Random) -> Picture:
    """By 5 degrees, either way, within the same frame; the corners are black."""
    height, width = picture.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), float(random.choice((-5, 5))), 1)
    return _cv(cv2.warpAffine(picture, matrix, (width, height), flags=cv2.INTER_LINEAR))


def brighter(picture: Picture, _: Random) -> Picture:
    """All values times 1.4; what is beyond white is lost."""
    return _cv(np.clip(np.rint(picture * BRIGHTER), 0, 255))


def greyed(picture: Picture, _: Random) -> Picture:
    """Without colours."""
    return np.repeat(_cv(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY))[..., np.newaxis], 3, axis=2)


def written(picture: Picture, random: Random) -> Picture:
    """A word over most of the width, in white, at any height."""
    picture = picture.copy()
    height, width = picture.shape[:2]
    word = str(random.choice(WORDS))
    (length, tall), _ = cv2.getTextSize(word, FONT, 1, 2)
    scale = WIDTH * width / length
    place = (
        round((1 - WIDTH) / 2 * width),
        round(random.uniform(min(tall * scale, 0.9 * height), 0.95 * height)),
    )
    return _cv(cv2.putText(picture, word, place, FONT, scale, (255, 255, 255), round(3 * scale), cv2.LINE_AA))


def framed(picture: Picture, random: Random) -> Picture:
    """A border of one colour, as wide as a tenth of the shorter side."""
    side = round(min(picture.shape[:2]) / 10)
    colours = np.stack([np.zeros(3), np.full(3, 255), random.integers(0, 256, 3)])
    colour = random.choice(colours).tolist()
    return _cv(cv2.copyMakeBorder(picture, side, side, side, side, cv2.BORDER_CONSTANT, value=colour))


def tinted(picture: Picture, random: Random) -> Picture:
    """Warmer or colder by a quarter."""
    warmer = CAST * random.choice((-1, 1))
    return _cv(np.clip(np.rint(picture * (1 + warmer, 1, 1 - warmer)), 0, 255))


def _cv(picture: object) -> Picture:
    return np.asarray(picture, np.uint8)


ALTERATIONS = (
    Alteration("half size", (halved,)),
    Alteration("JPEG of quality 30", (), 30),
    Alteration("crop to 80 %", (cropped(0.8),)),
    Alteration("crop to 60 %", (cropped(0.6),)),
    Alteration("mirrored", (mirrored,)),
    Alteration("turned by 90°", (turned,)),
    Alteration("turned by 5°", (tilted,)),
    Alteration("brightness x 1.4", (brighter,)),
    Alteration("grey", (greyed,)),
    Alteration("big text", (written,)),
    Alteration("border of 10 %", (framed,)),
    Alteration("colour cast", (tinted,)),
    Alteration("crop to 80 %, JPEG of quality 40", (cropped(0.8),), 40),
    Alteration("mirrored, brightness x 1.4", (mirrored, brighter)),
    Alteration("half size, big text", (halved, written)),
)
