"""What all `pixcrawler storage` commands share: which store is meant, and which part of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from pixcrawler_core.catalog import audit
from pixcrawler_core.catalog.database import describe, reported
from pixcrawler_core.commands.paths import visible
from pixcrawler_core.config.load import load_storage
from pixcrawler_core.errors import ConfigError
from pixcrawler_core.storage.bookkeeping import Books
from pixcrawler_core.storage.errors import ObjectMissing
from pixcrawler_core.storage.opening import SETTINGS, opened, store_name
from pixcrawler_core.storage.pushing import stats_of
from pixcrawler_core.storage.units import BLOBS, DATASETS, EXPORTS, Unit
from pixcrawler_core.workspace import Workspace

if TYPE_CHECKING:
    from pixcrawler_core.cli import Context
    from pixcrawler_core.config.storage import StorageTable
    from pixcrawler_core.storage.protocols import Store


def storage_table(context: Context, config: Path | None) -> StorageTable:
    """The table `[storage]` of a file, or of the workspace's own. Raises ConfigError."""
    path = config or context.workspace / SETTINGS
    if config is None and not path.exists():
        raise ConfigError(
            f"name a file with a table [storage] with --config, or make {path}; it says what stores there are"
        )
    return load_storage(path, context.registry)


class Chosen(NamedTuple):
    """A store that is open, and how it was configured."""

    store: Store
    table: StorageTable
    name: str


@contextmanager
def store_of(context: Context, config: Path | None, name: str | None) -> Iterator[Chosen]:
    """The store that is meant. Raises ConfigError and what the store raises."""
    table = storage_table(context, config)
    with opened(context.registry, table, (config or context.workspace / SETTINGS).parent, name) as store:
        yield Chosen(store, table, store_name(table, name))


@contextmanager
def books_of(context: Context, chosen: Chosen) -> Iterator[Books | None]:
    """The catalog's account of a store; None if there is no catalog. Raises WorkspaceError."""
    workspace = Workspace(context.workspace, context.database)  # its catalog alone is needed, and no keys
    if not (context.database or workspace.catalog_path.exists()):
        yield None
        return
    with workspace:
        yield Books(workspace.open(), chosen.store, chosen.name)


def settle(context: Context, chosen: Chosen, unit: str) -> None:
    """Note in the catalog, if there is one, what a store has of a unit now. Raises WorkspaceError."""
    with books_of(context, chosen) as books:
        if books is not None:
            books.settle(unit)


def unit_of_name(store: Store, text: str) -> Unit:
    """The dataset or export of a name, with or without what stands before it. Raises ObjectMissing."""
    names = (text, f"{DATASETS}/{text}", f"{DATASETS}/dataset-{text}", f"{EXPORTS}/{text}")
    for name in names:
        kind, _, rest = name.partition("/")
        whole = (kind in (DATASETS, EXPORTS) and rest and "/" not in rest) or name == BLOBS
        if whole and (stats := stats_of(store, name)):
            return Unit(name=name, stats=stats)
    raise ObjectMissing(f"the store has no {visible(text)!r}; look what it has with pixcrawler storage ls")


def note(context: Context, action: str, details: Mapping[str, Any]) -> None:
    """Note in the workspace's log what was done, if there is a catalog. Raises WorkspaceError."""
    workspace = Workspace(context.workspace, context.database)  # its catalog alone is needed, and no keys
    if not (context.database or workspace.catalog_path.exists()):
        return
    with workspace:
        database = workspace.open()
        with reported(f"cannot use the catalog {describe(database)}"):
            audit.record(action, entity="storage", details=details)
