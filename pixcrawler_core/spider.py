"""The Scrapy spider that every source builds on: it asks page by page for what its run wants."""

from __future__ import annotations

import asyncio
import dataclasses
import time
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any, ClassVar

from scrapy import Request, Spider
from scrapy.exceptions import IgnoreRequest

from pixcrawler_core.asking import (
    check_status,
    complete,
    failure_of,
    idle,
    report_of,
    retry_after,
    seconds_to_wait,
    turned_away,
    unreachable,
)
from pixcrawler_core.crawl.plan import Page, Stream
from pixcrawler_core.errors import WorkspaceError
from pixcrawler_core.records import Candidate
from pixcrawler_core.sources import (
    KeyedOptions,
    LayoutChanged,
    PageReport,
    SourceOptions,
    SourceProblem,
    SpiderSession,
)

if TYPE_CHECKING:
    from typing import Self

    from scrapy.crawler import Crawler
    from scrapy.http import TextResponse
    from twisted.python.failure import Failure

    from pixcrawler_core.crawl.discovery import Discovery
    from pixcrawler_core.filters import Filters

Step = Request | Candidate
"""What a spider hands to Scrapy: the next request, or a candidate for the item pipelines."""


class SourceSpider(Spider):
    """Base of all sources. A source overrides `page_request` and `parse_page`, both plain and short.

    The run that the spider works for (`discovery`) says which questions to ask, waits until a further page
    is wanted, and records what was found. `scrapy crawl NAME` makes a run of its own from the arguments
    `keywords`, `max_images`, `discover_only` and the source's options.
    """

    Options: ClassVar[type[SourceOptions]] = SourceOptions
    official: ClassVar[bool] = True
    """Whether this is an interface offered to programs, to which robots.txt is not addressed."""
    filters: ClassVar[frozenset[str]] = frozenset()
    """Fields of `Filters` that `page_request` maps to the source's own terms."""
    expected_status: ClassVar[frozenset[int]] = frozenset()
    """Statuses of errors whose answers `parse_page` reads nevertheless (a 404 that means: no results)."""

    options: Any
    session: SpiderSession

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        """A spider for the given `session`, or (from `scrapy crawl`) for one made from the arguments."""
        from pixcrawler_core.crawl.arguments import session_from_arguments

        session = kwargs.pop("session", None) or session_from_arguments(cls.name, crawler.settings, kwargs)
        spider = super().from_crawler(crawler, *args)
        spider.session = session
        spider.options = session.plan.options[cls.name]
        if not session.records:
            crawler.settings.set("ITEM_PIPELINES", {}, priority="spider")
        crawler.settings.set("DOWNLOAD_DELAY", spider.options.delay, priority="spider")
        crawler.settings.set("AUTOTHROTTLE_START_DELAY", spider.options.delay, priority="spider")
        return spider

    @property
    def discovery(self) -> Discovery:
        """The run that the spider works for."""
        return self.session.discovery

    @property
    def wanted(self) -> Filters:
        """What images are looked for, beside the words."""
        return self.session.plan.filters

    @classmethod
    def check(cls, options: Any) -> None:
        """Raise ConfigError when the source cannot work with these options."""

    def page_request(self, stream: Stream) -> Request:
        """The request for the stream's next page, from `stream.query`, `stream.page` and `stream.cursor`."""
        raise TypeError(f"source {self.name!r} must override page_request")

    def parse_page(self, response: TextResponse, stream: Stream) -> Page:
        """The page in a response. Raises Throttled, Blocked or LayoutChanged where it is none.

        It knows every answer of its source by its body: search results, records asked for as `details`.
        """
        raise TypeError(f"source {self.name!r} must override parse_page")

    async def pages(self, stream: Stream) -> AsyncIterator[Step]:
        """What to ask for the stream's next page; a source that needs no requests overrides this."""
        yield self._request(stream, 0)

    def retry_after(self, response: TextResponse) -> float | None:
        """Seconds that a throttling response asks to wait, None if it does not say."""
        return retry_after(response)

    def candidate(self, stream: Stream, image_url: str, **told: Any) -> Candidate:
        """A candidate that answers the stream's question."""
        told["engine"], told["image_url"] = self.name, image_url
        told["category"], told["query"] = stream.category, stream.query
        return Candidate(**told)

    async def start(self) -> AsyncIterator[Step]:
        """Go on with what an earlier run left, and ask for first pages; all streams side by side."""
        self._resume_at = 0.0
        queue: asyncio.Queue[Step | None] = asyncio.Queue(maxsize=100)
        streams = await self.discovery.streams(self.name)
        feeders = [asyncio.ensure_future(self._feed(stream, queue)) for stream in streams]
        try:
            for _ in range(len(feeders)):
                while (step := await queue.get()) is not None:
                    yield step
            await asyncio.gather(*feeders)
        finally:
            for feeder in feeders:
                feeder.cancel()
        await idle(self.crawler)

    async def on_page(self, response: TextResponse, stream: Stream, throttles: int) -> AsyncIterator[Step]:
        """Record a page, hand on its candidates, and ask for the next when it is wanted."""
        async for step in self._guarded(stream, self._take(response, stream, throttles)):
            yield step

    async def _take(self, response: TextResponse, stream: Stream, throttles: int) -> AsyncIterator[Step]:
        try:
            page = await self._read(response, stream)
        except SourceProblem as problem:
            report = report_of(response.url, response, problem)
            async for step in self._meet(stream, problem, report, throttles):
                yield step
            return
        await self.discovery.report(stream, report_of(response.url, response, page))
        for candidate in await self.discovery.add_page(stream, page):
            yield candidate
        async for step in self._next(stream):
            yield step

    async def on_error(self, failure: Failure) -> AsyncIterator[Step]:
        """No answer: ask again later, some times over, unless robots.txt forbids to ask at all."""
        known = failure.request.cb_kwargs  # type: ignore[attr-defined]  # Scrapy sets it
        if isinstance(failure.value, IgnoreRequest):
            await turned_away(self, known["stream"], failure)
            return
        problem, report = unreachable(failure)
        async for step in self._meet(known["stream"], problem, report, known["throttles"]):
            yield step

    async def _read(self, response: TextResponse, stream: Stream) -> Page:
        """The page in a response with all its details. Raises SourceProblem and nothing else."""
        try:
            check_status(response, self.expected_status, self.retry_after)
            return await complete(self, self.parse_page(response, stream), stream, response.body)
        except (SourceProblem, WorkspaceError):
            raise
        except Exception as error:
            self.logger.exception("%s: the parser broke", self.name)
            raise LayoutChanged(f"{error.__class__.__name__}: {error}") from error

    def of_stream(self, request: Request, stream: Stream) -> Request:
        """The request with what belongs to its query alone."""
        return request

    def prepared(self, request: Request) -> Request:
        """The request as this source sends it."""
        keyed = isinstance(self.options, KeyedOptions)
        meta = {"handle_httpstatus_list": [*range(300 if keyed else 400, 600)], "dont_redirect": keyed}
        if self.official:
            meta["dont_obey_robotstxt"] = True
        return request.replace(meta={**meta, **request.meta}, dont_filter=True)

    def _request(self, stream: Stream, throttles: int) -> Request:
        return self.prepared(self.of_stream(self.page_request(stream), stream)).replace(
            callback=self.on_page,
            errback=self.on_error,
            cb_kwargs={"stream": stream, "throttles": throttles},
        )

    async def _feed(self, stream: Stream, queue: asyncio.Queue[Step | None]) -> None:
        try:
            async for candidate in self.discovery.unfinished(stream):
                await queue.put(candidate)
            async for step in self._guarded(stream, self._next(stream)):
                await queue.put(step)
        finally:
            await queue.put(None)

    async def _next(self, stream: Stream) -> AsyncIterator[Step]:
        if await self.discovery.want_page(stream):
            await self._pause(stream)
            async for step in self.pages(stream):
                yield step

    async def _guarded(self, stream: Stream, steps: AsyncIterator[Step]) -> AsyncIterator[Step]:
        """The steps of a stream. Whatever goes wrong ends it: others would wait for it for ever."""
        try:
            async for step in steps:
                yield step
        except WorkspaceError:
            raise
        except SourceProblem as problem:
            await self._fail(stream, failure_of(problem))
        except Exception as error:
            self.logger.exception("%s: %r breaks", self.name, stream.query)
            await self._fail(stream, f"broke: {error.__class__.__name__}: {error}")

    async def _meet(
        self, stream: Stream, problem: SourceProblem, report: PageReport, throttles: int
    ) -> AsyncIterator[Step]:
        """Wait and ask again where the source wants that; else end the stream."""
        seconds = seconds_to_wait(problem, throttles)
        await self.discovery.report(stream, dataclasses.replace(report, final=seconds is None))
        if seconds is None:
            await self._fail(stream, failure_of(problem))
            return
        self.logger.info("%s: waiting %.0f s (%s)", self.name, seconds, problem)
        self._resume_at = max(self._resume_at, time.monotonic() + seconds)
        await self._pause(stream)
        yield self._request(stream, throttles + 1)

    async def _pause(self, stream: Stream) -> None:
        if (seconds := self._resume_at - time.monotonic()) > 0:
            await self.discovery.pause(stream, seconds)

    async def _fail(self, stream: Stream, failure: str) -> None:
        self.logger.warning("%s: %r ends: %s", self.name, stream.query, failure)
        await self.discovery.end(stream, failure)
