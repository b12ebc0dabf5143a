from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from pixcrawler_core.crawl.health import Health, SavedPages, Standing
from pixcrawler_core.secrets import Mask
from pixcrawler_core.sources import PageClass, PageReport

START = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.time = START

    def __call__(self) -> datetime:
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def health(clock: Clock) -> Health:
    return Health(seconds={"blocked": 3600, "throttled": 180, "failed": 0}, now=clock)


def bad(page_class: PageClass, **told: object) -> PageReport:
    told = {"marker": "a captcha", "url": "https://e.example/", **told}
    return PageReport(page_class=page_class, **told)  # type: ignore[arg-type]


def test_a_blocked_source_is_left_alone_and_asked_again_later(health: Health, clock: Clock) -> None:
    assert health.suspended("e") is None
    standing = health.note("e", bad(PageClass.BLOCKED))
    assert standing is not None
    assert "e" in health.stopped
    told = health.suspended("e") or ""
    assert told.startswith("suspended until 2026-05-01 13:00:00 UTC (blocked: a captcha)")
    assert "pixcrawler sources check e" in told
    assert health.note("e", bad(PageClass.FAILED)) is None
    assert health.suspended("e"), "no answer is no reason to ask again"
    clock.time += timedelta(seconds=3601)
    assert health.suspended("e") is None
    again = health.note("e", PageReport(page_class=PageClass.OK))
    assert again == Standing(page_class=PageClass.OK, since=clock.time)


def test_a_source_that_is_waited_for_is_counted_and_not_suspended(health: Health) -> None:
    assert health.note("e", bad(PageClass.THROTTLED, final=False)) is None
    assert health.suspended("e") is None
    health.note("e", PageReport(page_class=PageClass.OK))
    assert health.as_json()["e"]["pages"] == {"ok": 1, "throttled": 1}


def test_the_time_that_a_source_asks_for_counts(health: Health) -> None:
    standing = health.note("e", bad(PageClass.THROTTLED, wait=900.0))
    assert standing is not None
    assert standing.until == START + timedelta(seconds=900)


def test_a_failure_suspends_nobody_by_itself(health: Health) -> None:
    health.note("e", bad(PageClass.FAILED))
    assert health.suspended("e") is None
    assert health.as_json()["e"]["state"] == "failed"
    assert health.as_json()["e"]["evidence"] == {"url": "https://e.example/", "marker": "a captcha"}


def test_what_is_told_has_no_keys_and_no_hosts_of_endpoints(clock: Clock) -> None:
    health = Health(now=clock, mask=Mask([SecretStr("e.example"), SecretStr("sesame")]))
    health.note("e", bad(PageClass.FAILED, marker="no answer of e.example for sesame"))
    told = {"url": "https://***/", "marker": "no answer of *** for ***"}
    assert health.as_json()["e"]["evidence"] == told


def test_ordinary_answers_are_recorded_once(health: Health) -> None:
    assert health.note("e", PageReport(page_class=PageClass.OK)) is not None
    assert health.note("e", PageReport(page_class=PageClass.EMPTY)) is None
    assert health.as_json()["e"]["pages"] == {"empty": 1, "ok": 1}


def test_pages_of_problems_are_kept(tmp_path: Path, clock: Clock) -> None:
    health = Health(now=clock, keep=SavedPages(tmp_path / "pages", clock).keep)
    health.note("e", bad(PageClass.BLOCKED, body=b"<html>captcha"))
    name = health.as_json()["e"]["evidence"]["page"]
    assert name == "e-20260501T120000000000-blocked.html"
    assert (tmp_path / "pages" / name).read_bytes() == b"<html>captcha"


def test_a_class_that_suspends_nobody_any_more_lifts_what_there_is(health: Health) -> None:
    health.note("e", bad(PageClass.BLOCKED))
    health.seconds = {"blocked": 0}
    assert health.suspended("e") is None
