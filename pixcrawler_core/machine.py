"""What this process may use of its machine, and how it holds on to memory."""

from __future__ import annotations

import ctypes
import os

KEPT = 64 * 2**20
"""Bytes that the allocator keeps for later at the end of a heap."""
PIECE = 32 * 2**20
"""Bytes of an array from which on it is mapped by itself; glibc allows no more."""
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
"""Numbers of glibc's malloc.h."""


def usable_cores() -> int:
    """Cores that this process may run on, which a container or `taskset` can make fewer than there are.

    All cores where the system does not tell (macOS, Windows).
    """
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def keep_freed_memory() -> bool:
    """Let this process keep up to `KEPT` bytes that were freed, for the next picture; whether it will.

    Else glibc gives every freed array of a picture back to the kernel, and the next one begins with a page
    fault for each 4 KiB: a fifth of the time of all medium checks. Other C libraries go on as they do.
    Source: mallopt(3).
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return False
    return bool(mallopt(_M_TRIM_THRESHOLD, KEPT) and mallopt(_M_MMAP_THRESHOLD, PIECE))
