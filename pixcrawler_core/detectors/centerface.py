"""Faces by CenterFace.

Xu et al., CenterFace: Joint Face Detection and Alignment Using Face as Point, 2019.
"""

from __future__ import annotations

import numpy as np

from pixcrawler_core.detectors.found import Floats, Found, Session, apart, found, shrunk
from pixcrawler_core.detectors.memory import once
from pixcrawler_core.image import Image, Pixels

MODEL = "centerface"
NAME = "face"
SIDE = 512
"""Pixels of the longer side that the model is given at most."""
MULTIPLE = 32
STRIDE = 4
"""Pixels in the side of a cell of the outputs."""
FLOOR = 0.2
"""Least score that is told of: what to blur for privacy, where a miss is worse than a false alarm."""
OVERLAP = 0.3
"""Greatest overlap of two faces, as in the authors' code."""
MOST = 200
"""Faces that are told of at most."""
OUTPUTS = ("centres", "sizes", "offsets")


def find_faces(image: Image, session: Session) -> tuple[Found, ...]:
    """Faces with scores from `FLOOR`, the best first, at most `MOST`; asked once an image."""
    return once(image, (MODEL, session), lambda: detect(image.pixels, session))


def detect(pixels: Pixels, session: Session) -> tuple[Found, ...]:
    """Faces in upright RGB pixels; smaller pictures are not enlarged."""
    height, width = pixels.shape[:2]
    ratio = min(1.0, SIDE / max(height, width))
    small = shrunk(pixels, _side(width * ratio), _side(height * ratio))
    batch = np.ascontiguousarray(small.transpose(2, 0, 1)[None], dtype=np.float32)
    heat, sizes, offsets = session.run(OUTPUTS, {"input": batch})
    y, x = np.nonzero(heat[0, 0] >= FLOOR)
    centres = np.stack([x, y], axis=1) + np.float32(0.5) + offsets[0, ::-1, y, x]
    halves = np.exp(sizes[0, ::-1, y, x]) / 2
    corners = np.hstack([centres - halves, centres + halves]).astype(np.float32) * STRIDE
    scores: Floats = heat[0, 0, y, x]
    kept = apart(scores, corners, np.zeros(len(scores), dtype=np.intp), OVERLAP)
    size = np.array([small.shape[1], small.shape[0]] * 2, dtype=np.float32)
    return found([NAME] * len(kept), scores[kept], corners[kept] / size)[:MOST]


def _side(length: float) -> int:
    return max(1, round(length / MULTIPLE)) * MULTIPLE
