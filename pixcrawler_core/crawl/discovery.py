"""What a spider asks of the run it works for, and the small run that only looks what there is."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Sequence
from typing import Protocol

from pixcrawler_core.crawl.plan import Page, Plan, Stream
from pixcrawler_core.records import Candidate
from pixcrawler_core.sources import PageClass, PageReport
from pixcrawler_core.urls import url_key


class Discovery(Protocol):
    """A spider's view of its run."""

    async def streams(self, engine: str) -> Sequence[Stream]:
        """The questions for an engine, each where an earlier run left it."""
        ...

    def unfinished(self, stream: Stream) -> AsyncIterator[Candidate]:
        """Candidates that an earlier run found and did not finish."""
        ...

    async def want_page(self, stream: Stream) -> bool:
        """Wait until the stream's next page is wanted; False when it never will be."""
        ...

    async def add_page(self, stream: Stream, page: Page) -> Sequence[Candidate]:
        """Record a page; returns the candidates to go on with."""
        ...

    async def report(self, stream: Stream, report: PageReport) -> None:
        """Take note of the class of an answer."""
        ...

    def refusal(self, engine: str) -> str | None:
        """Why a source is not asked again in this run; None if it may be."""
        ...

    async def pause(self, stream: Stream, seconds: float) -> None:
        """Wait this long, or until nothing more is wanted from the stream."""
        ...

    async def end(self, stream: Stream, failure: str | None = None) -> None:
        """Nothing more comes from this stream; `failure` says why, if it broke."""
        ...


class Survey:
    """A run that only discovers: nothing is fetched, nothing recorded; stops at `limit` per category."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.found: dict[str, int] = {}
        self.failures: dict[str, str] = {}
        self.reports: list[tuple[str, PageReport]] = []
        self._seen: set[tuple[str, int]] = set()

    async def streams(self, engine: str) -> Sequence[Stream]:
        questions = enumerate(self.plan.questions)
        return [Stream(order=order, question=asked) for order, asked in questions if asked.engine == engine]

    async def unfinished(self, stream: Stream) -> AsyncIterator[Candidate]:
        nothing: Sequence[Candidate] = ()
        for candidate in nothing:
            yield candidate

    async def want_page(self, stream: Stream) -> bool:
        return not stream.done and not self._full(stream.category)

    async def add_page(self, stream: Stream, page: Page) -> Sequence[Candidate]:
        fresh = [
            dataclasses.replace(candidate, page=stream.page, rank=rank)
            for rank, candidate in enumerate(page.candidates)
            if self.plan.misfit(candidate) is None and self._is_new(candidate)
        ]
        stream.page += 1
        stream.cursor, stream.done = page.cursor, page.done
        return fresh

    async def report(self, stream: Stream, report: PageReport) -> None:
        self.reports.append((stream.engine, report))

    def refusal(self, engine: str) -> str | None:
        answers = (report for name, report in self.reports if name == engine)
        refused = next((report for report in answers if report.page_class is PageClass.BLOCKED), None)
        return None if refused is None else f"blocked: {refused.marker}"

    async def pause(self, stream: Stream, seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def end(self, stream: Stream, failure: str | None = None) -> None:
        if failure is not None:
            self.failures[f"{stream.engine}: {stream.query}"] = failure

    def _is_new(self, candidate: Candidate) -> bool:
        try:
            key = (candidate.category, url_key(candidate.image_url))
        except ValueError:
            return False
        if key in self._seen or self._full(candidate.category):
            return False
        self._seen.add(key)
        self.found[candidate.category] = self.found.get(candidate.category, 0) + 1
        return True

    def _full(self, category: str) -> bool:
        wanted = self.plan.wanted.get(category, self.plan.default_wanted)
        return wanted is not None and self.found.get(category, 0) >= wanted
