from __future__ import annotations

import asyncio
import importlib
import json
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import make_mocked_request
from pixcrawler_spiders import brave_api, europeana, google_cse, serpapi, serper, smithsonian
from scrapy import Request
from scrapy.http import TextResponse

from pixcrawler_core.components import Source
from pixcrawler_core.crawl.plan import Plan, Question, Stream
from pixcrawler_core.records import Candidate
from pixcrawler_core.sources import Blocked, LayoutChanged, SourceProblem, Throttled
from pixcrawler_core.spider import SourceSpider
from pixcrawler_core.testing.drawings import draw_photographs
from pixcrawler_core.testing.odd import WEB_PAGE, Notebook
from pixcrawler_core.testing.web.collection import Collection
from pixcrawler_core.testing.web.engine import Engine
from pixcrawler_core.testing.web.photographs import load_photographs

SOURCES = {
    source.name: source
    for module in (brave_api, europeana, google_cse, serpapi, serper, smithsonian)
    for source in module.register_sources()
}
AT_ONCE = {"brave_api", "serpapi"}
"""Sources whose first page holds all pictures of the test."""


class Payload:
    """The body of a simulated request."""

    def __init__(self, body: bytes) -> None:
        self.body = body

    def set_read_chunk_size(self, size: int) -> None:
        """aiohttp prepares its buffers with it."""

    async def readany(self) -> bytes:
        body, self.body = self.body, b""
        return body


class Web:
    """A simulated source that is asked without a network."""

    def __init__(self, source: Source, photographs: Path, **options: Any) -> None:
        known = {secret.option: "test-key" for secret in source.secrets}
        simulated = importlib.import_module(f"pixcrawler_core.testing.web.engines.{source.name}")
        self.collection = Collection(load_photographs(photographs))
        self.engine: Engine = simulated.Simulated(self.collection, 8000)
        endpoint = f"http://127.0.0.1:8000/{source.name}"
        self.spider: SourceSpider = source.spider()
        self.spider.options = source.options(**{**known, "endpoint": endpoint, **options})
        self.spider.session = Notebook(plan=Plan(wanted={}, default_wanted=None, questions=()))
        self.stream = Stream(order=0, question=Question(category="", engine=source.name, query="picture"))

    def send(self, request: Request) -> TextResponse:
        path = request.url.removeprefix("http://127.0.0.1:8000")
        headers = {str(name): str(value) for name, value in request.headers.to_unicode_dict().items()}
        payload: Any = Payload(request.body)
        asked = make_mocked_request(request.method, path, headers=headers, payload=payload)
        rest = path.partition("?")[0].removeprefix(f"/{self.engine.name}/")
        reply: Any = asyncio.run(self.engine.answer(asked, rest))
        return TextResponse(request.url, status=reply.status, headers=dict(reply.headers), body=reply.body)

    def walk(self) -> list[list[Candidate]]:
        pages: list[list[Candidate]] = []
        while not self.stream.done:
            page = self.spider.parse_page(self.send(self.spider.page_request(self.stream)), self.stream)
            pages.append(list(page.candidates))
            self.stream.done, self.stream.page = page.done, self.stream.page + 1
            self.stream.cursor = json.loads(json.dumps(page.cursor))
            assert len(pages) < 100
        return pages


@pytest.fixture(scope="module")
def photographs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("photographs")
    draw_photographs(folder)
    return folder


@pytest.fixture(params=sorted(SOURCES))
def source(request: pytest.FixtureRequest) -> Source:
    found = SOURCES[request.param]
    assert isinstance(found, Source)
    return found


def web_of(source: Source, photographs: Path, **options: Any) -> Web:
    if "page_size" in source.options.model_fields and source.name != "brave_api":
        options = {"page_size": 5, **options}
    web = Web(source, photographs, **options)
    if isinstance(web.spider, google_cse.GoogleCseSpider):
        web.spider.today = lambda: google_cse.END
    return web


def test_all_pages_together_are_the_whole_collection(source: Source, photographs: Path) -> None:
    web = web_of(source, photographs)
    pages = web.walk()
    found = [candidate for page in pages for candidate in page]
    assert len(found) == len({candidate.image_url for candidate in found}) == len(web.collection.photographs)
    assert all(candidate.engine == source.name and candidate.title for candidate in found)
    assert len(pages) > 2 or source.name in AT_ONCE


def test_nothing_found_is_an_empty_last_page(source: Source, photographs: Path) -> None:
    web = web_of(source, photographs)
    web.stream.question = Question(category="", engine=source.name, query="walrus")
    assert web.walk() == [[]]


def test_a_wrong_key_is_refused_and_never_shown(source: Source, photographs: Path) -> None:
    web = web_of(source, photographs, key="not-the-key")
    with pytest.raises(Blocked) as refusal:
        web.walk()
    assert "not-the-key" not in str(refusal.value)


def test_a_block_is_told_from_a_new_layout(source: Source, photographs: Path) -> None:
    web = web_of(source, photographs)
    for reply, problem in ((web.engine.block(), Blocked), (web.engine.layout(), LayoutChanged)):
        assert isinstance(reply.body, bytes)
        for status in (reply.status, 200):
            with pytest.raises(problem):
                web.spider.parse_page(
                    TextResponse("http://x.example/", status=status, body=reply.body), web.stream
                )


def test_keys_are_in_no_candidate_and_no_cursor(source: Source, photographs: Path) -> None:
    web = web_of(source, photographs)
    page = web.spider.parse_page(web.send(web.spider.page_request(web.stream)), web.stream)
    assert page.candidates
    assert "test-key" not in f"{page}"


@pytest.mark.parametrize(
    "told", ["Request was throttled. Expected available in 9 seconds.", "Too many requests"]
)
def test_throttling_is_known_without_its_status(source: Source, photographs: Path, told: str) -> None:
    web = web_of(source, photographs)
    response = TextResponse("http://x.example/", body=json.dumps({"detail": told}).encode())
    with pytest.raises(Throttled, match=r"throttled|Too many"):
        web.spider.parse_page(response, web.stream)


@pytest.mark.parametrize(
    ("status", "body", "problem"),
    [
        (429, b"<html>", Throttled),
        (429, b"{}", Throttled),
        (401, WEB_PAGE, Blocked),
        (402, b"{}", Blocked),
        (400, b"{}", SourceProblem),
        (422, b"nothing", SourceProblem),
        (400, b'{"detail": "Your key test-key is no api_key"}', Blocked),
    ],
)
def test_statuses_count_where_bodies_are_silent(
    source: Source, photographs: Path, status: int, body: bytes, problem: type[SourceProblem]
) -> None:
    web = web_of(source, photographs)
    with pytest.raises(problem) as raised:
        web.spider.parse_page(
            TextResponse("http://x.example/?k=test-key", status=status, body=body), web.stream
        )
    assert type(raised.value) is problem
    assert "test-key" not in str(raised.value)


def test_a_spent_quota_is_not_waited_for(source: Source, photographs: Path) -> None:
    web = web_of(source, photographs)
    response = TextResponse(
        "http://x.example/", status=429, body=b'{"detail": "The daily quota is exhausted"}'
    )
    with pytest.raises(Throttled) as raised:
        web.spider.parse_page(response, web.stream)
    assert raised.value.seconds == 3600
    patient = response.replace(headers={"Retry-After": "7"})
    with pytest.raises(Throttled) as raised:
        web.spider.parse_page(patient, web.stream)
    assert raised.value.seconds == 7
