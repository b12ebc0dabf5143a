"""What a spider does with an answer before and after it is parsed: statuses, details, its report."""

from __future__ import annotations

import asyncio
import dataclasses
import re
import time
from collections.abc import Callable, Iterator
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from pixcrawler_core.crawl.plan import Page, Stream
from pixcrawler_core.crawl.ranking import ranked
from pixcrawler_core.records import Candidate
from pixcrawler_core.sources import (
    Blocked,
    PageClass,
    PageReport,
    SourceProblem,
    Throttled,
    Unreachable,
    place,
)

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import TextResponse
    from twisted.python.failure import Failure

    from pixcrawler_core.spider import SourceSpider

MAX_WAIT = 120.0
"""Longest time in seconds that a throttled source is waited for; longer ends its stream for this run."""
MAX_THROTTLES = 4
"""Times in a row that one page may be throttled."""
_SEPARATORS = re.compile(r"\s*[,;\n]\s*")


def check_status(
    response: TextResponse, expected: frozenset[int], wait: Callable[[TextResponse], float | None]
) -> None:
    """Raise Throttled, Unreachable, Blocked or SourceProblem for a response whose status tells of one."""
    told = f"HTTP {response.status} from {place(response.url)}"
    if response.status in expected:
        return
    if response.status in (429, 503):
        raise Throttled(told, wait(response))
    if response.status == 408 or response.status >= 500:
        raise Unreachable(told, wait(response))
    if response.status in (401, 402, 403):
        raise Blocked(told)
    if response.status >= 400:
        raise SourceProblem(told)


def retry_after(response: TextResponse) -> float | None:
    """Seconds that a response asks to wait (RFC 9110, 10.2.3), None if it does not say."""
    value = (response.headers.get("Retry-After") or b"").decode("latin-1").strip()
    if value.isascii() and value.isdigit():
        return float(value)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except ValueError:
        return None


def class_of(page: Page) -> PageClass:
    """A page with nothing on it is empty only if it is the last: it may be a step on the way."""
    return PageClass.OK if page.candidates or page.details or not page.done else PageClass.EMPTY


def seconds_to_wait(problem: SourceProblem, throttles: int) -> float | None:
    """How long to wait before the same page is asked for again; None if it is not."""
    if not isinstance(problem, Throttled) or throttles >= MAX_THROTTLES:
        return None
    seconds = problem.seconds if problem.seconds is not None else 2.0 ** (throttles + 1)
    return seconds if seconds <= MAX_WAIT else None


def failure_of(problem: SourceProblem) -> str:
    """The words with which a stream ends."""
    if isinstance(problem, Unreachable):
        return f"unreachable: {problem}"
    seconds = problem.seconds if isinstance(problem, Throttled) else None
    asks = f"; asks to come back in {seconds:.0f} s" if seconds else ""
    return f"{problem.page_class.replace('_', '-')}: {problem}{asks}"


def report_of(url: str, response: TextResponse | None, found: Page | SourceProblem) -> PageReport:
    """The class of an answer, and what it was told by."""
    status = response.status if response is not None else None
    if isinstance(found, Page):
        return PageReport(page_class=class_of(found), url=place(url), status=status)
    return PageReport(
        page_class=found.page_class,
        url=place(url),
        status=status,
        marker=str(found),
        body=response.body if response is not None else b"",
        wait=found.seconds if isinstance(found, Throttled) else None,
    )


def ignored(failure: Failure) -> str:
    """The words with which a stream ends whose request was not made: for robots.txt, or a block."""
    return f"blocked: {failure.getErrorMessage().removeprefix('blocked: ')}"


def unreachable(failure: Failure) -> tuple[Unreachable, PageReport]:
    """The problem and the report of a request without an answer."""
    url = failure.request.url  # type: ignore[attr-defined]  # Scrapy sets it
    problem = Unreachable(failure.getErrorMessage().replace(url, place(url)))
    return problem, report_of(url, None, problem)


async def complete(spider: SourceSpider, page: Page, stream: Stream) -> Page:
    """The page with the candidates of its details, which are asked for side by side, best first.

    A record that is missing or odd is left out; when none could be had, the first problem is raised.
    """
    if not page.details:
        return dataclasses.replace(page, candidates=ranked(page.candidates))
    asked = (_detail(spider, request, stream) for request in page.details)
    answers = await asyncio.gather(*asked, return_exceptions=True)
    problems = [answer for answer in answers if isinstance(answer, BaseException)]
    found = [candidate for answer in answers if isinstance(answer, list) for candidate in answer]
    fatal = [each for each in problems if not isinstance(each, SourceProblem)]
    if fatal or (problems and not found and not page.candidates):
        raise (fatal or problems)[0]
    return dataclasses.replace(page, candidates=ranked([*page.candidates, *found]), details=())


async def _detail(spider: SourceSpider, request: Request, stream: Stream) -> list[Candidate]:
    engine = spider.crawler.engine
    assert engine is not None  # noqa: S101  # the spider runs
    response = await engine.download_async(spider.prepared(spider.of_stream(request, stream)))
    check_status(response, spider.expected_status, spider.retry_after)  # type: ignore[arg-type]  # text
    return list(spider.parse_page(response, stream).candidates)  # type: ignore[arg-type]


async def idle(crawler: Crawler) -> None:
    """Wait until all items are done; Scrapy itself looks every five seconds only."""
    engine: Any = crawler.engine
    items = engine.scraper.slot
    while items is not None and not items.is_idle():
        await asyncio.sleep(0.02)


def split_keywords(text: str) -> Iterator[str]:
    """Keywords in a command-line argument, parted by commas or semicolons."""
    return (word for word in _SEPARATORS.split(text.strip()) if word)
