"""Whether two pictures are the same picture, told by details that lie in the same places in both.

Corners with a description (ORB: Rublee, Rabaud, Konolige, Bradski, ICCV 2011) are matched by Lowe's ratio
test (IJCV 2004), and RANSAC (Fischler and Bolles, 1981) finds how one picture was moved, turned, cropped or
scaled to become the other. Then both are laid upon each other and compared tile by tile: the details of a
writing or a logo that two pictures share lie in the same places too, but the rest does not agree. The
constants were chosen on the half of the photographs that benchmarks/accuracy/duplicates.py sets aside for it.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock

import cv2
import numpy as np
import numpy.typing as npt

from pixcrawler_core.image import Image, Pixels

Floats = npt.NDArray[np.float32]
Matrix = npt.NDArray[np.float64]

SIDE = 480
"""Pixels of the longer side at which corners are looked for, whatever the picture has."""
POINTS = 1000
"""Corners that are described, the strongest."""
CONTRAST = 8
"""Grey levels by which a corner differs from what surrounds it, at least: skies and fog have some, too."""
MARGIN = 15
"""Pixels at the edge of a picture in which no corner counts."""
NARROW = 32
"""Pixels of the shorter side below which no corners are looked for."""
RATIO = 0.8
"""A match must be nearer by so much than the second best one."""
REACH = 4.0
"""Pixels by which a match may miss its place."""
INLIERS = 8
"""Matches in their places, at least; 816 pairs of different pictures that look alike had up to 6."""
ROUNDS = 2000
CONFIDENCE = 0.995
ZOOM = 5.0
"""How much larger one may be than the other, at most, when both have the same longer side."""
STRETCH = 1.6
"""How much more it may be stretched one way than across it."""
SMALL = 240
"""Pixels of the longer side at which pictures are laid upon each other."""
TILE = 16
"""Pixels of the side of a tile there."""
PLAIN = 4.0
"""Deviation, in grey levels, up to which a tile shows nothing; one that is plain in both does not count."""
OVERLAP = 0.9
"""Share of one of the two pictures that the other one covers, at least."""
AGREEMENT = 0.5
"""Mean correlation of the tiles, at least. A word across one picture leaves 0.5 or more; of 615 pairs of
different pictures whose same words lay upon each other one had as much."""
REMEMBERED = 256
"""Pictures whose details are kept in memory, 90 kB each."""


@dataclass(frozen=True, eq=False, slots=True)
class Details:
    """What is compared of a picture."""

    points: Floats
    """Corners, shape (n, 2): across and down, in pixels at the size of `SIDE`."""
    descriptors: Pixels
    """256 bits of each, shape (n, 32)."""
    small: Pixels
    """The picture itself, grey, at the size of `SMALL`."""


def confirmed(image: Image, other: Image) -> bool:
    """Whether two images show the same picture: resized, compressed, cropped, turned by any angle, mirrored,
    in other colours, with a border, or with a writing or logo on it.

    The same two images always get the same answer, in either order. Of pictures without details only equal
    files are the same. Raises DecodeError and WorkspaceError as `Image.grey` does.
    """
    if image.sha256 == other.sha256:
        return True
    one, two = sorted((image, other), key=lambda each: each.sha256)
    return any(
        same(_MEMORY.details(one, mirrored), _MEMORY.details(two, False)) for mirrored in (False, True)
    )


def details(grey: Pixels) -> Details:
    """The details of a grey picture of any size."""
    sized = _sized(grey, SIDE)
    points, descriptors = np.empty((0, 2), np.float32), np.empty((0, 32), np.uint8)
    if min(sized.shape) >= NARROW:
        orb = cv2.ORB.create(nfeatures=POINTS, fastThreshold=CONTRAST, edgeThreshold=MARGIN)
        corners, described = orb.detectAndCompute(sized, None)
        if corners:
            points = np.array([corner.pt for corner in corners], np.float32)
            descriptors = np.asarray(described, np.uint8)
    return Details(points, descriptors, _sized(grey, SMALL))


def same(one: Details, other: Details) -> bool:
    """Whether the details are those of the same picture, neither of them mirrored."""
    matrix = _moved(*_matched(one, other))
    return matrix is not None and _plausible(matrix) and _agree(one.small, other.small, matrix)


def _sized(grey: Pixels, side: int) -> Pixels:
    """A picture made so large that its longer side has so many pixels."""
    scale = side / max(grey.shape)
    width, height = (max(1, round(length * scale)) for length in grey.shape[::-1])
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(grey, (width, height), interpolation=how), np.uint8)


def _matched(one: Details, other: Details) -> tuple[Floats, Floats]:
    """Places of corners in one picture and in the other that are alike, each corner at most once."""
    if min(len(one.points), len(other.points)) < INLIERS:
        return one.points[:0], other.points[:0]
    best: dict[int, cv2.DMatch] = {}
    pairs: Sequence[Sequence[cv2.DMatch]] = cv2.BFMatcher(cv2.NORM_HAMMING).knnMatch(
        one.descriptors, other.descriptors, k=2
    )
    for first, second in pairs:
        known = best.get(first.trainIdx)
        if first.distance < RATIO * second.distance and (known is None or first.distance < known.distance):
            best[first.trainIdx] = first
    return one.points[[match.queryIdx for match in best.values()]], other.points[list(best)]


def _moved(places: Floats, others: Floats) -> Matrix | None:
    """The affine map from one picture into the other that most matches obey; None if it is too few.

    OpenCV seeds this RANSAC itself, always alike.
    """
    if len(places) < INLIERS:
        return None
    matrix, inliers = cv2.estimateAffine2D(
        places, others, method=cv2.RANSAC, ransacReprojThreshold=REACH, maxIters=ROUNDS, confidence=CONFIDENCE
    )
    return np.asarray(matrix, np.float64) if int(inliers.sum()) >= INLIERS else None


def _plausible(matrix: Matrix) -> bool:
    """Whether a picture may become another one by it: not mirrored, and not scaled or stretched wildly."""
    if not np.isfinite(matrix).all() or np.linalg.det(matrix[:, :2]) <= 0:
        return False
    longer, shorter = map(float, np.linalg.svd(matrix[:, :2], compute_uv=False))
    return shorter >= 1 / ZOOM and longer <= min(ZOOM, STRETCH * shorter)


def _agree(one: Pixels, other: Pixels, matrix: Matrix) -> bool:
    """Whether the pictures look alike where one lies upon the other, and enough of them does."""
    matrix = matrix.copy()
    matrix[:, 2] *= SMALL / SIDE
    height, width = one.shape
    laid, cover = (
        np.asarray(
            cv2.warpAffine(each, matrix, (width, height), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
        )
        for each in (other, np.full_like(other, 255))
    )
    covered = int((cover > 127).sum())
    if covered < OVERLAP * min(one.size, other.size / float(np.linalg.det(matrix[:, :2]))):
        return False
    return _correlation(one.astype(np.float32), laid.astype(np.float32), cover > 250) >= AGREEMENT


def _correlation(one: Floats, other: Floats, cover: npt.NDArray[np.bool_]) -> float:
    """Mean correlation of the covered tiles that show something in one picture at least; 0 if none does."""
    first, second = _tiled(one), _tiled(other)
    whole = _tiled(cover).all(axis=1)
    first, second = (each[whole] - each[whole].mean(axis=1, keepdims=True) for each in (first, second))
    squares = [np.einsum("ij,ij->i", each, each) for each in (first, second)]
    shown = np.maximum(*squares) > PLAIN**2 * TILE**2
    if not shown.any():
        return 0.0
    products = np.einsum("ij,ij->i", first, second) / np.sqrt(np.maximum(squares[0] * squares[1], 1e-6))
    return float(products[shown].mean())


def _tiled(values: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
    """The values of each whole tile in a row."""
    rows, columns = (length // TILE for length in values.shape)
    cut = values[: rows * TILE, : columns * TILE].reshape(rows, TILE, columns, TILE)
    return cut.swapaxes(1, 2).reshape(rows * columns, TILE * TILE)


class _Memory:
    """The details of the pictures that were asked for last, by the digest of their bytes."""

    def __init__(self) -> None:
        self._held: OrderedDict[tuple[str, bool], Details] = OrderedDict()
        self._lock = Lock()

    def details(self, image: Image, mirrored: bool) -> Details:
        """The details of an image, or of its mirror image."""
        key = image.sha256, mirrored
        with self._lock:
            if key in self._held:
                self._held.move_to_end(key)
                return self._held[key]
        found = details(np.ascontiguousarray(image.grey[:, ::-1]) if mirrored else image.grey)
        with self._lock:
            self._held[key] = found
            if len(self._held) > REMEMBERED:
                self._held.popitem(last=False)
        return found


_MEMORY = _Memory()
