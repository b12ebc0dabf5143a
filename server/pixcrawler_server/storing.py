"""What is done with datasets in stores, in the background: pushed, moved between tiers, brought back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any
from uuid import UUID

from pixcrawler_core.catalog.models import Dataset, Export, ExportStatus, Project, Task
from pixcrawler_core.catalog.tombstones import barred
from pixcrawler_core.errors import DatasetError, WorkspaceError
from pixcrawler_core.exports.volumes import files_of
from pixcrawler_core.storage.accounting import Usage, usage
from pixcrawler_core.storage.bookkeeping import Books
from pixcrawler_core.storage.encryption.store import EncryptedStore
from pixcrawler_core.storage.errors import ObjectArchived, ObjectMissing
from pixcrawler_core.storage.protocols import Priority, StorageTier
from pixcrawler_core.storage.pushing import Push, stats_of
from pixcrawler_core.storage.units import DATASETS, EXPORTS, Unit, dataset_ids, units
from pixcrawler_server.background import Busy, Stopped
from pixcrawler_server.datasets import own_export

if TYPE_CHECKING:
    from peewee import Database

    from pixcrawler_core.storage.protocols import Store
    from pixcrawler_core.workspace import Workspace
    from pixcrawler_server.stores import Stores


@dataclass(frozen=True, kw_only=True)
class Storing:
    """Does tasks on stores; whoever calls has the lock of the dataset."""

    workspace: Workspace
    stores: Stores
    database: Database
    stopping: Event

    def push(self, task: Task) -> Mapping[str, Any]:
        """Bring a dataset, its exports, or both into a store, within the quota of its owner."""
        dataset_id, name = task.dataset_id or "", task.options["store"]
        store = self.stores.of_user(name, _user_of(dataset_id))
        books = Books(self.database, store, name)
        try:
            attending = self.workspace.attend()
        except WorkspaceError as error:
            raise Busy(dataset_id) from error
        with attending:
            kept_out = barred(self.database).__contains__
            return {
                unit: self._pushed(store, books, Push(store, path, unit, kept_out))
                for unit, path in self._places(dataset_id, task.options["what"])
            }

    def move(self, task: Task) -> Mapping[str, Any]:
        """Move what a store has of a dataset to a tier; out of the archive it only begins to come."""
        name, tier = task.options["store"], StorageTier(task.options["tier"])
        store = self.stores.get(name)
        found = self._units(store, task.dataset_id or "")
        for unit in found:
            store.set_tier([stat.key for stat in unit.stats], tier)
            Books(self.database, store, name).settle(unit.name)
        return {"units": [unit.name for unit in found], "bytes": sum(unit.size for unit in found)}

    def rehydrate(self, task: Task) -> Mapping[str, Any]:
        """Begin to bring what a store has of a dataset out of the archive."""
        name, priority = task.options["store"], Priority(task.options["priority"])
        store = self.stores.get(name)
        found = self._units(store, task.dataset_id or "")
        keys = [stat.key for unit in found for stat in unit.archived]
        told = store.rehydrate(keys, priority) if keys else ()
        for unit in found:
            Books(self.database, store, name).settle(unit.name)
        ready = max((each.ready_at for each in told if each.ready_at), default=None)
        return {"objects": len(keys), "ready_at": ready and f"{ready:%Y-%m-%dT%H:%M:%SZ}"}

    def usages(self, dataset_id: str, name: str) -> list[Usage]:
        """What a store has of a dataset and its exports; for threads that are not the catalog's."""
        try:
            return [usage(unit) for unit in units_of(self.stores.get(name), dataset_id)]
        finally:
            self.database.close()  # this thread's

    def _units(self, store: Store, dataset_id: str) -> list[Unit]:
        found = list(units_of(store, dataset_id))
        if not found:
            raise ObjectMissing(f"the store has nothing of the dataset {dataset_id!r}; push it first")
        return found

    def _places(self, dataset_id: str, what: list[str]) -> Iterator[tuple[str, Path]]:
        """The names of units, and what is to be there."""
        folder = self.workspace.dataset(dataset_id)
        if "dataset" in what:
            if not folder.is_dir():
                raise DatasetError(f"the dataset {dataset_id!r} has no files yet")
            yield f"{DATASETS}/{folder.name}", folder
        if "exports" in what:
            ready = (Export.dataset == dataset_id) & (Export.status == ExportStatus.READY)
            for export in Export.select().where(ready).order_by(Export.id):
                yield from self._export(own_export(self.workspace, export.path))

    def _export(self, path: Path | None) -> Iterator[tuple[str, Path]]:
        if path is None or not path.exists():
            return
        for each in [path] if path.is_dir() else files_of(path):
            yield f"{EXPORTS}/{each.name}", each

    def _pushed(self, store: Store, books: Books, push: Push) -> dict[str, int]:
        told = {"files": 0, "sent": 0, "bytes": 0}
        with closing(books.push(push)) as sending:
            for sent in sending:
                told["files"] += 1
                told["sent"] += sent.new
                told["bytes"] += sent.size * sent.new
                if self.stopping.is_set():
                    raise Stopped
        if isinstance(store, EncryptedStore):
            _adopt(store, push.name)
        return told


def _user_of(dataset_id: str) -> UUID | None:
    """Who owns the project of a dataset; None for one in no project."""
    project: Project | None = Project.select().join(Dataset).where(Dataset.id == dataset_id).first()
    return project.owner_id if project else None


def _adopt(store: EncryptedStore, unit: str) -> None:
    """Have what was there before encrypted by the user's data key as well, but for what is archived."""
    for stat in stats_of(store, unit):
        with suppress(ObjectArchived):
            store.adopt(stat.key)


def units_of(store: Store, dataset_id: str) -> Iterator[Unit]:
    """What a store has of a dataset, of its versions and of its exports."""
    for kind in (DATASETS, EXPORTS):
        for unit in units(store.list(f"{kind}/dataset-{dataset_id}")):
            if _owner(unit.name) == dataset_id:
                yield unit


def _owner(unit: str) -> str | None:
    """The dataset to which a unit belongs: of those that there are, the likeliest by the name."""
    there = (each for each in dataset_ids(unit) if Dataset.select().where(Dataset.id == each).exists())
    return next(there, None)
