"""Assembles copies of a workspace's dataset in processes that die at one moment after the other.

Each copy is assembled once more after that. Writes at how many moments a process died.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import Any

from pixcrawler_core.assembly import image_table, tables
from pixcrawler_core.assembly.dataset import Assembly
from pixcrawler_core.catalog.ledger import Ledger
from pixcrawler_core.catalog.models import CrawlJob
from pixcrawler_core.workspace import Workspace
from tests.core.assembly.conftest import NOON

LOADED = (image_table, tables)
"""Imported here, once, and not in each process."""
STEPS = frozenset({"os.link", "os.rename", "os.remove", "os.mkdir", "os.rmdir"})
"""Audit events of what changes a folder; files are complete before they are renamed."""
STRIDE = 7
"""So many steps lie between two moments: all of them would take long."""


def main(workspace: Path, place: Path) -> None:
    """Kill and repeat until a process comes to its end."""
    for number in range(1000):
        copy = place / str(number)
        shutil.copytree(workspace, copy)
        died = in_child(copy, number * STRIDE)
        assert not in_child(copy, None)
        if not died:
            sys.stdout.write(str(number))
            return


def in_child(workspace: Path, steps: int | None) -> bool:
    """Assemble in a process that dies after so many steps; whether it did."""
    child = os.fork()
    if not child:
        if steps is not None:
            die_after(steps, workspace / "datasets")
        assemble(workspace)
        os._exit(0)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert code in (0, 9), code
    return code == 9


def die_after(steps: int, folder: Path) -> None:
    """End this process before the next step in a folder once there were so many."""
    left = [steps]

    def count(event: str, given: tuple[Any, ...]) -> None:
        if event in STEPS and any(str(folder) in str(each) for each in given):
            if not left[0]:
                os._exit(9)
            left[0] -= 1

    sys.addaudithook(count)


def assemble(workspace: Path) -> None:
    """Assemble the dataset of the tests."""
    with Workspace(workspace) as opened:
        job = CrawlJob.get(CrawlJob.dataset == "set")
        Assembly(
            dataset="set", name="Set", folder=opened.dataset("set"), ledger=Ledger(opened.open(), job.id),
            blobs=opened.blobs, goals={"cat": 5}, job={"name": "Set"}, now=NOON,
        ).run()  # fmt: skip


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
