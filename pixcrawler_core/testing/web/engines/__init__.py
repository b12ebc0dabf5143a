"""Simulated sources, one module each: `/NAME/...` on any host of the simulated web is theirs."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator

from pixcrawler_core.testing.web.collection import Collection
from pixcrawler_core.testing.web.engine import Engine


def names() -> list[str]:
    """Names of the simulated sources that have a module here."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def engines(collection: Collection, port: int) -> Iterator[Engine]:
    """The simulated sources over a collection."""
    for name in names():
        module = importlib.import_module(f"{__name__}.{name}")
        yield module.Simulated(collection, port)
