"""What tests of sources with web pages share: the contract over HTML, a walk through a simulated engine."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar
from urllib.parse import unquote, urlsplit

from scrapy import Request
from scrapy.http import HtmlResponse, TextResponse

from pixcrawler_core.components import Source
from pixcrawler_core.crawl.plan import Page, Plan, Question, Stream
from pixcrawler_core.filters import Filters
from pixcrawler_core.sources import SourceProblem
from pixcrawler_core.spider import SourceSpider
from pixcrawler_core.testing.odd import Notebook
from pixcrawler_core.testing.sources import SourceContract
from pixcrawler_core.testing.web import SimulatedWeb
from pixcrawler_core.testing.web.client import get
from pixcrawler_core.urls import canonical_url

TERMS = {"accept_terms": True}


def spider_of(source: Source, options: Mapping[str, Any], **filters: Any) -> SourceSpider:
    """A spider with options, for a job with filters."""
    spider = source.spider()
    spider.options = source.options(**options)
    wanted = Filters(**filters)
    plan = Plan(
        wanted={},
        default_wanted=None,
        questions=(),
        options={spider.name: spider.options},
        filters=wanted,
    )
    spider.session = Notebook(plan=plan)
    return spider


def stream_of(name: str, query: str = "red panda", **changes: Any) -> Stream:
    """A stream of a source, at its first page if nothing else is said."""
    question = Question(category="red-panda", engine=name, query=query)
    return Stream(order=0, question=question, **changes)


def asked(source: Source, stream: Stream | None = None, **filters: Any) -> Request:
    """The request of a stream with filters."""
    return spider_of(source, TERMS, **filters).page_request(stream or stream_of(source.name))


def plain_query(request: Request) -> dict[str, str]:
    """The parameters as they stand in the address, unquoted but for the plus."""
    pairs = (pair.partition("=") for pair in urlsplit(request.url).query.split("&") if pair)
    return {name: unquote(value) for name, _, value in pairs}


def fetched(request: Request) -> TextResponse:
    """The simulated web's answer to a spider's request."""
    reply = get(request.url)
    kind = HtmlResponse if "html" in reply.headers.get("content-type", "") else TextResponse
    return kind(request.url, status=reply.status, headers=dict(reply.headers), body=reply.body)


def walk(web: SimulatedWeb, source: Source, query: str, most: int = 60, **filters: Any) -> Iterator[Page]:
    """All pages of a query, asked one by one from the simulated engine as a run would ask."""
    options = {**TERMS, "endpoint": f"{web.address}/{source.name}", **filters.pop("options", {})}
    spider = spider_of(source, options, **filters)
    stream = stream_of(source.name, query)
    for _ in range(most):
        page = spider.parse_page(fetched(spider.page_request(stream)), stream)
        yield page
        if page.done:
            return
        stream.page += 1
        stream.cursor = json.loads(json.dumps(page.cursor))
    raise AssertionError(f"no end after {most} pages")


class PageContract(SourceContract):
    """The contract of sources whose answers are web pages."""

    options: ClassVar[Mapping[str, Any]] = TERMS
    count: ClassVar[int] = 3
    """Results of `page`."""
    rows: ClassVar[tuple[bytes, ...]] = ()
    """Pieces of `page`, one for each result, that may be taken out or exchanged."""
    results = ()

    def response(self, body: bytes, status: int = 200, **headers: str) -> TextResponse:
        told = {"Content-Type": "text/html; charset=utf-8"}
        told |= {name.replace("_", "-"): value for name, value in headers.items()}
        return HtmlResponse("https://source.example/search", status=status, headers=told, body=body)

    def test_it_gives_candidates(self) -> None:
        page = self.parse(self.page)
        assert len(page.candidates) == self.count >= 3
        self.check_page(page)
        for candidate in page.candidates:
            canonical_url(candidate.image_url)
        assert page == self.parse(self.page)

    def test_an_odd_result_does_not_spoil_the_others(self) -> None:
        for row in self.rows:
            for changed in (b"", row[: len(row) // 2], row.replace(b"=", b" "), b"<p>" + row, row + row):
                try:
                    page = self.parse(self.page.replace(row, changed))
                except SourceProblem as problem:
                    raise AssertionError(f"{changed!r}: {problem}") from problem
                self.check_page(page)
                assert len(page.candidates) >= self.count - 2, changed

    def test_the_order_of_the_page_is_kept(self) -> None:
        """Results in another order are the same results, in that order."""
        first, last = self.rows[0], self.rows[-1]
        exchanged = self.page.replace(first, b"\0").replace(last, first).replace(b"\0", last)
        usual = [each.image_url for each in self.parse(self.page).candidates]
        expected = [usual[-1], *usual[1:-1], usual[0]]
        assert [each.image_url for each in self.parse(exchanged).candidates] == expected

    def test_odd_answers_are_problems_of_the_source(self) -> None:
        deep = b"<div>" * 30_000
        for odd in (
            b"\xef\xbb\xbf" + self.page,
            self.page.decode().encode("utf-16"),
            deep + self.page,
            self.page.upper(),
            self.page.replace(b"<", b"&lt;"),
            self.page.replace(b"http", b"ftp"),
            self.page.replace(b'"', b""),
            self.page * 50,
        ):
            self.check_any(odd)
