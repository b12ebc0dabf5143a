"""The dominant colours of a picture, their shares and their names."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from pixcrawler_core.image import Pixels

Floats = npt.NDArray[np.float64]

MOST = 5
"""Colours that are told."""
LEAST = 0.02
"""Share of the picture below which a colour is not told."""
SAMPLES = 96
"""Pixels of the shorter side that are looked at, at least."""
APART = 0.13
"""Distance in OKLab within which colours count as one; black and white are 1 apart."""

_TO_CONES = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_TO_OKLAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)
"""Both from Björn Ottosson, "A perceptual color space for image processing" (2020), for linear sRGB."""

_GREYS = (("white", 0.93), ("grey", 0.28), ("black", 0))
_GREY, _DARK, _NEARLY_WHITE = 0.035, 0.2, (0.96, 0.045)
_HUES = (
    (16, (("red", 0.38, 0.1), ("pink", 0.5, 0), ("purple", 0, 0))),
    (38, (("pink", 0.7, 0), ("red", 0, 0.13), ("brown", 0, 0))),
    (58, (("pink", 0.84, 0), ("orange", 0.58, 0.14), ("brown", 0, 0))),
    (78, (("orange", 0.66, 0.12), ("brown", 0, 0))),
    (100, (("yellow", 0.76, 0.06), ("brown", 0, 0))),
    (116, (("yellow", 0.74, 0), ("green", 0, 0))),
    (121, (("yellow", 0.86, 0.16), ("green", 0, 0))),
    (186, (("green", 0, 0),)),
    (284, (("blue", 0, 0),)),
    (326, (("purple", 0, 0),)),
    (348, (("pink", 0.62, 0), ("purple", 0, 0))),
    (360, (("pink", 0.55, 0), ("red", 0.3, 0.2), ("purple", 0, 0))),
)
"""Up to a hue in degrees: names, each with the least lightness and chroma in OKLCh, the first that fits.

Drawn by hand so as to agree with the 558 colours of the xkcd colour survey (2010, CC0) whose names end with
one of the eleven basic terms of Berlin and Kay (1969): they do for 84 % of them.
"""


def dominant(pixels: Pixels) -> list[tuple[tuple[int, int, int], float]]:
    """RGB colours of a picture (height, width, 3) and the shares of its area that are near to them.

    Shares need not sum to 1. The same picture always gets the same answer.
    """
    every = max(1, min(pixels.shape[:2]) // SAMPLES)
    colours, weights = _histogram(sample(pixels, every).reshape(-1, 3))
    places = oklab(colours)
    free = weights.copy()
    squares: list[Floats] = []  # of the distances to each centre
    while len(squares) < 2 * MOST and free.max() > 0:
        squares.append(((places - places[int(free.argmax())]) ** 2).sum(axis=1))
        free[squares[-1] < APART**2] = 0
    nearest = np.argmin(squares, axis=0)
    shares = np.bincount(nearest, weights)
    means = np.stack([np.bincount(nearest, weights * channel) for channel in colours.T], 1)
    means = np.rint(means / np.maximum(shares, 1e-9)[:, None]).astype(int)
    told = [index for index in np.argsort(-shares, kind="stable")[:MOST] if shares[index] >= LEAST]
    return [
        ((int(r), int(g), int(b)), float(share))
        for (r, g, b), share in zip(means[told], shares[told], strict=True)
    ]


def shares_of_names(pixels: Pixels) -> dict[str, tuple[float, list[str]]]:
    """Names of dominant colours, each with its share and the colours that have it as `#rrggbb`.

    Those of the largest shares come first.
    """
    found: dict[str, tuple[float, list[str]]] = {}
    for colour, share in dominant(pixels):
        known, shades = found.get(name_of(colour), (0.0, []))
        found[name_of(colour)] = min(1.0, known + share), [*shades, hex_of(colour)]
    return dict(sorted(found.items(), key=lambda each: -each[1][0]))


def _histogram(pixels: Pixels) -> tuple[Floats, Floats]:
    """Mean colour, shape (n, 3), and share of each cell of 16 levels a channel that has some of the pixels.

    Pixels have the shape (count, 3).
    """
    red, green, blue = pixels.T >> 4
    cells = (red.astype(np.intp) << 8) | (green << 4) | blue
    counts = np.bincount(cells)
    used = counts.nonzero()[0]
    sums = np.stack([np.bincount(cells, channel)[used] for channel in pixels.T], 1)
    return sums / counts[used, None], counts[used] / len(pixels)


def oklab(colours: Floats) -> Floats:
    """Lightness, a and b in OKLab of sRGB colours of 0 to 255, both of shape (n, 3)."""
    share = colours / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    lab: Floats = np.cbrt(linear @ _TO_CONES.T) @ _TO_OKLAB.T
    return lab


def name_of(colour: tuple[int, int, int]) -> str:
    """One of the eleven basic colour terms for an sRGB colour of 0 to 255."""
    lightness, a, b = oklab(np.array([colour], dtype=float))[0]
    chroma, hue = np.hypot(a, b), np.degrees(np.arctan2(b, a)) % 360
    if chroma < _GREY or (lightness > _NEARLY_WHITE[0] and chroma < _NEARLY_WHITE[1]):
        return next(name for name, light in _GREYS if lightness >= light)
    if lightness < _DARK:
        return "black"
    names = next(names for upto, names in _HUES if hue <= upto)
    return next(name for name, light, strong in names if lightness >= light and chroma >= strong)


def hex_of(colour: tuple[int, int, int]) -> str:
    """A colour of 0 to 255 as style sheets write it: `#1e63c4`."""
    return f"#{bytes(colour).hex()}"


def sample(pixels: Pixels, every: int) -> Pixels:
    """One of so many pixels of a picture (height, width, 3), across and down; no side may have fewer."""
    height, width = (side // every for side in pixels.shape[:2])
    whole = pixels[: height * every, : width * every]
    return np.asarray(cv2.resize(whole, (width, height), interpolation=cv2.INTER_NEAREST_EXACT), np.uint8)
