"""What tests of the sources that visit addresses share: a spider, answers, and a walk without a network."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from scrapy.http import HtmlResponse, Response, TextResponse

from pixcrawler_core.components import Source
from pixcrawler_core.crawl.plan import Page, Plan, Question, Stream
from pixcrawler_core.records import Candidate
from pixcrawler_core.spider import SourceSpider
from pixcrawler_core.testing.odd import Notebook

START = "https://zoo.example/"


def spider_of(component: Source, **options: Any) -> SourceSpider:
    """A spider as a run makes it; it begins at `START` unless told otherwise."""
    spider = component.spider()
    spider.options = component.options(**{"start": (START,), **options})
    plan = Plan(wanted={}, default_wanted=None, questions=(), options={spider.name: spider.options})
    spider.session = Notebook(plan=plan)
    return spider


def stream_of(spider: SourceSpider, query: str = "red panda") -> Stream:
    """A stream at its beginning."""
    return Stream(order=0, question=Question(category="red-panda", engine=spider.name, query=query))


def answer(url: str, body: bytes | str, status: int = 200, **headers: str) -> TextResponse:
    """An answer as Scrapy gives it: a web page where the body looks like one."""
    content = body.encode() if isinstance(body, str) else body
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    kind: Any = HtmlResponse if content.lstrip()[:1] == b"<" else TextResponse
    if content[:2] in (b"\x1f\x8b", b"\xff\xd8"):
        kind = Response
    found: TextResponse = kind(url, status=status, headers=told, body=content)
    return found


def parse(component: Source, body: bytes | str, url: str = START, **options: Any) -> Page:
    """The page in one answer."""
    spider = spider_of(component, **options)
    return spider.parse_page(answer(url, body), stream_of(spider))


def candidates(component: Source, body: bytes | str, url: str = START, **options: Any) -> list[Candidate]:
    """The candidates in one answer."""
    return list(parse(component, body, url, **options).candidates)


def walk(
    spider: SourceSpider, web: Mapping[str, bytes | str | int | Response], query: str = "red panda"
) -> tuple[list[str], list[Candidate]]:
    """Ask page by page until the source says that it is done: what was asked for, and what was found.

    `web` has a body or a status for each address; the others are missing. Cursors go through JSON.
    """
    stream = stream_of(spider, query)
    asked: list[str] = []
    found: list[Candidate] = []
    while not stream.done:
        url = spider.page_request(stream).url
        asked.append(url)
        there = web.get(url, 404)
        if isinstance(there, Response):
            response: Any = there
        else:
            response = answer(url, "", there) if isinstance(there, int) else answer(url, there)
        page = spider.parse_page(response, stream)
        found += page.candidates
        stream.page, stream.cursor, stream.done = (
            stream.page + 1,
            json.loads(json.dumps(page.cursor)),
            page.done,
        )
        assert len(asked) < 1000
    return asked, found
