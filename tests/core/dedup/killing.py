"""Is killed at each line of giving back the room of rows: `python killing.py FOLDER` opens copies of it.

The copies stand beside the folder and are named by the number of the line; the last one survived.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from itertools import count
from pathlib import Path
from types import FrameType
from typing import Any

from pixcrawler_core.dedup.slots import Slots

WIDTH = 4
LEAST = 3
MODULE = "compacting.py"
"""Whose lines count."""


def dies(folder: Path, line: int) -> bool:
    """Open a folder in a process of its own; says whether that died at the line, or earlier ones were all."""
    child = os.fork()
    if not child:
        sys.settrace(Tracing(line))
        Slots(folder, WIDTH, LEAST)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status) == -signal.SIGKILL


class Tracing:
    """Kills the process at a line."""

    def __init__(self, left: int) -> None:
        self._left = left

    def __call__(self, frame: FrameType, event: str, _: Any) -> Tracing | None:
        """What Python calls at each line: https://docs.python.org/3/library/sys.html#sys.settrace"""
        if not frame.f_code.co_filename.endswith(MODULE):
            return None
        self._left -= event == "line"
        if not self._left:
            os.kill(os.getpid(), signal.SIGKILL)
        return self


def main() -> None:
    """Try all lines."""
    folder = Path(sys.argv[1])
    for line in count(1):
        copy = folder.with_name(str(line))
        shutil.copytree(folder, copy)
        if not dies(copy, line):
            return


if __name__ == "__main__":
    main()
