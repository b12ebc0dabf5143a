"""What holds for sinks."""

# ruff: noqa: S101  # these are tests

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from pixcrawler_core.components import Sink, TakeEvent
from pixcrawler_core.events.event import Event
from pixcrawler_core.testing.contracts.part import PartContract

AT = datetime(2026, 2, 3, 4, 5, 6, 7890, tzinfo=UTC)
ODD = "<b>a\0\r\n\u202e\ud800'\"</b>"
"""A text from the web."""
EVENTS = (
    Event(id="1", kind="job.finished", at=AT, subject="red-pandas", details={"accepted": 200}),
    Event(id="2", kind=ODD, at=AT, subject=ODD, details={ODD: [ODD, None, {"": 1.5}]}),
    Event(id="3", kind="a", at=AT.astimezone(timezone(timedelta(hours=9))), subject="", details={}),
    Event(id="4", kind="a", at=AT, subject="s" * 10_000, details={"images": ["i" * 100] * 1000}),
)
"""Events that every sink takes."""


class SinkContract(PartContract):
    """What holds for every sink: it takes any event, in any thread, and leaves it as it is."""

    component: Sink

    def table(self, folder: Path) -> Mapping[str, Any]:
        """The options of a sink that has a folder for itself."""
        return self.options

    def arrived(self, folder: Path) -> Sequence[str] | None:
        """The ids of the events that came to where they go, in their order; None if that cannot be seen."""
        return None

    def opened(self, folder: Path) -> TakeEvent:
        """The sink, built as the registry builds it."""
        model = self.component.options
        sink: TakeEvent = self.component.build(model(**self.table(folder)) if model else None)
        return sink

    def test_it_takes_any_event(self, tmp_path: Path) -> None:
        """Whatever stands in it, in the order in which they happened."""
        sink = self.opened(tmp_path)
        for event in EVENTS:
            sink(event)
        assert self.arrived(tmp_path) in (None, ["1", "2", "3", "4"])

    def test_it_leaves_events_as_they_are(self, tmp_path: Path) -> None:
        """Other sinks get the same one."""
        sink = self.opened(tmp_path)
        before = [event.as_json() for event in EVENTS]
        for event in EVENTS:
            sink(event)
        assert [event.as_json() for event in EVENTS] == before

    def test_it_runs_in_threads(self, tmp_path: Path) -> None:
        """Several of them, and several of the kind with the same options, lose nothing."""
        events = [Event(id=str(number), kind="k", at=AT, subject="s") for number in range(40)]
        sinks = [self.opened(tmp_path) for _ in range(4)]
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda event: sinks[int(event.id) % 4](event), events))
        found = self.arrived(tmp_path)
        assert found is None or sorted(found, key=int) == [event.id for event in events]
