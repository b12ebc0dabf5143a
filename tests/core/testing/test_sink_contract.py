"""The contract of sinks finds what is wrong with one."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, cast

import pytest

from pixcrawler_core.components import Sink, TakeEvent
from pixcrawler_core.events.event import Event
from pixcrawler_core.testing.contracts import SinkContract


class Listed(SinkContract):
    """The contract of a sink that gets a list, to which it is to add ids."""

    def __init__(self, take: Callable[[list[str], Event], None]) -> None:
        self.found: list[str] = []
        build = cast("Callable[[Any], TakeEvent]", lambda _: lambda event: take(self.found, event))
        self.component = Sink(name="odd", summary="Odd.", build=build)

    def arrived(self, folder: Path) -> Sequence[str]:
        return self.found


def strict(found: list[str], event: Event) -> None:
    found.append(event.id)
    event.subject.encode()


def loses(found: list[str], event: Event) -> None:
    if not found or event.id != "39":
        found.append(event.id)


def test_a_good_sink_passes(tmp_path: Path) -> None:
    lock = threading.Lock()

    def good(found: list[str], event: Event) -> None:
        with lock:
            found.append(event.id)

    Listed(good).test_it_takes_any_event(tmp_path)
    Listed(good).test_it_leaves_events_as_they_are(tmp_path)
    Listed(good).test_it_runs_in_threads(tmp_path)


def test_a_sink_that_is_strict_is_found(tmp_path: Path) -> None:
    with pytest.raises(UnicodeEncodeError):
        Listed(strict).test_it_takes_any_event(tmp_path)


def test_a_sink_that_loses_events_is_found(tmp_path: Path) -> None:
    with pytest.raises(AssertionError):
        Listed(loses).test_it_runs_in_threads(tmp_path)
    with pytest.raises(AssertionError):
        Listed(lambda found, event: found.insert(0, event.id)).test_it_takes_any_event(tmp_path)
