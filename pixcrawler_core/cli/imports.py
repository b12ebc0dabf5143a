"""Imports of large libraries without the garbage collector, which finds nothing in them and looks often."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

YOUNG = 20_000
"""New objects after which the collector looks at them, as long as little is garbage that only it finds: a
run keeps thousands of candidates in work, and Python's 700 are had with every few of them."""


@contextmanager
def importing() -> Iterator[None]:
    """Import in this context; what was imported is left out of all later collections (`gc.freeze`).

    Half a million objects that live as long as the process are then not looked through again and again:
    an eighth of the time of a short run.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.set_threshold(YOUNG, 10, 10)
        gc.enable()
