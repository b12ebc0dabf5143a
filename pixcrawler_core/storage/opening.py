"""Opens the stores that a table `[storage]` names."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from pixcrawler_core.components import Storage
from pixcrawler_core.errors import ConfigError

if TYPE_CHECKING:
    from pixcrawler_core.config.storage import StorageTable
    from pixcrawler_core.registry import Registry
    from pixcrawler_core.storage.protocols import Store


@contextmanager
def opened(registry: Registry, table: StorageTable, name: str | None = None) -> Iterator[Store]:
    """The store of a name, or the only one; closed afterwards.

    Raises ConfigError where several are named, or none, PluginError for its options, and what the store
    raises when it is opened.
    """
    chosen = name or _only(table)
    if chosen not in table.stores:
        there = ", ".join(table.stores) or "none"
        raise ConfigError(f"[storage] stores has no {chosen!r}; it has: {there}")
    with closing(registry.build(Storage, chosen, table.tables.get(chosen))) as store:
        yield store


def _only(table: StorageTable) -> str:
    if len(table.stores) == 1:
        return table.stores[0]
    if not table.stores:
        raise ConfigError('[storage] stores is empty; name one, such as stores = ["filesystem"]')
    raise ConfigError(f"[storage] has several stores; choose one with --store: {', '.join(table.stores)}")
