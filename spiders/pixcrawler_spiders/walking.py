"""Base of the sources that visit addresses which the user names, and what is reached from them."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field, StringConstraints
from scrapy import Request
from scrapy.exceptions import IgnoreRequest
from scrapy.http import TextResponse

from pixcrawler_core.answers import plain
from pixcrawler_core.crawl.plan import Page, Stream
from pixcrawler_core.errors import ConfigError
from pixcrawler_core.records import Candidate
from pixcrawler_core.sources import (
    Blocked,
    LayoutChanged,
    PageReport,
    SourceOptions,
    SourceProblem,
    Throttled,
    Unreachable,
    place,
)
from pixcrawler_core.spider import SourceSpider, Step
from pixcrawler_spiders.finds import Found
from pixcrawler_spiders.frontier import Frontier
from pixcrawler_spiders.markup import host_of
from pixcrawler_spiders.matching import file_words, matches
from pixcrawler_spiders.sitemaps import unpacked

if TYPE_CHECKING:
    from twisted.python.failure import Failure

    from pixcrawler_core.crawl.discovery import Discovery

MISSES = 10
"""Pages in a row without an answer, or refused, after which nothing more is asked for."""
TRIES = 2
"""Times that a page is asked for when its host does not answer or has an error."""
NO_ANSWER = 0
"""Stands for the status where no answer came."""
Address = Annotated[str, StringConstraints(pattern="^https?://[^\\s]+$", max_length=4096)]


class WalkOptions(SourceOptions):
    """Options of a source that visits addresses which the user names."""

    delay: float = Field(default=1.0, ge=0, le=600, description="Least seconds between two requests.")
    start: tuple[Address, ...] = Field(default=(), description="Addresses to begin with.")
    match: Literal["all", "keywords"] = Field(
        default="all",
        description="`all` takes every image, since the addresses were chosen; `keywords` takes those whose "
        "title, alternative text, caption, tags, file name or page title have all words of the keyword.",
    )
    max_pages: int = Field(default=500, ge=1, le=10_000, description="Most addresses that are asked for.")
    min_side: int = Field(
        default=64,
        ge=0,
        description="Images that are shown or described as narrower or lower than this many pixels are "
        "skipped: icons, spacers. What the pages do not describe is measured once it was fetched.",
    )


@dataclass(frozen=True, kw_only=True)
class Visit:
    """What one address gave."""

    found: Iterable[Found] = ()
    title: str | None = None
    page_url: str | None = None
    links: Sequence[tuple[str, int]] = ()
    """Addresses to go on to, each with its depth."""
    problem: SourceProblem | None = None
    """Why its images are not taken although it was read."""


class OnePlace:
    """A run as these sources see it: a problem of one place says nothing about the others.

    So problems are counted, but the source as a whole is neither stopped nor left alone for them.
    """

    def __init__(self, discovery: Discovery) -> None:
        self._discovery = discovery

    def __getattr__(self, name: str) -> Any:
        return getattr(self._discovery, name)

    async def report(self, stream: Stream, report: PageReport) -> None:
        await self._discovery.report(stream, dataclasses.replace(report, final=False))


class WalkingSpider(SourceSpider):
    """Visits page after page, breadth first; a page that fails is passed over.

    A subclass overrides `visit`.
    """

    official = False
    Options: ClassVar[type[WalkOptions]] = WalkOptions
    _told: frozenset[str] = frozenset()
    """Hosts whose refusals were told."""
    expected_status = frozenset({NO_ANSWER, *range(400, 600)} - {429})

    @classmethod
    def check(cls, options: Any) -> None:
        if not options.start:
            raise ConfigError(
                f"source {cls.name!r} needs addresses to begin with: "
                f'[sources.{cls.name}] start = ["https://example.org/gallery"]'
            )

    @property
    def discovery(self) -> Discovery:
        run: Any = OnePlace(super().discovery)
        found: Discovery = run
        return found

    def visit(self, response: TextResponse, url: str, depth: int) -> Visit:
        """What the answer to a request for `url` holds. Raises SourceProblem where it is of no use."""
        raise TypeError(f"source {self.name!r} must override visit")

    def beginnings(self) -> list[str]:
        """The addresses to begin with."""
        return list(self.options.start)

    def frontier(self, stream: Stream) -> Frontier:
        """What the stream has still to visit."""
        return Frontier.of(stream.cursor, self.beginnings(), self.options.max_pages)

    async def pages(self, stream: Stream) -> AsyncIterator[Step]:
        if not self.frontier(stream).todo:
            await self.discovery.end(stream)
            return
        async for step in super().pages(stream):
            yield step

    def page_request(self, stream: Stream) -> Request:
        todo = self.frontier(stream).todo
        if not todo:
            raise SourceProblem("no address is left to visit")
        return Request(todo[0][0])

    def parse_page(self, response: TextResponse, stream: Stream) -> Page:
        frontier = self.frontier(stream)
        url, depth, tries = frontier.take(response.url)
        frontier.see(response.url)
        problem, visit = self._problem(response), Visit()
        if problem is None:
            frontier.misses = 0
            try:
                visit = self.visit(response, url, depth)
            except Throttled:
                raise
            except SourceProblem as error:
                problem = error
            except Exception as error:
                self.logger.exception("%s: cannot read %s", self.name, place(url))
                problem = LayoutChanged(f"{place(url)}: {error.__class__.__name__}: {error}")
        elif response.flags[:1] != ["robots"]:
            frontier.misses += 1
            if (response.status == NO_ANSWER or response.status >= 500) and tries + 1 < TRIES:
                frontier.todo.append((url, depth, tries + 1))
        return self._page(stream, frontier, visit, problem or visit.problem, response.url)

    async def on_error(self, failure: Failure) -> AsyncIterator[Step]:
        """No answer: the page is passed over, as one with an error."""
        request = failure.request  # type: ignore[attr-defined]  # Scrapy sets it
        forbidden = isinstance(failure.value, IgnoreRequest)
        told = failure.getErrorMessage().replace(request.url, place(request.url))
        answer = TextResponse(
            request.url, status=NO_ANSWER, flags=["robots" if forbidden else "unreachable", told]
        )
        async for step in self.on_page(answer, **request.cb_kwargs):
            yield step

    def _problem(self, response: TextResponse) -> SourceProblem | None:
        """What the status tells of; raises Throttled where the host says when to come back."""
        where = place(response.url)
        if response.status == NO_ANSWER:
            kind, told = (*response.flags, "", "")[:2]
            return (Blocked if kind == "robots" else Unreachable)(f"{where}: {told}")
        if response.status < 400:
            return None
        told = f"HTTP {response.status} from {where}"
        if response.status == 503 and (seconds := self.retry_after(response)) is not None:
            raise Throttled(told, seconds)
        return Blocked(told) if response.status in (401, 402, 403, 451) else SourceProblem(told)

    def _page(
        self, stream: Stream, frontier: Frontier, visit: Visit, problem: SourceProblem | None, url: str
    ) -> Page:
        for target, depth in visit.links:
            frontier.add(target, depth)
        if problem is None:
            frontier.read += 1
        else:
            self._tell(problem, host_of(url))
            frontier.first = frontier.first or (problem.page_class.value, str(problem))
            if frontier.misses >= MISSES:
                raise problem
            if not (frontier.todo or frontier.read):
                raise frontier.problem(problem)
        wanted = (found for found in visit.found if self._wanted(stream, found, visit))
        candidates = [self._candidate(stream, found, visit, url) for found in wanted]
        return Page(candidates=candidates, cursor=frontier.cursor(), done=not frontier.todo)

    def _tell(self, problem: SourceProblem, host: str) -> None:
        """Log why a page is passed over: for all to see the first time that a host refuses something."""
        news = isinstance(problem, Blocked) and host not in self._told
        self._told = self._told | {host} if news else self._told
        self.logger.log(logging.WARNING if news else logging.INFO, "%s: passed over: %s", self.name, problem)

    def _wanted(self, stream: Stream, found: Found, visit: Visit) -> bool:
        if self.options.match == "all":
            return True
        words = (found.title, found.alt, found.caption, *found.tags, file_words(found.url), visit.title)
        return matches(stream.query, words)

    def _candidate(self, stream: Stream, found: Found, visit: Visit, url: str) -> Candidate:
        told = found.told()
        told["page_url"] = told["page_url"] or visit.page_url
        told["site"] = host_of(told["page_url"] or url) or None
        if visit.title:
            told["extra"] = {**told["extra"], "page_title": plain(visit.title)}
        asked = stream.question
        return Candidate(
            engine=self.name, category=asked.category, query=asked.query, image_url=found.url, **told
        )


def text_of(response: TextResponse) -> str:
    """The text of an answer, also of one that is a gzip file."""
    body = unpacked(response.body)
    if body is response.body and isinstance(response, TextResponse):
        return response.text
    return body.decode("utf-8", "replace")
