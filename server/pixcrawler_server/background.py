"""Work that takes longer than a request: a few threads, one work at a time for each dataset, nothing lost.

What is to be done are rows of the catalog, which say so until it is done; a process that is killed leaves
them to those that start after it. Two processes never do the same: whoever works on a dataset has its lock.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field

from pixcrawler_core.errors import PixCrawlerError

logger = logging.getLogger(__name__)
AGAIN = 0.5
"""Seconds until work is tried again that somebody else was in the way of."""


class Busy(Exception):
    """Somebody else is in the way now; the work is tried again."""


class Stopped(Exception):
    """The process ends; the work is left to the next one."""


@dataclass(frozen=True, kw_only=True)
class Family:
    """A kind of work."""

    name: str
    left: Callable[[], Iterable[tuple[Hashable, Hashable]]]
    """What is to be done by the catalog: each work's id, and what it is about."""
    work: Callable[[Hashable], None]
    """Does what has this id, if it is still to be done. Raises Busy and Stopped."""


@dataclass(kw_only=True)
class _Item:
    family: Family
    id: Hashable
    about: Hashable
    due: float


@dataclass
class Background:
    """Threads that work; `closed` is called by each as it ends."""

    threads: int
    closed: Callable[[], object]
    clock: Callable[[], float] = time.monotonic
    stopping: threading.Event = field(default_factory=threading.Event)
    """Set when the process ends: long work looks at it, and leaves the rest to the next process."""

    def __post_init__(self) -> None:
        self._families: dict[str, Family] = {}
        self._items: list[_Item] = []
        self._about: set[Hashable] = set()
        self._change = threading.Condition()
        self._running: list[threading.Thread] = []

    def add_family(self, family: Family) -> None:
        """Take on a kind of work."""
        self._families[family.name] = family

    def resume(self) -> None:
        """Begin what an earlier process has left."""
        for family in self._families.values():
            for key, about in family.left():
                self.begin(family.name, key, about)

    def begin(self, family: str, key: Hashable, about: Hashable, after: float = 0.0) -> None:
        """Have something done, in `after` seconds; once, also when it was asked for already."""
        item = _Item(family=self._families[family], id=key, about=about, due=self.clock() + after)
        with self._change:
            self._items = [each for each in self._items if (each.family, each.id) != (item.family, key)]
            self._items.append(item)
            if len(self._running) < self.threads:
                thread = threading.Thread(target=self._work, name="background", daemon=True)
                self._running.append(thread)
                thread.start()
            self._change.notify_all()

    def close(self) -> None:
        """Let what is under way come to a place where it can stop, and wait for that."""
        self.stopping.set()
        with self._change:
            self._change.notify_all()
        for thread in self._running:
            thread.join()

    def _work(self) -> None:
        while (item := self._next()) is not None:
            try:
                item.family.work(item.id)
            except Stopped:
                logger.info("%s %s is left to the next process", item.family.name, item.id)
            except Busy:
                self._again(item)
            except PixCrawlerError as error:
                logger.warning("%s %s is tried again: %s", item.family.name, item.id, error)
                self._again(item)
            except Exception:  # the edge of a thread: what is wrong is told, and others' work goes on
                logger.exception("%s %s failed", item.family.name, item.id)
            finally:
                self._done(item)
        self.closed()

    def _next(self) -> _Item | None:
        """The next that is due and is about nothing that is worked on; None when the process ends."""
        with self._change:
            while not self.stopping.is_set():
                free = [each for each in self._items if each.about not in self._about]
                item = min(free, key=lambda each: each.due, default=None)
                wait = None if item is None else item.due - self.clock()
                if item is not None and wait is not None and wait <= 0:
                    self._items.remove(item)
                    self._about.add(item.about)
                    return item
                self._change.wait(wait)
            return None

    def _again(self, item: _Item) -> None:
        item.due = self.clock() + AGAIN
        with self._change:
            self._items.append(item)

    def _done(self, item: _Item) -> None:
        with self._change:
            self._about.discard(item.about)
            self._change.notify_all()
