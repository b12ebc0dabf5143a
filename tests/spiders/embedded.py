"""The contract of sources whose JSON stands in a web page."""

from __future__ import annotations

import asyncio
import hashlib
import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scrapy.http import HtmlResponse, Request, TextResponse

from pixcrawler_core.crawl.plan import Plan, Question
from pixcrawler_core.filters import Filters
from pixcrawler_core.records import Candidate
from pixcrawler_core.sources import Blocked, LayoutChanged
from pixcrawler_core.spider import SourceSpider
from pixcrawler_core.testing.odd import Notebook
from pixcrawler_core.testing.sources import SourceContract
from pixcrawler_core.testing.web.collection import Collection
from pixcrawler_core.testing.web.engine import Engine
from pixcrawler_core.testing.web.licences import parse_licence
from pixcrawler_core.testing.web.photographs import Photograph, words

PLAIN = b"<!doctype html><html><body><p>Something else altogether</p></body></html>"


def photographs(count: int) -> list[Photograph]:
    """Made-up photographs of a red panda, all found by the same words."""
    return [
        Photograph(
            key=f"red-panda/{number}.jpg",
            category="red-panda",
            title=f"Red panda & <friends> {number}",
            tags=(),
            creator="Ann Example",
            licence=parse_licence("CC0"),
            source="",
            body=b"x" * (1000 + number),
            content_type="image/jpeg",
            width=800,
            height=600,
            words=words("red panda"),
            sha256=hashlib.sha256(str(number).encode()).hexdigest(),
        )
        for number in range(1, count + 1)
    ]


@dataclass
class Asked:
    """A request as the simulated engine sees it."""

    method: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    cookies: dict[str, str] = field(default_factory=dict)

    async def read(self) -> bytes:
        """The body."""
        return self.body


class ScrapedContract(SourceContract):
    """What holds for all scraped engines beside the contract of every source."""

    simulated: type[Engine]
    has = 120
    """Photographs that the simulated engine has, and whose finding it takes some pages."""
    gives: int | None = None
    """How many of them it shows at most."""

    def filtered(self, **filters: Any) -> SourceSpider:
        """A spider that looks for certain images only."""
        spider = self.spider()
        wanted = Filters.model_validate(filters)
        plan = Plan(wanted={}, default_wanted=None, questions=(), filters=wanted)
        spider.session = Notebook(plan=plan)
        return spider

    def parameters(self, request: Request) -> dict[str, str]:
        """What a request asks for, in its address or its form."""
        return dict(parse_qsl(urlsplit(request.url).query or request.body.decode(), keep_blank_values=True))

    def crawl(self, spider: SourceSpider, has: int) -> tuple[list[Candidate], int]:
        """Everything that the spider finds in the simulated engine, and how many requests it takes."""
        engine, port = self.simulated(Collection(photographs(has)), 8000), 8000
        base = f"http://127.0.0.1:{port}/{engine.name}"
        spider.options = spider.options.model_copy(update={"endpoint": base})
        stream, cookies = self.stream(), dict[str, str]()
        found: list[Candidate] = []
        stream.question = Question(category="red-panda", engine=engine.name, query="red panda")
        while not stream.done:
            request = spider.page_request(stream)
            parts = urlsplit(request.url)
            sent: Any = request.cookies
            cookies |= sent
            asked = Asked(
                method=request.method,
                query=dict(parse_qsl(parts.query, keep_blank_values=True)),
                headers={name.decode(): values[0].decode() for name, values in request.headers.items()},
                body=request.body,
                cookies=cookies,
            )
            rest = parts.path.removeprefix(f"/{engine.name}").removeprefix("/")
            answer: Any = asyncio.run(engine.answer(asked, rest))  # type: ignore[arg-type]  # as far as used
            assert (answer.status, request.url.startswith(base)) == (200, True)
            cookies |= {name: morsel.value for name, morsel in answer.cookies.items()}
            page = spider.parse_page(HtmlResponse(request.url, body=answer.body), stream)
            found += page.candidates
            stream.page, stream.cursor, stream.done = (
                stream.page + 1,
                json.loads(json.dumps(page.cursor)),
                page.done,
            )
            assert stream.page < 20
        return found, stream.page - 1

    def test_it_reads_the_simulated_engine_to_its_end(self) -> None:
        found, requests = self.crawl(self.spider(), self.has)
        assert len({each.image_url for each in found}) == len(found) == (self.gives or self.has)
        assert requests > 1 or self.gives
        best = found[0]
        assert (best.width, best.height) == (800, 600)
        assert best.image_url.startswith("http://photos-1.localhost:8000/photographs/red-panda/")
        assert (best.title or "").startswith("Red panda &")
        assert best.page_url == best.image_url.replace("photos-1", "pages").replace("photographs", "page")
        assert (best.thumbnail_url or "").startswith("http://thumbs.localhost:8000/thumb/")

    def test_the_simulated_engine_has_nothing(self) -> None:
        assert self.crawl(self.spider(), 0)[0] == []

    def test_it_stays_off_until_its_terms_are_accepted(self) -> None:
        assert self.component.terms.endswith(".")
        with pytest.raises(Exception, match="accept_terms"):
            self.component.spider.check(self.component.options())

    def test_its_own_refusal_is_blocked(self) -> None:
        answer = self.simulated(Collection([]), 1).block()
        assert isinstance(answer.body, bytes)
        with pytest.raises(Blocked):
            self.parse(answer.body)

    def test_an_unknown_layout_is_told(self) -> None:
        answer = self.simulated(Collection([]), 1).layout()
        assert isinstance(answer.body, bytes)
        with pytest.raises(LayoutChanged):
            self.parse(answer.body)


class EmbeddedContract(ScrapedContract):
    """The whole contract, with the JSON put into a web page."""

    def wrap(self, body: bytes) -> bytes:
        """The web page around the JSON."""
        raise TypeError("a subclass overrides this")

    def response(self, body: bytes, status: int = 200, **headers: str) -> TextResponse:
        whole = body if body.lstrip()[:1] == b"<" else self.wrap(body)
        told = {name.replace("_", "-"): value for name, value in headers.items()}
        return HtmlResponse("https://source.example/search", status=status, headers=told, body=whole)

    def test_damaged_pages_are_problems_of_the_source(self) -> None:
        """Cut, overwritten and turned pages give a page or a SourceProblem."""
        whole = self.wrap(self.page)

        @settings(max_examples=80, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        @given(st.binary(max_size=30), st.integers(0, len(whole)), st.integers(0, 30))
        def damage(garbage: bytes, start: int, length: int) -> None:
            for body in (
                whole[:start],
                whole[:start] + garbage + whole[start + length :],
                whole[start:] + whole[:start],
            ):
                self.check_any(b"<!--" + garbage + b"-->" + body)

        damage()

    def test_another_page_is_another_layout(self) -> None:
        with pytest.raises(LayoutChanged, match="neither results nor the mark"):
            self.parse(PLAIN)
