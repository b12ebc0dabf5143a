"""Looks at files on disk, on all cores: what `pixcrawler validate` and `pixcrawler label` do."""

from __future__ import annotations

import os
import signal
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from multiprocessing import get_context, parent_process
from pathlib import Path
from threading import Thread
from typing import Any, Protocol, TypeVar

from pixcrawler_core.catalog.database import connect
from pixcrawler_core.catalog.measures import MeasureStore
from pixcrawler_core.errors import PixCrawlerError, WorkspaceError
from pixcrawler_core.image import Image
from pixcrawler_core.machine import keep_freed_memory
from pixcrawler_core.records import Candidate
from pixcrawler_core.regular import check_regular
from pixcrawler_core.validation import Checks, Report

T_co = TypeVar("T_co", covariant=True)
T = TypeVar("T")
CHUNK = 8
"""Files that a process is given at a time, unless it is told otherwise."""
AHEAD = 3
"""Chunks that wait for each process, so that none idles and memory stays flat."""
UNREADABLE = "unreadable"


class Looker(Protocol[T_co]):
    """Looks at files, one after the other."""

    @property
    def detailed(self) -> bool:
        """Whether it looks at colours, so that pictures are best decoded in colour at once."""

    def examine(self, path: Path) -> T_co:
        """What there is to be said of a file, also of one that cannot be read."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Examined:
    """A file and what the checks found out about it."""

    path: Path
    size: int
    """Bytes; 0 for a file that cannot be read."""
    sha256: str
    """Empty for a file that cannot be read."""
    report: Report


@dataclass(frozen=True, kw_only=True)
class Examiner:
    """Examines files, one after the other."""

    checks: Checks
    category: str | None = None
    """What the pictures are said to show."""
    kept: MeasureStore | None = None

    @property
    def detailed(self) -> bool:
        """Whether a check looks at colours."""
        return self.checks.detailed

    def examine(self, path: Path) -> Examined:
        """Check one file; one that cannot be read is rejected as `unreadable`."""
        image = opened(path, self.category, detailed=self.detailed)
        if isinstance(image, str):
            return _unreadable(path, image)
        known = self.kept.of(image.sha256) if self.kept and self.checks.keeps else None
        try:
            report = self.checks.run(image, known)
        except WorkspaceError as error:  # gone, or changed, since it was opened
            return _unreadable(path, str(error))
        return Examined(path=path, size=image.size, sha256=image.sha256, report=report)


def opened(path: Path, category: str | None, *, detailed: bool) -> Image | str:
    """The image in a file that is said to show something; or why the file cannot be read."""
    try:
        check_regular(path, path.stat())
        return Image.open(path, _candidate(path, category), detailed=detailed)
    except OSError as error:
        return error.strerror or str(error)


def _candidate(path: Path, category: str | None) -> Candidate | None:
    if category is None:
        return None
    url = path.absolute().as_uri()
    return Candidate(engine="files", category=category, query=category, image_url=url)


def _unreadable(path: Path, why: str) -> Examined:
    report = Report(accepted=False, check="read", reason=UNREADABLE, detail=f"cannot be read: {why}")
    return Examined(path=path, size=0, sha256="", report=report)


def examiner(make: Callable[[], Checks], category: str | None, catalog: str | Path | None) -> Examiner:
    """An examiner with its own connection to the catalog (a path or URL), if there is one."""
    kept = MeasureStore(connect(catalog)) if catalog else None
    return Examiner(checks=make(), category=category, kept=kept)


def examined(
    paths: Iterable[Path], make: Callable[[], Looker[T]], jobs: int, chunk: int = CHUNK
) -> Generator[T, None, None]:
    """What is said of every file, in the order of the paths, by `jobs` processes.

    `make` must be picklable: each process makes a looker of its own, and is given `chunk` files at a time;
    an interrupt waits for those. With one job, this process does the work. Raises PixCrawlerError when a
    process dies.
    """
    if jobs == 1:
        yield from map(_settled(make()).examine, paths)
        return
    spawning = get_context("spawn")
    pool = ProcessPoolExecutor(jobs, mp_context=spawning, initializer=_begin, initargs=(make,))
    try:
        yield from _in_order(pool, paths, jobs * AHEAD, chunk)
    except BrokenProcessPool as error:
        raise PixCrawlerError(
            "a process that looks at images died, perhaps for want of memory; use fewer with --jobs"
        ) from error
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def files_below(paths: Iterable[Path]) -> Iterator[Path]:
    """The files named and, in folders, all below them, sorted; what begins with a dot only if it is named.

    Symbolic links are left out within folders, and followed if they are named. A folder that cannot be read
    is yielded itself.
    """
    for path in paths:
        yield from _below(path) if path.is_dir() else (path,)


def _below(folder: Path) -> Iterator[Path]:
    closed: list[OSError] = []
    for place, folders, names in os.walk(folder, onerror=closed.append):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        files = (Path(place, name) for name in sorted(names) if not name.startswith("."))
        yield from (file for file in files if not file.is_symlink())
    yield from (Path(error.filename) for error in closed)


def _in_order(pool: ProcessPoolExecutor, paths: Iterable[Path], ahead: int, chunk: int) -> Iterator[Any]:
    source = iter(paths)
    waiting: deque[Future[list[Any]]] = deque()
    while True:
        while len(waiting) < ahead and (some := list(islice(source, chunk))):
            with _uninterrupted():
                waiting.append(pool.submit(_examine, some))
        if not waiting:
            return
        yield from waiting.popleft().result()


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Start processes in here that no Ctrl-C reaches (they inherit the mask): the first one ends them."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


_own: list[Looker[Any] | PixCrawlerError] = []
"""The looker of this process, in a worker; or why there is none."""


def _begin(make: Callable[[], Looker[Any]]) -> None:
    Thread(target=_end_with_parent, daemon=True).start()
    try:
        _own[:] = [_settled(make())]
    except PixCrawlerError as error:
        _own[:] = [error]


def _settled(own: Looker[T]) -> Looker[T]:
    """The looker, in a process that makes ready for many pictures."""
    keep_freed_memory()
    if own.detailed:
        import cv2

        cv2.setNumThreads(1)  # there is a process for each core already
    return own


def _examine(paths: Sequence[Path]) -> list[Any]:
    own = _own[0]
    if isinstance(own, PixCrawlerError):
        raise own
    return [own.examine(path) for path in paths]


def _end_with_parent() -> None:
    """A parent that was killed stops nobody: this process ends itself then."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
