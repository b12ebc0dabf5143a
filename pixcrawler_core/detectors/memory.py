"""Keeps what a model said of an image for as long as the image is in use, so that it is asked once."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from pixcrawler_core.image import Image

T = TypeVar("T")

_LOCK = Lock()
_KNOWN: WeakKeyDictionary[Image, dict[Hashable, Any]] = WeakKeyDictionary()


def once(image: Image, key: Hashable, find: Callable[[], T]) -> T:
    """What `find` gave for this image and key when it was first asked; forgotten with the image.

    `key` names the question, and holds whatever the answer depends on beside the image. An exception is not
    kept. As for all that belongs to an image, one thread at a time may ask.
    """
    with _LOCK:
        known = _KNOWN.setdefault(image, {})
    if key not in known:
        known[key] = find()
    found: T = known[key]
    return found
