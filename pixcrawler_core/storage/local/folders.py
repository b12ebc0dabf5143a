"""The folders of a store: plain files under their keys, packs, and files in the making."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import os
import secrets
import stat
from collections.abc import Iterator
from itertools import count
from pathlib import Path

from pixcrawler_core.exports.place import sync
from pixcrawler_core.storage.local.packs import blank
from pixcrawler_core.storage.local.telling import unless_forbidden
from pixcrawler_core.storage.protocols import StorageTier

HOT, ODD = "hot", "odd"
"""Folders of plain files: under their keys, and under digests of keys that no file can have."""
TEMPORARY = "tmp"
KEY_ENDING = ".key"
"""Of the file beside an odd one that holds its key."""
PACK_ENDING = ".pack"
OLD_SECONDS = 24 * 3600
"""A temporary file that was not written to for so long belongs to nobody any more."""


class Folders:
    """Paths of places. `cold` may be a folder on another disk. Methods raise OSError."""

    def __init__(self, root: Path, cold: Path | None = None) -> None:
        self.root = root
        roots = {
            HOT: root / HOT,
            ODD: root / ODD,
            StorageTier.WARM.value: root / StorageTier.WARM,
            StorageTier.COLD.value: cold or root / StorageTier.COLD,
        }
        self._roots = {kind: str(folder) for kind, folder in roots.items()}
        self._temporaries = {
            kind: str((root if kind in (HOT, ODD) else folder) / TEMPORARY) for kind, folder in roots.items()
        }
        self._prefix = f"{os.getpid()}-{secrets.token_hex(4)}"
        self._numbers = count()
        self._made: set[str] = set()
        self._unsynced: set[str] = set()
        for folder in (*self._roots.values(), *self._temporaries.values()):
            os.makedirs(folder, exist_ok=True)

    def path(self, place: str) -> Path:
        """Where a place is."""
        return Path(self._file(place))

    def temporary(self, kind: str = HOT) -> Path:
        """A new name for a file in the making, on the disk of a folder."""
        return Path(f"{self._temporaries[kind]}/{self._prefix}-{next(self._numbers)}")

    def temporary_named(self, name: str) -> Path:
        """A file in the making, which is to be a plain file, by its name."""
        return Path(self._temporaries[HOT], name)

    def new_pack(self, tier: StorageTier) -> str:
        """The place of a new pack."""
        return f"{tier}/{secrets.token_hex(8)}{PACK_ENDING}"

    def is_free(self, place: str) -> bool:
        """Whether a file can take a place; the folder for it is made."""
        path = self._file(place)
        try:
            self._make(os.path.dirname(path))
            os.lstat(path)
        except FileNotFoundError:
            return True
        except (FileExistsError, NotADirectoryError):  # another object's key is the beginning of this one
            pass
        except OSError as error:
            if error.errno != errno.ENAMETOOLONG:
                raise
        return False

    def holds(self, place: str, size: int, sha256: str) -> bool:
        """Whether a file with these bytes is there."""
        path = self.path(place)
        try:
            found = path.lstat()
        except OSError:  # nothing can be there, as with a name that is too long
            return False
        if not stat.S_ISREG(found.st_mode) or found.st_size != size:
            return False
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == sha256

    def odd_place(self, key: str) -> str:
        """A place for a key that cannot be a file's name; the key is written beside it."""
        place = f"{ODD}/{hashlib.sha256(key.encode()).hexdigest()}"
        beside = self.path(place + KEY_ENDING)
        temporary = self.temporary()
        temporary.write_text(key, "utf-8")
        temporary.replace(beside)
        return place

    def move_in(self, temporary: Path, place: str) -> None:
        """Give a finished file its place."""
        path = self._file(place)
        try:
            os.replace(temporary, path)
        except FileNotFoundError:  # another process removed the folder, which was empty
            self._made.clear()
            self._make(os.path.dirname(path))
            os.replace(temporary, path)

    def remove(self, place: str) -> None:
        """Remove a file or pack, and folders of keys that are empty then; harmless if it is not there."""
        path = self.path(place)
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            path.unlink()
        kind = place.partition("/")[0]
        if kind == ODD:
            self.path(place + KEY_ENDING).unlink(missing_ok=True)
        if kind != HOT:
            return
        with contextlib.suppress(OSError):  # the first folder that is not empty
            for folder in path.parents:
                if str(folder) == self._roots[HOT]:
                    return
                self._made.discard(str(folder))
                folder.rmdir()

    def blank(self, place: str, begin: int, length: int) -> bool:
        """Overwrite a part of a pack; False while somebody reads the pack."""
        try:
            file = self.path(place).open("r+b")
        except FileNotFoundError:
            return True
        with file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            blank(file, begin, length)
        return True

    def clean(self, now: float) -> None:
        """Remove files in the making that nobody has written to for a day; `now` is in seconds."""
        for folder in set(self._temporaries.values()):
            for path in Path(folder).iterdir():
                with contextlib.suppress(FileNotFoundError), unless_forbidden():  # another cleans too
                    if path.stat().st_mtime < now - OLD_SECONDS:
                        path.unlink()

    def places(self) -> Iterator[str]:
        """All files and packs that are there."""
        for kind, root in self._roots.items():
            for folder, _, names in os.walk(root):
                if folder == self._temporaries[kind]:
                    continue
                for name in names:
                    if kind != ODD or not name.endswith(KEY_ENDING):
                        yield f"{kind}/{(Path(folder) / name).relative_to(root).as_posix()}"

    def size(self, place: str) -> int | None:
        """Bytes of a file or pack; None if it is not there."""
        try:
            return self.path(place).stat().st_size
        except (FileNotFoundError, NotADirectoryError):
            return None

    def key_of(self, place: str) -> str | None:
        """The key of a plain file; None for an odd one without its key."""
        kind, _, name = place.partition("/")
        if kind == HOT:
            return name
        try:
            return self.path(place + KEY_ENDING).read_text("utf-8")
        except (FileNotFoundError, UnicodeDecodeError):
            return None

    def sync(self, place: str) -> None:
        """Have the name of a file written to the disk, and those of the folders that were made for it."""
        while self._unsynced:
            sync(Path(self._unsynced.pop()))
        sync(self.path(place).parent)

    def _file(self, place: str) -> str:
        kind, _, name = place.partition("/")
        return f"{self._roots[kind]}/{name}"

    def _make(self, folder: str) -> None:
        if folder in self._made:
            return
        above = os.path.dirname(folder)
        if not os.path.isdir(above):
            self._make(above)
        os.makedirs(folder, exist_ok=True)
        self._made.add(folder)
        self._unsynced.add(above)
