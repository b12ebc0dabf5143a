"""Brings datasets and exports into a store: what is there already is not sent again."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from pixcrawler_core.assembly.manifest import MANIFEST
from pixcrawler_core.errors import WorkspaceError
from pixcrawler_core.storage.protocols import Stat, StorageTier
from pixcrawler_core.storage.units import Local, local_files
from pixcrawler_core.threads import in_threads

if TYPE_CHECKING:
    from pixcrawler_core.storage.protocols import Store

THREADS = 8
"""Files that are on their way at a time: mostly it is the network that is waited for."""


AGAIN = "run the same pixcrawler takedown again, which removes it everywhere"


@dataclass(frozen=True, slots=True)
class Sent:
    """A file that is in the store now."""

    key: str
    size: int
    new: bool
    """Whether it had to be sent."""


class Push:
    """What is to be done so that a store has a folder, or a file, under a name, and nothing else there.

    The constructor lists what the store has. Raises WorkspaceError and the errors of stores; the next push
    goes on where one was broken off. In memory are the keys and digests of the unit.

    Nothing is stored whose digest is `barred`: that is a WorkspaceError.
    """

    def __init__(
        self, store: Store, path: Path, name: str, barred: Callable[[str], bool] = lambda _: False
    ) -> None:
        self._store = store
        self.name = name
        self._barred = barred
        self._manifest = f"{name}/{MANIFEST}"
        self._lock = Lock()
        self.files: Sequence[Local] = local_files(path, name)
        """What is to be there."""
        self._there = {stat.key: stat for stat in stats_of(store, name)}

    @property
    def is_new(self) -> bool:
        """Whether the store has nothing of it yet."""
        return not self._there

    @property
    def size(self) -> int:
        """Bytes of all files. Raises WorkspaceError for one that is gone."""
        try:
            return sum(local.path.stat().st_size for local in self.files)
        except OSError as error:
            raise WorkspaceError(f"cannot read {error.filename}: {error.strerror or error}") from error

    def run(self, threads: int = THREADS) -> Generator[Sent, None, None]:
        """Send the files, and remove what is too much; the last file goes alone, once all that is done.

        The manifest that the store has goes before anything else changes: a dataset without is not complete.
        """
        *first, last = self.files
        yield from in_threads(self._sent, first, threads)
        wanted = {local.key for local in self.files}
        if extra := [key for key in self._there if key not in wanted]:
            self._remove_manifest()
            self._store.delete(extra)
        yield self._sent(last)

    def _sent(self, local: Local) -> Sent:
        try:
            with local.path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
                size = file.tell()
        except OSError as error:
            raise WorkspaceError(f"cannot read {local.path}: {error.strerror or error}") from error
        if self._barred(digest):
            raise WorkspaceError(f"{local.path} was taken down, and is not stored; {AGAIN}")
        there = self._there.get(local.key)
        if there is not None and there.refused is None and there.sha256 == digest:
            return Sent(local.key, size, new=False)
        if local.key != self._manifest:
            self._remove_manifest()
        self._store.put(local.key, local.path, sha256=digest, tier=StorageTier.HOT)
        return Sent(local.key, size, new=True)

    def _remove_manifest(self) -> None:
        with self._lock:
            if self._there.pop(self._manifest, None) is not None:
                self._store.delete([self._manifest])


def stats_of(store: Store, name: str) -> list[Stat]:
    """What a store has of a unit: the object of this name, or those below it."""
    return [stat for stat in store.list(name) if stat.key == name or stat.key.startswith(f"{name}/")]
