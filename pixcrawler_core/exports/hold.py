"""The sole right to write an export, in this and all other processes of the machine."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pixcrawler_core.catalog.locking import FileLock


class Hold(FileLock):
    """A lock whose file goes with it: nothing stays behind. Raises HeldError and OSError, as FileLock does.

    Who waits for the file of a lock that is given back has one that is gone, and opens the next one.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._ours = False
        super().__init__(path)
        while not self._is_there():
            super().release()
            super().__init__(path)
        self._ours = True

    def release(self) -> None:
        """Let the next one have it; harmless when released already."""
        if self._ours:  # until here nobody else can have it, or a new file of its name
            self._ours = False
            self._path.unlink(missing_ok=True)
        super().release()

    def _is_there(self) -> bool:
        if self._handle is None:
            return False
        try:
            return os.path.samestat(os.fstat(self._handle), self._path.stat())
        except FileNotFoundError:
            return False


@contextmanager
def scratch_folder(path: Path) -> Iterator[Path]:
    """A temporary folder at this path, without what a killed process left there.

    Raises OSError, and HeldError while another export has it.
    """
    with Hold(path.with_name(f"{path.name}.lock")):
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir()
        try:
            yield path
        finally:
            shutil.rmtree(path, ignore_errors=True)
