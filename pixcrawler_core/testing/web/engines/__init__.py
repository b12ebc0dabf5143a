"""Simulated sources, one module each: `/NAME/...` on any host of the simulated web is theirs."""

from __future__ import annotations

import importlib
import pkgutil

from pixcrawler_core.testing.web.collection import Collection
from pixcrawler_core.testing.web.engine import Engine


def names() -> list[str]:
    """Names of the simulated sources that have a module here."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


class Engines:
    """The simulated sources over a collection; each is imported when it is first asked."""

    def __init__(self, collection: Collection, port: int) -> None:
        self.collection = collection
        self.port = port
        self._names = frozenset(names())
        self._made: dict[str, Engine] = {}

    def get(self, name: str) -> Engine | None:
        """The simulated source of this name, None if there is none."""
        if name not in self._names:
            return None
        if name not in self._made:
            module = importlib.import_module(f"{__name__}.{name}")
            self._made[name] = module.Simulated(self.collection, self.port)
        return self._made[name]
