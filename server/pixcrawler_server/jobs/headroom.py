"""Whether the machine has room for another job: on the disk of the workspace, and in memory."""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

logger = logging.getLogger(__name__)

MEMORY = Path("/proc/meminfo")
"""Where Linux tells of memory: proc_meminfo(5)."""
AVAILABLE = "MemAvailable:"


def free_disk(root: Path) -> int:
    """Bytes that are free on the disk of a folder."""
    return shutil.disk_usage(root).free


def free_memory(told: Path = MEMORY) -> int | None:
    """Bytes of memory that programs can have without swapping; None where the system does not tell."""
    try:
        lines = told.read_text().splitlines()
    except OSError:
        return None
    kib = next((line.split()[1] for line in lines if line.startswith(AVAILABLE)), None)
    return None if kib is None else int(kib) * 1024


@dataclass(frozen=True, kw_only=True)
class Headroom:
    """What has to be left, in bytes, so that another job is begun."""

    root: Path
    disk: int
    memory: int
    free_disk: Callable[[Path], int] = free_disk
    free_memory: Callable[[], int | None] = free_memory

    def lacking(self) -> dict[str, str]:
        """What is short, in words, by part; empty where there is room."""
        found = {}
        try:
            if self.free_disk(self.root) < self.disk:
                found["disk"] = f"fewer than {self.disk} bytes are free; no job is begun"
        except OSError as error:  # a folder that is gone, or whose server does not answer
            found["disk"] = f"what is free cannot be told ({error.strerror}); no job is begun"
        memory = self.free_memory()
        if memory is not None and memory < self.memory:
            found["memory"] = f"fewer than {self.memory} bytes are free; no job is begun"
        return found


class Doorkeeper:
    """Lets jobs begin while there is room: looks once a second, and logs what is short when that changes."""

    def __init__(self, room: Headroom, clock: Callable[[], float] = time.monotonic) -> None:
        self._room, self._clock = room, clock
        self._next, self._lacking = clock(), dict[str, str]()

    def opens(self) -> bool:
        """Whether a job may begin now."""
        if self._clock() >= self._next:
            self._next = self._clock() + 1
            self._look()
        return not self._lacking

    @property
    def why(self) -> str:
        """What is short, in words."""
        return "; ".join(f"{part}: {told}" for part, told in self._lacking.items())

    def _look(self) -> None:
        before, self._lacking = self._lacking, self._room.lacking()
        for part in self._lacking.keys() - before.keys():
            logger.warning("jobs wait for %s: %s", part, self._lacking[part])
