"""Kills a process at one line after another of what a store does, and looks at what is left.

`python -m tests.core.storage.dying FOLDER STEP OFFSET` prints how many deaths each job had; it fails with
a traceback where an object was not whole, or something was left over.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
from collections.abc import Callable, Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import FrameType
from typing import Any

from pixcrawler_core.storage.local.store import LocalStore
from pixcrawler_core.storage.protocols import StorageTier, Store

PACKAGE = os.sep.join(("storage", "local", ""))
FINISHED, DEAD = 0, 9
KEYS = ("a", "a/b", "c")
LATER = timedelta(days=2)
"""After which a file in the making belongs to nobody."""

Job = Callable[[Store, Path], None]


def put_new(store: Store, sources: Path) -> None:
    """An object that was not there."""
    store.put("new", sources / "new")


def put_over(store: Store, sources: Path) -> None:
    """Other bytes in the place of earlier ones."""
    store.put("a", sources / "new")


def put_over_packed(store: Store, sources: Path) -> None:
    """A file in the place of a part of a pack."""
    store.put("c", sources / "new")


def put_packed(store: Store, sources: Path) -> None:
    """A pack in the place of a file."""
    store.put("a/b", sources / "new", tier=StorageTier.COLD)


def to_warm(store: Store, sources: Path) -> None:
    """Files into a pack."""
    store.set_tier(KEYS, StorageTier.WARM)


def to_hot(store: Store, sources: Path) -> None:
    """Out of a pack."""
    store.set_tier(["c", "d"], StorageTier.HOT)


def rehydrated(store: Store, sources: Path) -> None:
    """Out of the archive."""
    store.rehydrate(["e"])


def removed(store: Store, sources: Path) -> None:
    """A file and a part of a pack."""
    store.delete(["a", "c"])


def copied(store: Store, sources: Path) -> None:
    """An object over another."""
    store.copy("c", "a")


JOBS: tuple[Job, ...] = (
    *(put_new, put_over, put_over_packed, put_packed, to_warm, to_hot, rehydrated, removed, copied),
)


class Dying:
    """Ends the process, as SIGKILL does, before the line with a number is executed."""

    def __init__(self, number: int) -> None:
        self.number = number

    def call(self, frame: FrameType, event: str, argument: Any) -> Any:
        """Follow functions of the store."""
        return self.line if PACKAGE in frame.f_code.co_filename else None

    def line(self, frame: FrameType, event: str, argument: Any) -> Any:
        """Count lines."""
        self.number -= event == "line"
        if self.number < 0:
            os._exit(DEAD)
        return self.line


def fill(folder: Path) -> dict[str, bytes]:
    """A store with objects in all tiers, and the file `new` beside it; returns all bytes."""
    (folder / "sources").mkdir(parents=True)
    data = {key: key.encode() * 3000 for key in (*KEYS, "d", "e", "new")}
    with closing(LocalStore(folder / "store")) as store:
        for key, each in data.items():
            source = folder / "sources" / key.replace("/", "-")
            source.write_bytes(each)
            if key != "new":
                store.put(key, source)
        store.set_tier(["c", "d"], StorageTier.WARM)
        store.set_tier(["e"], StorageTier.COLD)
    return data


def die(folder: Path, job: Job, number: int) -> bool:
    """Do a job in a process that dies at a line; False if it was finished before."""
    child = os.fork()
    if not child:
        store = LocalStore(folder / "store")
        sys.settrace(Dying(number).call)
        job(store, folder / "sources")
        os._exit(FINISHED)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if status not in (FINISHED, DEAD):
        raise SystemExit(f"{job.__name__} failed at line {number}")
    return status == DEAD


def look(folder: Path, job: Job, data: Mapping[str, bytes]) -> None:
    """Check that each object is there with its earlier bytes or new ones, and that nothing else is."""
    whole = {hashlib.sha256(each).hexdigest() for each in data.values()}
    with closing(LocalStore(folder / "store", clock=lambda: datetime.now(UTC) + LATER)) as store:
        problems = [each for each in store.check(full=True) if each.key or job is not put_new]
        assert problems == []
        stats = {stat.key: stat for stat in store.list()}
        gone = {"a", "c"} if job is removed else set()
        assert set(data) - {"new"} - gone <= set(stats) <= set(data)
        assert {stat.sha256 for stat in stats.values()} <= whole
        for key in ("d", "e"):
            assert stats[key].sha256 == hashlib.sha256(data[key]).hexdigest()
        assert list(folder.rglob("tmp/*")) == []
        job(store, folder / "sources")
        assert list(store.check(full=True)) == []


def main() -> None:
    """Kill each job at every so many lines."""
    folder, step, offset = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    data = fill(folder / "first")
    for job in JOBS:
        number, deaths = offset, 0
        while True:
            shutil.copytree(folder / "first", folder / "again")
            dead = die(folder / "again", job, number)
            look(folder / "again", job, data)
            shutil.rmtree(folder / "again")
            if not dead:
                break
            deaths += 1
            number += step
        sys.stdout.write(f"{job.__name__} {deaths}\n")


if __name__ == "__main__":
    main()
