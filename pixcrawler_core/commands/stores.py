"""What all `pixcrawler storage` commands share: which store is meant, which part of it, and who is told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pixcrawler_core.catalog.database import describe, reported
from pixcrawler_core.commands.paths import visible
from pixcrawler_core.config.load import load_events, load_storage
from pixcrawler_core.errors import ConfigError
from pixcrawler_core.events.noting import noted, tell
from pixcrawler_core.events.sinks import Sinks
from pixcrawler_core.storage.bookkeeping import Books
from pixcrawler_core.storage.errors import ObjectMissing
from pixcrawler_core.storage.opening import SETTINGS, opened, store_name
from pixcrawler_core.storage.pushing import stats_of
from pixcrawler_core.storage.rehydrating import Rehydrations
from pixcrawler_core.storage.units import BLOBS, DATASETS, EXPORTS, Unit
from pixcrawler_core.workspace import Workspace

if TYPE_CHECKING:
    from pixcrawler_core.cli import Context
    from pixcrawler_core.config.storage import StorageTable
    from pixcrawler_core.storage.protocols import Store

NOBODY = Sinks({})


@dataclass(frozen=True, kw_only=True)
class Place:
    """The store that a command works with, and who is told of it."""

    context: Context
    name: str
    store: Store
    table: StorageTable
    sinks: Sinks

    def note(self, action: str, details: Mapping[str, Any]) -> None:
        """Note in the workspace's log what was done, and tell the sinks. Raises WorkspaceError."""
        note(self.context, action, {"store": self.name, **details}, self.sinks)

    @property
    def has_catalog(self) -> bool:
        """Whether there is a catalog that can have rehydrations of it."""
        return has_catalog(self.context)

    @contextmanager
    def rehydrations(self) -> Iterator[Rehydrations]:
        """What is on its way out of its archive, in the catalog, which is made. Raises WorkspaceError."""
        with catalog_of(self.context) as workspace:
            yield Rehydrations(workspace.open(), self.store, self.name, self.sinks)


def catalog_of(context: Context) -> Workspace:
    """The workspace, of which the catalog alone is needed, and no keys; not opened yet."""
    return Workspace(context.workspace, context.database)


def has_catalog(context: Context) -> bool:
    """Whether the workspace has a catalog."""
    return bool(context.database) or catalog_of(context).catalog_path.exists()


def storage_table(context: Context, config: Path | None) -> StorageTable:
    """The table `[storage]` of a file, or of the workspace's own. Raises ConfigError."""
    path = config or context.workspace / SETTINGS
    if config is None and not path.exists():
        raise ConfigError(
            f"name a file with a table [storage] with --config, or make {path}; it says what stores there are"
        )
    return load_storage(path, context.registry)


@contextmanager
def store_of(
    context: Context, config: Path | None, name: str | None, *, unseen: bool = False
) -> Iterator[Place]:
    """The store that is meant. Raises ConfigError and what the store raises.

    StoreRefused is raised as well if it has nothing of what the catalog has noted, unless that is `unseen`.
    At the end, the sinks of the table `[events]` in the same file get their time to take what is left.
    """
    table = storage_table(context, config)
    path = config or context.workspace / SETTINGS
    with (
        Sinks.build(context.registry, load_events(path, context.registry)) as sinks,
        opened(context.registry, table, path.parent, name) as store,
    ):
        place = Place(context=context, name=store_name(table, name), store=store, table=table, sinks=sinks)
        with books_of(context, place) as books:
            if books is not None and not unseen:
                books.check_there()
        yield place


@contextmanager
def books_of(context: Context, place: Place, *, alone: bool = False) -> Iterator[Books | None]:
    """The catalog's account of a store; None if there is no catalog. Raises WorkspaceError.

    `alone` says that the caller has all datasets: nobody else pushes one.
    """
    if not has_catalog(context):
        yield None
        return
    with catalog_of(context) as workspace:
        in_use = (lambda _: False) if alone else workspace.in_use
        yield Books(workspace.open(), place.store, place.name, in_use=in_use)


def settle(context: Context, place: Place, unit: str) -> None:
    """Note in the catalog, if there is one, what a store has of a unit now. Raises WorkspaceError."""
    with books_of(context, place) as books:
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


def note(context: Context, action: str, details: Mapping[str, Any], sinks: Sinks = NOBODY) -> None:
    """Note in the workspace's log what was done, if there is a catalog, and tell sinks in any case.

    Raises WorkspaceError.
    """
    if not has_catalog(context):
        tell(sinks, action, "", details)
        return
    with catalog_of(context) as workspace:
        database = workspace.open()
        with reported(f"cannot use the catalog {describe(database)}"):
            noted(sinks, action, entity="storage", details=details)
