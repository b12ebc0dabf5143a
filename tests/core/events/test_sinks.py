"""Sinks are told everything in order, and none of them harms the work or another one."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pixcrawler_core.catalog.models import ActivityLog
from pixcrawler_core.events.event import Event
from pixcrawler_core.events.noting import noted
from pixcrawler_core.events.sinks import WAITING, Sinks
from pixcrawler_core.workspace import Workspace
from tests.conftest import until

AT = datetime(2026, 2, 3, 4, 5, 6, 7890, tzinfo=UTC)


def sinks(patience: float = 10, **named: Callable[[Event], None]) -> Sinks:
    numbers = iter(range(10_000))
    return Sinks(named, patience, now=lambda: AT, new_id=lambda: f"id-{next(numbers)}")


def running() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("sink-")]


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[None]:
    with Workspace(tmp_path):
        yield


def test_all_sinks_get_all_events_in_order() -> None:
    first: list[Event] = []
    second: list[Event] = []
    with sinks(first=first.append, second=second.append) as told:
        for number in range(100):
            told.emit("dataset.stored", "red-pandas", {"number": number})
    assert first == second
    assert [event.details["number"] for event in first] == list(range(100))
    assert first[7] == Event(
        id="id-7", kind="dataset.stored", at=AT, subject="red-pandas", details={"number": 7}
    )
    assert first[7].as_json() == {
        "id": "id-7",
        "kind": "dataset.stored",
        "at": "2026-02-03T04:05:06.007Z",
        "subject": "red-pandas",
        "details": {"number": 7},
    }


def test_details_are_taken_as_they_are_now_and_as_json() -> None:
    found: list[Event] = []
    details: dict[str, Any] = {"names": ("a", "b"), "at": AT}
    with sinks(found=found.append) as told:
        told.emit("k", "s", details)
        details["names"] = "changed"
    assert found[0].details == {"names": ["a", "b"], "at": str(AT)}


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="needs a zone"):
        Event(id="1", kind="k", at=AT.replace(tzinfo=None), subject="s")


def test_a_sink_that_raises_is_told_once_for_each_event(caplog: pytest.LogCaptureFixture) -> None:
    found: list[Event] = []

    def broken(event: Event) -> None:
        raise RuntimeError(f"no \n{event.id}")

    with caplog.at_level(logging.WARNING), sinks(broken=broken, found=found.append) as told:
        told.emit("dataset.stored", "red-pandas", {})
        told.emit("job.finished", "red-pandas", {})
    assert len(found) == 2
    assert [record.getMessage() for record in caplog.records] == [
        "sink 'broken' failed at dataset.stored of 'red-pandas': RuntimeError: no ?id-0",
        "sink 'broken' failed at job.finished of 'red-pandas': RuntimeError: no ?id-1",
    ]


def test_a_sink_that_hangs_holds_nobody_up(caplog: pytest.LogCaptureFixture) -> None:
    found: list[Event] = []
    free = threading.Event()

    def slow(_: Event) -> None:
        free.wait(30)

    told = sinks(0.1, slow=slow, found=found.append)
    began = time.monotonic()
    with caplog.at_level(logging.WARNING):
        for taken in (WAITING, WAITING + 3):
            for _ in range(len(found), taken):
                told.emit("k", "s", {})
            until(lambda: len(found) == taken)  # noqa: B023  # it is waited for at once
        told.close()
    assert time.monotonic() - began < 10
    messages = [record.getMessage() for record in caplog.records]
    assert set(messages[:-1]) == {"sink 'slow' is too slow: it was not told of k of 's'"}
    assert messages[-1] == "sink 'slow' is too slow: it was not waited for, and events may be lost"
    free.set()
    until(lambda: not running())


def test_nothing_is_told_after_the_end_and_no_thread_is_left() -> None:
    found: list[Event] = []
    told = sinks(found=found.append)
    told.emit("k", "s", {})
    told.close()
    told.close()
    told.emit("k", "s", {})
    assert len(found) == 1
    assert not running()


@pytest.mark.usefixtures("catalog")
def test_what_is_noted_is_told_if_it_has_a_kind() -> None:
    found: list[Event] = []
    with sinks(found=found.append) as told:
        noted(told, "stored", entity="storage", details={"unit": "datasets/dataset-a", "files": 3})
        noted(told, "run started", entity="dataset", entity_id="a", details={})
        noted(told, "images split", entity="dataset", entity_id="a", details={})
    assert [(event.kind, event.subject) for event in found] == [
        ("dataset.stored", "datasets/dataset-a"),
        ("job.started", "a"),
    ]
    assert [entry.action for entry in ActivityLog.select()] == ["stored", "run started", "images split"]
