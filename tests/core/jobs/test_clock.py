"""The time of leases, for machines whose clocks differ."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from pixcrawler_core.catalog.fields import utc_now
from pixcrawler_core.jobs.clock import EVERY, CatalogClock
from pixcrawler_core.workspace import Workspace

HOUR = timedelta(hours=1)


def in_an_hour() -> datetime:
    return utc_now() + HOUR


def test_leases_go_by_the_clock_of_the_server(postgres_url: str, tmp_path: Path) -> None:
    going = [100.0]
    with Workspace(tmp_path, postgres_url) as workspace:
        clock = CatalogClock(database=workspace.open(), wall=in_an_hour, monotonic=lambda: going[0])
        first = clock()
        assert abs(first - utc_now()) < timedelta(minutes=1)
        going[0] += EVERY / 2
        assert clock() - first == timedelta(seconds=EVERY / 2)
        going[0] += EVERY  # asked again, it tells that less has gone by
        assert clock() - first < timedelta(seconds=EVERY)


def test_without_a_server_they_go_by_that_of_the_machine(tmp_path: Path) -> None:
    with Workspace(tmp_path) as workspace:
        clock = CatalogClock(database=workspace.open(), wall=in_an_hour)
        assert clock() - utc_now() == pytest.approx(HOUR, abs=timedelta(minutes=1))
