"""What a process does with its machine."""

from __future__ import annotations

import platform
import subprocess
import sys

FAULTS = """
import resource
import sys

import numpy as np

from pixcrawler_core.machine import keep_freed_memory

kept = keep_freed_memory() if sys.argv[1] == "keep" else False
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(100):
    pictures = [np.ones((1024, 1024), np.uint8) for _ in range(8)]
    del pictures
print(kept, resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def faults(way: str) -> tuple[str, int]:
    """Whether memory is kept, and the page faults of 800 arrays of a megabyte, eight at a time."""
    told = subprocess.run([sys.executable, "-c", FAULTS, way], check=True, capture_output=True, text=True)
    kept, count = told.stdout.split()
    return kept, int(count)


def test_freed_memory_is_used_again_where_the_allocator_is_glibcs() -> None:
    (_, before), (kept, after) = faults("leave"), faults("keep")
    assert kept == str(platform.libc_ver()[0] == "glibc")
    assert after < before / 10 or kept == "False"
