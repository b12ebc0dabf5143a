"""The folder in which everything lies: the catalog, the blobs, the datasets and the exports."""

from __future__ import annotations

import os
import re
import secrets
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from peewee import Database

from pixcrawler_core.blobs.store import BlobStore
from pixcrawler_core.catalog.database import connect
from pixcrawler_core.catalog.locking import FileLock, HeldError
from pixcrawler_core.catalog.migrate import upgrade
from pixcrawler_core.catalog.models import bind
from pixcrawler_core.errors import WorkspaceError
from pixcrawler_core.thumbnails import Thumbnails

if TYPE_CHECKING:
    from pixcrawler_core.blobs.cipher import BlobCipher

ASKING = 0.1
"""Seconds for which `lock` goes on trying: `in_use` of another process has a lock for some microseconds."""
PRIVATE = 0o700
"""Mode of the folder where it is made here, since it has what all users of a server wrote."""
_DATASET_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,199}")


class Workspace:
    """The workspace at `root`. Nothing is touched before `open` (or the `with` statement).

    `database_url` names another database for the catalog than the SQLite file in the folder; `cipher` has the
    keys of its blobs (`pixcrawler_core.storage.opening.blob_cipher`).
    """

    def __init__(self, root: Path, database_url: str | None = None, cipher: BlobCipher | None = None) -> None:
        self.root = root
        self.catalog_path = root / "catalog.db"
        self.blobs = BlobStore(root / "blobs", cipher)
        self.datasets = root / "datasets"
        self.exports = root / "exports"
        self.thumbnails = Thumbnails(root / "thumbnails")
        self._indexes = root / "indexes"
        self._locks = root / "locks"
        self._database_url = database_url
        self._database: Database | None = None

    def open(self) -> Database:
        """Make the folders, connect to the catalog, bring it up to date and give it to the models.

        Opening again returns the same database. Raises WorkspaceError when the folder cannot be used, or
        the database is locked, damaged, or newer than this program.
        """
        if self._database is not None:
            return self._database
        database = self.connect()
        try:
            upgrade(database)
        except WorkspaceError:
            database.close()
            raise
        bind(database)
        self._database = database
        return database

    def connect(self) -> Database:
        """Make the folders and connect to the catalog, as it is. Raises WorkspaceError."""
        self._make_folders()
        return connect(self._database_url or self.catalog_path)

    def close(self) -> None:
        """Close this thread's connection; other threads close their own."""
        if self._database is not None:
            self._database.close()
            self._database = None

    def dataset(self, dataset_id: str) -> Path:
        """The folder of a dataset. Raises WorkspaceError for an id that could leave the workspace."""
        return self.datasets / f"dataset-{_checked(dataset_id)}"

    def indexes(self, dataset_id: str | None) -> Path:
        """The folder of the indexes that know a dataset's images, or with None those of all datasets.

        They can be made again from the catalog. Raises WorkspaceError for an id that could leave it.
        """
        return self._indexes / ("workspace" if dataset_id is None else f"dataset-{_checked(dataset_id)}")

    def lock(self, dataset_id: str) -> FileLock:
        """Take a dataset for oneself, in this and all other processes of the machine, until `release`.

        The kernel releases it with the process, however that dies. Raises WorkspaceError, with the id of
        the process that has the dataset, when it is taken.
        """
        until = time.monotonic() + ASKING
        while True:
            try:
                return self._locked(dataset_id)
            except HeldError as error:
                if time.monotonic() > until:
                    raise WorkspaceError(
                        f"dataset {dataset_id!r} is in use ({error}); "
                        "wait until that run has ended, or stop it"
                    ) from None
            time.sleep(ASKING / 20)

    def identity(self) -> str:
        """A random name of this workspace, the same for all who share it. Raises WorkspaceError."""
        path, mine = self.root / "identity", self._locks / f"identity-{secrets.token_hex(8)}"
        try:
            self._locks.mkdir(parents=True, exist_ok=True)
            if not path.exists():
                mine.write_text(secrets.token_hex(16))
                with suppress(FileExistsError):  # another process was quicker
                    os.link(mine, path)
                mine.unlink()
            return path.read_text()
        except OSError as error:
            raise WorkspaceError(f"cannot read or write {path}: {error.strerror or error}") from error

    def attend(self, *, alone: bool = False, patience: float = 0.0) -> FileLock:
        """Take part in the workspace until `release`: `alone`, or beside others who are not.

        Runs take part, since they go by what was taken down when they began; a takedown is alone, and so is
        who writes blobs anew. Raises WorkspaceError where somebody is in the way for `patience` seconds.
        """
        path = self._locks / "workspace.lock"
        until = time.monotonic() + patience
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            while True:
                try:
                    return FileLock(path, shared=not alone)
                except HeldError as error:
                    if time.monotonic() >= until:
                        raise self._in_the_way(alone, error) from None
                time.sleep(ASKING / 20)
        except OSError as error:
            raise WorkspaceError(f"cannot lock {path}: {error.strerror or error}") from error

    def removing(self) -> FileLock:
        """Wait to be the only one who removes blobs that no other dataset has, until `release`.

        Two that look at once would each leave what both have to the other. Raises WorkspaceError.
        """
        path = self._locks / "removing.lock"
        try:
            return FileLock(path, wait=True)
        except OSError as error:
            raise WorkspaceError(f"cannot lock {path}: {error.strerror or error}") from error

    def in_use(self, dataset_id: str) -> bool:
        """Whether a process of this machine has taken a dataset. Raises WorkspaceError as `lock` does."""
        try:
            self._locked(dataset_id).release()
        except HeldError:
            return True
        return False

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _locked(self, dataset_id: str) -> FileLock:
        path = self._locks / f"dataset-{_checked(dataset_id)}.lock"
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            return FileLock(path)
        except OSError as error:
            raise WorkspaceError(f"cannot lock {path}: {error.strerror or error}") from error

    def _in_the_way(self, alone: bool, error: HeldError) -> WorkspaceError:
        told = "a run" if alone else f"what has to be alone, such as a takedown ({error}),"
        return WorkspaceError(f"{told} is under way in the workspace {self.root}; wait until it has ended")

    def _make_folders(self) -> None:
        try:
            self.root.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
            for folder in (self.blobs.root, self.datasets, self.exports, self._locks):
                folder.mkdir(exist_ok=True)
        except OSError as error:
            raise WorkspaceError(
                f"cannot use {self.root} as a workspace: {error.strerror or error}; choose another folder"
            ) from error


def _checked(dataset_id: str) -> str:
    if not _DATASET_ID.fullmatch(dataset_id):
        raise WorkspaceError(
            f"{dataset_id[:80]!r} cannot be the id of a dataset: it has letters, digits, '-' and '_' only"
        )
    return dataset_id
