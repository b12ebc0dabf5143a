"""Advisory locks between processes, which the kernel releases when their holder dies."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Self


class HeldError(Exception):
    """Another process, or another part of this one, has the lock; the message names its id if it is known."""


class FileLock:
    """An exclusive flock(2) on a file, held from construction until `release` or the end of `with`.

    The file is created if need be, stays behind, and has the holder's process id in it. With `wait` the
    constructor waits its turn; otherwise it raises HeldError at once. It raises OSError when the file cannot
    be opened. A `shared` lock keeps only exclusive ones out.
    """

    def __init__(self, path: Path, *, wait: bool = False, shared: bool = False) -> None:
        self._handle: int | None = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            self._take(self._handle, wait, shared)
        except BaseException:
            self.release()
            raise

    def release(self) -> None:
        """Let the next one have it; harmless when released already."""
        handle, self._handle = self._handle, None
        if handle is not None:
            os.close(handle)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.release()

    @staticmethod
    def _take(handle: int, wait: bool, shared: bool) -> None:
        kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
        try:
            fcntl.flock(handle, kind if wait else kind | fcntl.LOCK_NB)
        except BlockingIOError:
            pid = os.pread(handle, 32, 0).strip()
            raise HeldError(f"held by process {int(pid)}" if pid.isdigit() else "held") from None
        if shared:
            return
        os.truncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
