"""Contract tests for sources: subclass `SourceContract` in a test module and say what the source sends.

    class TestFlickr(SourceContract):
        component = next(flickr.register_sources())
        page = (FOLDER / "page.json").read_bytes()
        results = ("photos", "photo")

Needs hypothesis; pytest itself is not imported here.
"""

# ruff: noqa: S101  # these are tests

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping
from typing import Any, ClassVar

from hypothesis import given, settings
from hypothesis import strategies as st
from scrapy.http import TextResponse

from pixcrawler_core.components import Source
from pixcrawler_core.crawl.plan import Page, Plan, Question, Stream
from pixcrawler_core.records import Candidate
from pixcrawler_core.sources import SourceProblem
from pixcrawler_core.spider import SourceSpider
from pixcrawler_core.testing.odd import ODD_VALUES, WEB_PAGE, Notebook, at, body_of, changed, paths
from pixcrawler_core.urls import canonical_url

TEXT = ("thumbnail_url", "format", "title", "alt", "page_url", "site", "license", "license_url", "creator")
MORE_TEXT = ("creator_url", "date", "engine_id", "expected_sha256")
ADDRESSES = ("image_url", "thumbnail_url", "page_url", "license_url", "creator_url")
NUMBERS = ("width", "height", "filesize_bytes")
EXAMPLES = settings(max_examples=80, deadline=None, database=None)


