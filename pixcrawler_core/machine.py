"""What this process may use of its machine."""

from __future__ import annotations

import os


def usable_cores() -> int:
    """Cores that this process may run on, which a container or `taskset` can make fewer than there are.

    All cores where the system does not tell (macOS, Windows).
    """
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
