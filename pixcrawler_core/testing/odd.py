"""Odd values and damage to JSON answers, and a run that only listens: what contract tests of sources need."""

from __future__ import annotations

import copy
import json
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from pixcrawler_core.crawl.plan import Page, Plan, Stream
from pixcrawler_core.records import Candidate
from pixcrawler_core.sources import PageReport

ODD_VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1.5, 10**30, float("nan"), float("inf"), "", " ", "7", "-", "<b>"),
    *("\ud800\0", "//host/x.jpg", "x" * 9999, [], [None], [[]], {}, {"": None}, [{"name": None}]),
)
"""What may stand in the place of any value; NaN and Infinity are no JSON, but written and read as if."""
WEB_PAGE = (
    b"<!doctype html>\n<html><head><title>Just a moment...</title></head><body>Are you human?</body></html>"
)


@dataclass(kw_only=True)
class Notebook:
    """A run that wants nothing, and notes how streams ended; also the session around it."""

    plan: Plan
    failures: list[str] = field(default_factory=list)
    reports: list[PageReport] = field(default_factory=list)
    records: bool = False

    @property
    def discovery(self) -> Notebook:
        return self

    async def streams(self, engine: str) -> Sequence[Stream]:
        return []

    async def unfinished(self, stream: Stream) -> AsyncIterator[Candidate]:
        nothing: Sequence[Candidate] = ()
        for candidate in nothing:
            yield candidate

    async def want_page(self, stream: Stream) -> bool:
        return False

    async def add_page(self, stream: Stream, page: Page) -> Sequence[Candidate]:
        return []

    async def report(self, stream: Stream, report: PageReport) -> None:
        self.reports.append(report)

    def refusal(self, engine: str) -> str | None:
        return None

    async def pause(self, stream: Stream, seconds: float) -> None:
        return

    async def end(self, stream: Stream, failure: str | None = None) -> None:
        self.failures.append(failure or "")


def at(value: Any, path: Sequence[str | int]) -> Any:
    """What a path of keys and positions leads to."""
    for key in path:
        value = value[key]
    return value


def paths(value: Any) -> Iterator[tuple[str | int, ...]]:
    """Paths to all values within a JSON value, itself included."""
    yield ()
    inner: Iterator[tuple[str | int, Any]] = iter(())
    if isinstance(value, dict):
        inner = iter(value.items())
    elif isinstance(value, list):
        inner = iter(enumerate(value))
    for key, each in inner:
        for path in paths(each):
            yield (key, *path)


def changed(whole: Any, path: Sequence[str | int], odd: Any) -> Any:
    """A copy with another value at the path; `...` takes it out."""
    if not path:
        return {} if odd is ... else odd
    copied = copy.deepcopy(whole)
    holder = at(copied, path[:-1])
    if odd is ...:
        del holder[path[-1]]
    else:
        holder[path[-1]] = odd
    return copied


def body_of(value: Any) -> bytes:
    """A value as the body of an answer."""
    return json.dumps(value).encode()
