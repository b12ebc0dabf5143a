"""Makes the files of the store out of those of packages: the same bytes on every run.

A converter is a module here with `convert(members) -> bytes`, where `members` are the bytes of the source
files by name. The manifest names it, and has the SHA-256 that must come out.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping

from pixcrawler_core.errors import AiMissing

Convert = Callable[[Mapping[str, bytes]], bytes]
"""Raises ModelError for source files that it does not know how to read."""


def converter(name: str) -> Convert:
    """The converter of a name. Raises AiMissing when a library that it needs is not installed."""
    try:
        module = importlib.import_module(f"{__name__}.{name}")
    except ModuleNotFoundError as error:
        raise AiMissing(
            f"the model converter {name!r} needs {error.name}: pip install 'pixcrawler[ai]'"
        ) from error
    convert: Convert = module.convert
    return convert
