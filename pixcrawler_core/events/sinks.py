"""Gives events to sinks, each in a thread of its own, so that none of them harms the work or another one."""

from __future__ import annotations

import contextlib
import json
import logging
import queue
import threading
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from uuid import uuid4

from pixcrawler_core.catalog.fields import to_json, utc_now
from pixcrawler_core.components import Sink
from pixcrawler_core.errors import told
from pixcrawler_core.events.event import Event

if TYPE_CHECKING:
    from pixcrawler_core.components import TakeEvent
    from pixcrawler_core.config.events import EventsTable
    from pixcrawler_core.registry import Registry

WAITING = 1000
"""Events that wait for a sink; what comes while so many wait is not told to it."""
PATIENCE = 10.0
"""Seconds that `close` waits for sinks, unless another time is given."""

logger = logging.getLogger(__name__)


def _new_id() -> str:
    return uuid4().hex


class Sinks:
    """Sinks by name. `emit` never waits and never raises; what a sink does wrong is logged, with its name.

    A context manager: its end gives sinks `patience` seconds in all to take what they have not taken yet.
    """

    def __init__(
        self,
        sinks: Mapping[str, TakeEvent],
        patience: float = PATIENCE,
        now: Callable[[], datetime] = utc_now,
        new_id: Callable[[], str] = _new_id,
    ) -> None:
        self._channels = [_Channel(name, sink) for name, sink in sinks.items()]
        self._patience = patience
        self._now, self._new_id = now, new_id

    @classmethod
    def build(cls, registry: Registry, table: EventsTable) -> Self:
        """The sinks that a table `[events]` names. Raises PluginError, and what they raise when built."""
        sinks = {name: registry.build(Sink, name, table.tables.get(name)) for name in table.sinks}
        return cls(sinks, table.patience)

    def emit(self, kind: str, subject: str, details: Mapping[str, Any]) -> None:
        """Tell all sinks that something has happened; `details` are taken as they are now, as JSON."""
        if not self._channels:
            return
        plain = json.loads(to_json(details))
        event = Event(id=self._new_id(), kind=kind, at=self._now(), subject=subject, details=plain)
        for channel in self._channels:
            channel.give(event)

    def close(self) -> None:
        """Wait for what is outstanding, for `patience` seconds at most; harmless when closed already."""
        until = time.monotonic() + self._patience
        for channel in self._channels:
            channel.end()
        for channel in self._channels:
            channel.wait(until)
        self._channels = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class _Channel:
    """One sink, its thread, and what waits for it."""

    def __init__(self, name: str, sink: TakeEvent) -> None:
        self._name, self._sink = name, sink
        self._waiting: queue.Queue[Event | None] = queue.Queue(WAITING)
        self._thread = threading.Thread(target=self._run, name=f"sink-{name}", daemon=True)
        self._ended = threading.Event()

    def give(self, event: Event) -> None:
        if self._thread.ident is None:
            self._thread.start()
        try:
            self._waiting.put_nowait(event)
        except queue.Full:
            logger.warning("sink %r is too slow: it was not told of %s", self._name, _named(event))

    def end(self) -> None:
        self._ended.set()
        with contextlib.suppress(queue.Full):  # the thread ends when it has taken what waits
            self._waiting.put_nowait(None)

    def wait(self, until: float) -> None:
        if self._thread.ident is None:
            return
        self._thread.join(max(0.0, until - time.monotonic()))
        if self._thread.is_alive():
            logger.warning("sink %r is too slow: it was not waited for, and events may be lost", self._name)

    def _run(self) -> None:
        while not (self._ended.is_set() and self._waiting.empty()):
            event = self._waiting.get()
            if event is None:
                return
            try:
                self._sink(event)
            except Exception as error:  # noqa: BLE001  # a sink is somebody else's code
                logger.warning("sink %r failed at %s: %s", self._name, _named(event), told(error))


def _named(event: Event) -> str:
    return f"{event.kind} of {event.subject!r}"
