"""Errors of disks and of the index in words, as stores raise them."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pixcrawler_core.errors import WorkspaceError
from pixcrawler_core.storage.errors import StoreRefused, StoreUnavailable

FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS)
"""Nothing can be changed there; what is there may be read."""
FULL = (errno.ENOSPC, errno.EDQUOT)


@contextmanager
def unless_forbidden() -> Iterator[None]:
    """Pass over what cannot be changed in a store that is only read."""
    try:
        yield
    except OSError as error:
        if error.errno not in FORBIDDEN:
            raise


@contextmanager
def reported(root: Path) -> Iterator[None]:
    """Raise OSError and WorkspaceError of what is done within as errors of the store in a folder."""
    try:
        yield
    except OSError as error:
        raise explained(root, error) from error
    except WorkspaceError as error:
        raise StoreUnavailable(f"the store {root}: {error}") from error


def explained(root: Path, error: OSError) -> StoreRefused | StoreUnavailable:
    """An error of the disk as an error of the store in a folder."""
    why = error.strerror or str(error)
    where = f" at {error.filename}" if error.filename else ""
    if error.errno == errno.ENOENT:
        return StoreUnavailable(f"there is no file {error.filename}; nothing was stored in {root}")
    if error.errno in FORBIDDEN:
        return StoreRefused(f"the store {root} refuses{where}: {why}; give this user the right to change it")
    if error.errno in FULL:
        return StoreUnavailable(
            f"the store {root} is full{where}: {why}; earlier objects are as they were; "
            "make room, and run the same command again"
        )
    return StoreUnavailable(
        f"the store {root} fails{where}: {why}; mend that, and run the same command again"
    )
