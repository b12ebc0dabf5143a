from __future__ import annotations

import asyncio
from email.utils import formatdate

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixcrawler_core.fetch.failure import Failure
from pixcrawler_core.fetch.retry import LONGEST_BACKOFF, Retries, retry_after

NOW = 1_700_000_000.0


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("", None),
        ("0", 0),
        (" 120 ", 120),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("٣", None),
        ("9" * 400, 999_999_999),
        (formatdate(NOW + 30, usegmt=True), 30),
        (formatdate(NOW - 30, usegmt=True), 0),
        ("Tuesday, 14-Nov-23 22:13:50 GMT", 30),
        ("Tue, 14 Nov 2023 22:13:50", 30),
        ("Mon, 01 Jan 0001 00:00:00 +2359", 0),
    ],
)
def test_retry_after(value: str | None, seconds: float | None) -> None:
    assert retry_after(value, lambda: NOW) == seconds


@settings(max_examples=100, deadline=None)
@given(
    st.text(max_size=40) | st.from_regex(r"[A-Z][a-z]{2}, \d{1,4} [A-Z][a-z]{2} \d{1,6} \d+:\d+:\d+ .{0,6}")
)
def test_any_retry_after_is_read_or_ignored(value: str) -> None:
    seconds = retry_after(value, lambda: NOW)
    assert seconds is None or seconds >= 0


class Attempts:
    """Fails with the given failures in turn, then succeeds."""

    def __init__(self, *failures: Failure) -> None:
        self.failures = list(failures)
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    async def attempt(self) -> str:
        if self.failures:
            raise self.failures.pop(0)
        return "done"

    def run(self, retries: int = 3, draw: float = 1.0) -> str:
        policy = Retries(retries=retries, backoff=0.5, max_wait=60, sleep=self.sleep, random=lambda: draw)
        return asyncio.run(policy.run(self.attempt))


def passing(status: int | None = None, after: float | None = None) -> Failure:
    return Failure("x", "x", passing=True, status=status, retry_after=after)


def test_backoff_doubles_up_to_its_bound_with_full_jitter() -> None:
    attempts = Attempts(*(passing() for _ in range(9)))
    assert attempts.run(retries=9) == "done"
    assert attempts.slept == [0.5, 1, 2, 4, 8, 16, LONGEST_BACKOFF, LONGEST_BACKOFF, LONGEST_BACKOFF]
    attempts = Attempts(passing(), passing())
    attempts.run(draw=0.25)
    assert attempts.slept == [0.125, 0.25]


def test_last_failure_is_raised() -> None:
    last = passing()
    attempts = Attempts(passing(), passing(), last)
    with pytest.raises(Failure) as problem:
        attempts.run(retries=2)
    assert problem.value is last
    assert len(attempts.slept) == 2


@pytest.mark.parametrize("failure", [Failure("x", "x"), Failure("x", "x", passing=True, again=False)])
def test_what_is_not_worth_it_is_not_tried_again(failure: Failure) -> None:
    attempts = Attempts(failure)
    with pytest.raises(Failure):
        attempts.run()
    assert attempts.slept == []


def test_retry_after_is_waited_for_or_too_long() -> None:
    attempts = Attempts(passing(500, 60))
    attempts.run()
    assert attempts.slept == [60]
    attempts = Attempts(passing(500, 61))
    with pytest.raises(Failure) as problem:
        attempts.run()
    assert (problem.value.reason, problem.value.passing, problem.value.again) == ("throttled", True, False)
    assert attempts.slept == []


def test_a_host_that_throttles_is_paused_as_a_whole() -> None:
    attempts = Attempts(passing(429, 60), passing(503, 60))
    attempts.run()
    assert attempts.slept == [0.5, 1]