class SourceContract:
    """What holds for every source that answers keywords with JSON."""

    component: Source
    page: bytes
    """The first page of an answer as the source sends it, with at least three results."""
    results: tuple[str, ...]
    """Keys that lead to the list of results in it."""
    options: ClassVar[Mapping[str, Any]] = {}
    """The options to test with."""
    query = 'red panda & "bär" #1'

    def spider(self) -> SourceSpider:
        """A spider as a run makes it."""
        spider = self.component.spider()
        spider.options = self.component.options(**self.options)
        plan = Plan(wanted={}, default_wanted=None, questions=(), options={spider.name: spider.options})
        spider.session = Notebook(plan=plan)
        return spider

    def stream(self) -> Stream:
        """A stream at its first page."""
        question = Question(category="red-panda", engine=self.component.name, query=self.query)
        return Stream(order=0, question=question)

    def response(self, body: bytes, status: int = 200, **headers: str) -> TextResponse:
        """An answer of the source."""
        told = {"Content-Type": "application/json"} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        return TextResponse("https://source.example/search", status=status, headers=told, body=body)

    def parse(self, body: bytes) -> Page:
        """The page in a body that the source sends with status 200."""
        return self.spider().parse_page(self.response(body), self.stream())

    def ending(self, body: bytes, status: int, **headers: str) -> str:
        """The failure with which a stream ends after such an answer."""
        spider, stream = self.spider(), self.stream()

        async def receive() -> None:
            async for _ in spider.on_page(self.response(body, status, **headers), stream, 0):
                raise AssertionError(f"something came of an answer with status {status}")

        asyncio.run(receive())
        notebook = spider.session
        assert isinstance(notebook, Notebook)
        (failure,) = notebook.failures
        return failure

    def test_its_names_agree(self) -> None:
        """The component, the spider and its options are one source."""
        assert re.fullmatch(r"[a-z][a-z0-9_-]*", self.component.name), self.component.name
        assert self.component.spider.name == self.component.name
        assert self.component.spider.Options is self.component.options
        assert self.component.summary
        assert "\n" not in self.component.summary

    def test_its_options_are_closed_and_described(self) -> None:
        """An unknown key is refused, every option says what it is, and all have defaults that work."""
        model = self.component.options
        assert model.model_config.get("extra") == "forbid", f"{model.__name__} takes unknown keys"
        silent = [name for name, each in model.model_fields.items() if not each.description]
        assert not silent, f"options without description: {silent}"
        self.component.spider.check(model(**self.options))

    def test_it_asks_on_the_web_for_page_after_page(self) -> None:
        """Each request is http or https, and the second page's is not the first's."""
        spider, stream = self.spider(), self.stream()
        first = spider.page_request(stream)
        page = spider.parse_page(self.response(self.page), stream)
        stream.page, stream.cursor = 2, json.loads(json.dumps(page.cursor))
        second = spider.page_request(stream)
        assert first.url.startswith(("http://", "https://"))
        assert (first.url, first.body) != (second.url, second.body)

    def test_it_gives_candidates(self) -> None:
        """One for each result of the page, in the right shape, always the same."""
        page = self.parse(self.page)
        assert len(page.candidates) == len(at(json.loads(self.page), self.results)) >= 3
        self.check_page(page)
        for candidate in page.candidates:
            canonical_url(candidate.image_url)
        assert page == self.parse(self.page)

    def test_an_odd_result_does_not_spoil_the_others(self) -> None:
        """Whatever is missing or odd in one result, the others are kept."""
        whole = json.loads(self.page)
        most = len(self.parse(self.page).candidates)
        for path in list(paths(at(whole, self.results)[0])):
            for odd in (..., *ODD_VALUES):
                page = self.parse(body_of(changed(whole, (*self.results, 0, *path), odd)))
                self.check_page(page)
                assert len(page.candidates) >= most - 1, f"{path} = {odd!r}"

    def test_odd_answers_are_problems_of_the_source(self) -> None:
        """Whatever else is missing or odd in the answer, the parser gives a page or a SourceProblem."""
        whole = json.loads(self.page)
        depth = len(self.results)
        for path in [each for each in paths(whole) if len(each) <= depth or each[:depth] != self.results]:
            for odd in (..., *ODD_VALUES):
                self.check_any(body_of(changed(whole, path, odd)))

    def test_damaged_answers_are_problems_of_the_source(self) -> None:
        """Garbage, cut and overwritten bodies: the parser gives a page or a SourceProblem."""
        for body in (b"", b" ", b"null", b"[]", b"{}", b'"', b"[" * 100_000, b"\xff\xfe{}", b"NaN", WEB_PAGE):
            self.check_any(body)

        @EXAMPLES
        @given(st.binary(max_size=30), st.integers(0, len(self.page)), st.integers(0, 30))
        def damage(garbage: bytes, start: int, length: int) -> None:
            self.check_any(self.page[:start])
            self.check_any(self.page[:start] + garbage + self.page[start + length :])

        damage()

    def test_refusals_are_told_apart(self) -> None:
        """Being throttled, blocked, and sent a web page instead of results are three endings."""
        assert self.ending(b"{}", 429, Retry_After="86400").startswith("throttled: ")
        assert self.ending(b"{}", 403).startswith("blocked: ")
        assert self.ending(b"{}", 404).startswith("failed: ")
        assert self.ending(WEB_PAGE, 200).startswith(("blocked: ", "changed-layout: "))

    def check_any(self, body: bytes) -> None:
        """The body gives a page in the right shape, or a SourceProblem."""
        try:
            page = self.parse(body)
        except SourceProblem:
            return
        self.check_page(page)

    def check_page(self, page: Page) -> None:
        """All candidates have the right shape, and the cursor is JSON that the next request takes."""
        for candidate in page.candidates:
            self.check_candidate(candidate)
        stream = self.stream()
        stream.page, stream.cursor = 2, json.loads(json.dumps(page.cursor))
        self.spider().page_request(stream)

    def check_candidate(self, candidate: Candidate) -> None:
        """It answers the question, and every field is of its type or absent."""
        told = (candidate.engine, candidate.category, candidate.query)
        assert told == (self.component.name, "red-panda", self.query)
        for name in (*TEXT, *MORE_TEXT):
            value = getattr(candidate, name)
            assert value is None or (isinstance(value, str) and value.strip() != ""), f"{name}: {value!r}"
        for name in ADDRESSES:
            value = getattr(candidate, name)
            assert value is None or value.lower().startswith(("http://", "https://")), f"{name}: {value!r}"
        for name in NUMBERS:
            value = getattr(candidate, name)
            assert value is None or (type(value) is int and 0 < value < 2**63), f"{name}: {value!r}"
        assert candidate.safe in (None, True, False)
        tags: tuple[Any, ...] = candidate.tags
        assert all(isinstance(tag, str) and tag for tag in tags), tags
        json.dumps(dict(candidate.extra))
