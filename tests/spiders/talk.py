"""A spider and its simulated source talk to each other within the process, page by page."""

from __future__ import annotations

import asyncio
from functools import cache
from typing import Any
from urllib.parse import parse_qs, urlsplit

from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from scrapy import Request
from scrapy.http import TextResponse

from pixcrawler_core.asking import check_status
from pixcrawler_core.crawl.plan import Page, Plan, Stream
from pixcrawler_core.filters import Filters
from pixcrawler_core.spider import SourceSpider
from pixcrawler_core.testing.odd import Notebook
from pixcrawler_core.testing.web.collection import Collection
from pixcrawler_core.testing.web.engine import Engine
from pixcrawler_core.testing.web.photographs import load_photographs
from tests.conftest import PHOTOGRAPHS

PORT = 9


@cache
def collection() -> Collection:
    """The example photographs."""
    return Collection(load_photographs(PHOTOGRAPHS))


def endpoint(name: str) -> str:
    """The address of a simulated source."""
    return f"http://127.0.0.1:{PORT}/{name}"


def wanting(spider: SourceSpider, **filters: Any) -> SourceSpider:
    """The spider for a job with these filters."""
    told = Filters(**filters)
    spider.session = Notebook(plan=Plan(wanted={}, default_wanted=None, questions=(), filters=told))
    return spider


def asked(request: Request) -> dict[str, str]:
    """The parameters of a request, each of which it has once."""
    told = parse_qs(urlsplit(request.url).query, strict_parsing=True)
    assert all(len(values) == 1 for values in told.values())
    return {name: values[0] for name, values in told.items()}


def answer(engine: Engine, request: Request) -> TextResponse:
    """What the simulated source answers."""
    parts = urlsplit(request.url)
    headers = {name.decode(): values[0].decode() for name, values in request.headers.items()}
    asked_for = make_mocked_request(request.method, f"{parts.path}?{parts.query}", headers=headers)
    rest = parts.path.removeprefix(f"/{engine.name}").removeprefix("/")
    reply = asyncio.run(engine.answer(asked_for, rest))
    assert isinstance(reply, web.Response)
    assert isinstance(reply.body, bytes)
    return TextResponse(request.url, status=reply.status, headers=dict(reply.headers), body=reply.body)


def next_page(spider: SourceSpider, engine: Engine, stream: Stream) -> Page:
    """The page that the stream asks for next."""
    response = answer(engine, spider.page_request(stream))
    check_status(response, spider.expected_status, spider.retry_after)
    return spider.parse_page(response, stream)


def walk(spider: SourceSpider, engine: Engine, stream: Stream) -> list[Page]:
    """All pages to the end."""
    pages: list[Page] = []
    while len(pages) < 100:
        page = next_page(spider, engine, stream)
        pages.append(page)
        stream.page, stream.cursor = stream.page + 1, page.cursor
        if page.done:
            return pages
    raise AssertionError("there is no end")
