"""Removes datasets: their files alone, or all there is of them with stored objects, blobs and rows."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from glob import escape
from pathlib import Path
from typing import TYPE_CHECKING

from pixcrawler_core.catalog.exported import noted
from pixcrawler_core.catalog.models import Dataset, RemovedDataset, StoredUnit
from pixcrawler_core.catalog.sql import Sql
from pixcrawler_core.config.storage import StorageTable
from pixcrawler_core.errors import ConfigError, WorkspaceError
from pixcrawler_core.provenance.versions import kept_folder, kept_versions
from pixcrawler_core.storage.bookkeeping import Books
from pixcrawler_core.storage.opening import opened
from pixcrawler_core.storage.pushing import stats_of
from pixcrawler_core.takedown.sweeping import remove_exports
from pixcrawler_server.background import Family
from pixcrawler_server.datasets import own_export, taken
from pixcrawler_server.jobs.children import remove_logs

if TYPE_CHECKING:
    from pixcrawler_core.registry import Registry
    from pixcrawler_core.workspace import Workspace

REMOVALS = "removals"
_OF_DATASET = """
SELECT l.sha256 FROM ledger_row l JOIN crawl_job j ON j.id = l.job_id
WHERE j.dataset_id {is_it} ? AND l.sha256 IS NOT NULL
"""
ALONE = f"{_OF_DATASET.format(is_it='=')} EXCEPT {_OF_DATASET.format(is_it='<>')}"
"""Digests of blobs that only this dataset has."""


class DatasetEraser:
    """Removes datasets for good. `table` is that of `storage.toml`; None where there is none."""

    def __init__(self, workspace: Workspace, registry: Registry, table: StorageTable | None) -> None:
        self._workspace, self._registry, self._table = workspace, registry, table

    def erase(self, dataset_id: str) -> None:
        """Remove a dataset; killed on the way, the next call goes on.

        Raises WorkspaceError while somebody uses it, ConfigError where a store that has objects of it is not
        configured, and the errors of stores.
        """
        database = self._workspace.open()
        with self._workspace.lock(dataset_id):
            self.erase_stored(StoredUnit.select().where(StoredUnit.dataset == dataset_id))
            place = self._workspace.exports
            exports = [path for path in noted(self._workspace, [dataset_id]) if path.parent == place]
            remove_files(self._workspace, dataset_id, exports)
            shutil.rmtree(self._workspace.indexes(None), ignore_errors=True)
            remove_logs(self._workspace.root, dataset_id)
            with self._workspace.removing():
                for (sha256,) in Sql(database).all(ALONE, (dataset_id, dataset_id)):
                    self._workspace.blobs.remove(sha256)
                    self._workspace.thumbnails.remove(sha256)
                Dataset.delete().where(Dataset.id == dataset_id).execute()

    def erase_stored(self, found: Iterable[StoredUnit]) -> None:
        """Delete what stores have of units. Raises ConfigError, and the errors of stores."""
        units = [(each.store, each.unit) for each in found]
        for name in sorted({store for store, _ in units}):
            if self._table is None or name not in self._table.stores:
                raise ConfigError(
                    f"the store {name!r} has objects that are to be erased; name it in storage.toml"
                )
            with opened(self._registry, self._table, self._workspace.root, name) as store:
                books = Books(self._workspace.open(), store, name)
                for each in (unit for own, unit in units if own == name):
                    store.delete([stat.key for stat in stats_of(store, each)])
                    books.settle(each)


class Removals:
    """Removes the files of datasets whose rows are gone; killed on the way, the next process goes on."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def family(self) -> Family:
        """This work."""
        return Family(name=REMOVALS, left=self._left, work=lambda key: self.remove(str(key)))

    def remove(self, dataset_id: str) -> None:
        """Remove what there is of a dataset. Raises Busy, and WorkspaceError."""
        found = RemovedDataset.get_or_none(RemovedDataset.id == dataset_id)
        if found is None:
            return
        with taken(self._workspace, dataset_id):
            if not Dataset.select().where(Dataset.id == dataset_id).exists():
                exports = [path for name in found.exports if (path := own_export(self._workspace, name))]
                remove_files(self._workspace, dataset_id, exports)
        RemovedDataset.delete().where(RemovedDataset.id == dataset_id).execute()

    def _left(self) -> list[tuple[str, str]]:
        return [(each.id, each.id) for each in RemovedDataset.select()]


def remove_files(workspace: Workspace, dataset_id: str, exports: list[Path]) -> None:
    """Remove a dataset's exports, versions, index and folder, and what killed processes left beside them.

    Raises WorkspaceError.
    """
    folder = workspace.dataset(dataset_id)
    list(remove_exports(exports))
    try:
        for path in (*_hidden(exports), *_versions(folder), workspace.indexes(dataset_id), folder):
            _remove(path)
    except OSError as error:
        raise WorkspaceError(f"cannot remove {error.filename}: {error.strerror or error}") from error


def _hidden(paths: list[Path]) -> Iterator[Path]:
    """What killed processes left beside these, under hidden names."""
    for path in paths:
        yield from path.parent.glob(f".{escape(path.name)}.*")


def _versions(folder: Path) -> Iterator[Path]:
    yield from (kept_folder(folder, number) for number in kept_versions(folder))
    yield from _hidden([folder])


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
