"""Who uses a folder: many at once, or one alone, who may then change what the others rely on."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pixcrawler_core.dedup.rowfile import opened
from pixcrawler_core.errors import WorkspaceError


class Usage:
    """A flock(2) on a file, which the kernel releases when its holder dies.

    The file is made if need be, and stays behind. In a folder that cannot be written to nobody can be alone,
    and without the file nothing is locked. All methods raise WorkspaceError when the disk fails them.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        with self._reported():
            try:
                self._handle: int | None = opened(path)
            except FileNotFoundError:
                self._handle = None

    def alone(self) -> bool:
        """Let nobody else in until `share`, if nobody is; says whether it is so. Only before `share`."""
        effective = os.access in os.supports_effective_ids
        if self._handle is None or not os.access(self._path.parent, os.W_OK, effective_ids=effective):
            return False
        with self._reported():
            try:
                fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
        return True

    def share(self) -> None:
        """Let others in, but let nobody be alone. Waits while another one is alone."""
        if self._handle is None:
            return
        with self._reported():
            fcntl.flock(self._handle, fcntl.LOCK_SH)

    def release(self) -> None:
        """Use it no longer; harmless when released already."""
        handle, self._handle = self._handle, None
        if handle is not None:
            os.close(handle)

    @contextmanager
    def _reported(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise WorkspaceError(f"cannot use {self._path}: {error.strerror or error}") from error
