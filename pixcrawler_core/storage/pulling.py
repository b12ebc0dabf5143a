"""Brings datasets and exports back from a store: nothing has its final name before it is complete."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pixcrawler_core.catalog.locking import HeldError
from pixcrawler_core.errors import WorkspaceError
from pixcrawler_core.exports.names import check_name
from pixcrawler_core.exports.place import Place
from pixcrawler_core.storage.errors import ObjectArchived, ObjectMissing
from pixcrawler_core.storage.pushing import THREADS, Sent, stats_of
from pixcrawler_core.threads import in_threads

if TYPE_CHECKING:
    from pixcrawler_core.storage.protocols import Stat, Store


class Pull:
    """What is to be done so that a folder has a unit of a store, under the last part of its name.

    The constructor lists what the store has; it raises ObjectMissing for a unit that is not there, and
    ObjectArchived where some of it is archived. What an earlier pull left is taken up, and proved. Raises
    WorkspaceError for a disk that does not take it, and while another one pulls the same into this folder.
    """

    def __init__(self, store: Store, name: str, folder: Path) -> None:
        self._store = store
        self._name = name
        self.stats: Sequence[Stat] = stats_of(store, name)
        """What there is."""
        if not self.stats:
            raise ObjectMissing(f"the store has no {name}; look what it has with pixcrawler storage ls")
        for stat in self.stats:
            check_name(stat.key)
        self._check_ready()
        self._single = self.stats[0].key == name
        self._place = Place(folder, name.rpartition("/")[2], "")

    def run(self, threads: int = THREADS) -> Iterator[Sent]:
        """Fetch the files; then the folder or file takes its name, in the place of an earlier one."""
        try:
            self._place.final.parent.mkdir(parents=True, exist_ok=True)
            self._place.take()
            yield from in_threads(self._fetched, self.stats, threads)
            self._remove_strays()
            self._place.finish()
        except HeldError as error:
            raise WorkspaceError(
                f"cannot write {self._place.final}: somebody else writes it ({error}); wait until that "
                "has ended"
            ) from None
        except OSError as error:
            raise WorkspaceError(
                f"cannot write {error.filename or self._place.final}: {error.strerror or error}; mend that, "
                "and pull again: what is there already is not fetched again"
            ) from error
        finally:
            self._place.release()

    def _check_ready(self) -> None:
        archived = [stat for stat in self.stats if stat.availability != "ready"]
        if archived:
            raise ObjectArchived(
                f"{len(archived)} of {len(self.stats)} objects of {self._name} are archived; bring them back "
                f"with pixcrawler storage rehydrate {self._name}, and pull once they are there"
            )

    def _target(self, stat: Stat) -> Path:
        return self._place.part if self._single else self._place.part / stat.key[len(self._name) + 1 :]

    def _fetched(self, stat: Stat) -> Sent:
        target = self._target(stat)
        if _has(target, stat):
            return Sent(stat.key, stat.size, new=False)
        target.parent.mkdir(parents=True, exist_ok=True)
        half = target.with_name(f".{target.name}.half")
        with half.open("wb") as file, self._store.get(stat.key) as chunks:
            for chunk in chunks:
                file.write(chunk)
        half.replace(target)
        return Sent(stat.key, stat.size, new=True)

    def _remove_strays(self) -> None:
        """Remove what an earlier pull left, and the store has no longer."""
        if self._single:
            return
        wanted = {self._target(stat) for stat in self.stats}
        for place, _, names in os.walk(self._place.part):
            for path in (Path(place, name) for name in names):
                if path not in wanted:
                    path.unlink()


def _has(path: Path, stat: Stat) -> bool:
    """Whether a file has the bytes of an object, if these are given."""
    if stat.refused is not None:
        return False
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_size != stat.size:
                return False
            return hashlib.file_digest(file, "sha256").hexdigest() == stat.sha256
    except FileNotFoundError:
        return False
