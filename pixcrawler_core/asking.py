"""What a spider does with an answer before and after it is parsed: statuses, details, its report."""

from __future__ import annotations

import asyncio
import dataclasses
import hashlib
import re
import time
from collections.abc import Callable, Iterator
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from scrapy.exceptions import IgnoreRequest

from pixcrawler_core.crawl.plan import Page, Stream
from pixcrawler_core.crawl.ranking import ranked
from pixcrawler_core.sources import (
    Blocked,
    LayoutChanged,
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
    if response.status >= 300:
        raise SourceProblem(told)


def retry_after(response: TextResponse) -> float | None:
    """Seconds that a response asks to wait (RFC 9110, 10.2.3), None if it does not say."""
    value = (response.headers.get("Retry-After") or b"").decode("latin-1").strip()
    if value.isascii() and value.isdigit():
        return float(value[:12])
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


async def turned_away(spider: SourceSpider, stream: Stream, failure: Failure) -> None:
    """End a stream whose request was not made: for robots.txt, or since its source is blocked."""
    told, refused = failure.getErrorMessage(), spider.discovery.refusal(stream.engine)
    if refused is None:
        url = place(failure.request.url)  # type: ignore[attr-defined]  # Scrapy sets it
        await spider.discovery.report(stream, PageReport(page_class=PageClass.BLOCKED, url=url, marker=told))
    await spider.discovery.end(stream, refused or f"blocked: {told}")


def unreachable(failure: Failure) -> tuple[Unreachable, PageReport]:
    """The problem and the report of a request without an answer."""
    url = failure.request.url  # type: ignore[attr-defined]  # Scrapy sets it
    problem = Unreachable(failure.getErrorMessage().replace(url, place(url)))
    return problem, report_of(url, None, problem)


async def complete(spider: SourceSpider, page: Page, stream: Stream, body: bytes = b"") -> Page:
    """The page with the candidates of its details, which are asked for side by side, best first.

    `body` is that of the answer with the page; digests of it and of the details make its `answer`.

    A record that is missing or odd is left out. A source that refuses or throttles is a problem of the whole
    page, as is one of which most records cannot be had; the page is then asked for again, or not at all.
    """
    asked = (_detail(spider, request, stream) for request in page.details)
    answers = await asyncio.gather(*asked, return_exceptions=True)
    details = [answer for answer in answers if isinstance(answer, Page)]
    found = [candidate for detail in details for candidate in detail.candidates]
    problems = [answer for answer in answers if isinstance(answer, BaseException)]
    for problem in problems:
        refused = isinstance(problem, Blocked | Throttled) and not isinstance(problem, Unreachable)
        if refused or not isinstance(problem, SourceProblem) or 2 * len(problems) > len(page.details):
            raise problem
        spider.logger.warning("%s: a record is left out: %s", spider.name, problem)
    digest = hashlib.sha256(body + b"".join(bytes.fromhex(each.answer or "") for each in details))
    candidates = ranked([*page.candidates, *found])
    return dataclasses.replace(page, candidates=candidates, details=(), answer=digest.hexdigest())


async def _detail(spider: SourceSpider, request: Request, stream: Stream) -> Page:
    engine: Any = spider.crawler.engine
    asked = spider.prepared(spider.of_stream(request, stream)).replace(cb_kwargs={"stream": stream})
    try:
        response = await engine.download_async(asked)
    except IgnoreRequest as error:
        raise Blocked(str(error)) from error
    except Exception as error:
        raise Unreachable(str(error).replace(asked.url, place(asked.url))) from error
    check_status(response, spider.expected_status, spider.retry_after)
    try:
        page = spider.parse_page(response, stream)
        return dataclasses.replace(page, answer=hashlib.sha256(response.body).hexdigest())
    except SourceProblem:
        raise
    except Exception as error:
        raise LayoutChanged(f"{error.__class__.__name__}: {error}") from error


async def idle(crawler: Crawler) -> None:
    """Wait until all items are done; Scrapy itself looks every five seconds only."""
    engine: Any = crawler.engine
    items = engine.scraper.slot
    while items is not None and not items.is_idle():
        await asyncio.sleep(0.02)


def split_keywords(text: str) -> Iterator[str]:
    """Keywords in a command-line argument, parted by commas or semicolons."""
    return (word for word in _SEPARATORS.split(text.strip()) if word)
