"""How likely a picture is not safe for work, by Yahoo's Open NSFW (2016)."""

from __future__ import annotations

import cv2
import numpy as np

from pixcrawler_core.detectors.found import DIGITS, Session, shrunk
from pixcrawler_core.detectors.memory import once
from pixcrawler_core.image import Image, Pixels

MODEL = "open-nsfw"
WHOLE = 256
"""Pixels of the square to which a picture is stretched, as the authors did."""
SIDE = 224
"""Pixels of the middle of it, which the model sees."""
QUALITY = 75
"""Of the JPEG that the authors made of it; the model reacts to its artefacts."""
MEAN = np.array([104, 117, 123], dtype=np.float32)
"""Of blue, green and red."""


def find_nsfw(image: Image, session: Session) -> float:
    """The model's probability, 0 to 1, that the image is not safe for work; asked once an image."""
    return once(image, (MODEL, session), lambda: detect(image.pixels, session))


def detect(pixels: Pixels, session: Session) -> float:
    """The probability for upright RGB pixels."""
    edge = (WHOLE - SIDE) // 2
    square = shrunk(pixels, WHOLE, WHOLE)[edge : edge + SIDE, edge : edge + SIDE, ::-1]
    _, jpeg = cv2.imencode(".jpg", square, (cv2.IMWRITE_JPEG_QUALITY, QUALITY))
    blue_green_red = np.asarray(cv2.imdecode(jpeg, cv2.IMREAD_COLOR), dtype=np.float32)
    (probabilities,) = session.run(None, {"input:0": (blue_green_red - MEAN)[None]})
    return round(min(1.0, max(0.0, float(probabilities[0, 1]))), DIGITS)
