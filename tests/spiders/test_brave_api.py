from __future__ import annotations

import json
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

import pytest
from pixcrawler_spiders import brave_api
from scrapy import Request

from pixcrawler_core.crawl.plan import Plan, Question
from pixcrawler_core.filters import Filters
from pixcrawler_core.sources import Blocked, LayoutChanged, SourceProblem, Throttled
from pixcrawler_core.testing.odd import Notebook
from pixcrawler_core.testing.sources import SourceContract


def result(number: int, **changes: Any) -> dict[str, Any]:
    """A result in the shape of the interface, made up."""
    usual = {
        "type": "image_result",
        "title": f"<strong>Panda</strong> number {number}",
        "url": f"https://photos.example/page/{number}",
        "source": "photos.example",
        "page_fetched": "2026-02-01T00:00:00Z",
        "thumbnail": {"src": f"https://thumbs.example/{number}", "width": 500, "height": 375},
        "properties": {
            "url": f"https://photos.example/{number}.jpg",
            "placeholder": f"https://thumbs.example/tiny/{number}",
            "width": 800,
            "height": 600,
        },
        "meta_url": {"scheme": "https", "netloc": "photos.example", "hostname": "www.photos.example"},
        "confidence": "high",
    }
    return {**usual, **changes}


def answer(*results: Any, **changes: Any) -> bytes:
    """An answer."""
    body = {"type": "images", "query": {"original": "panda"}, "results": list(results)}
    return json.dumps({**body, "extra": {"might_be_offensive": False}, **changes}).encode()


def error(code: str, detail: str, **changes: Any) -> dict[str, Any]:
    """An error."""
    told = {"id": "0", "status": 422, "code": code, "detail": detail, **changes}
    return {"type": "ErrorResponse", "error": told, "time": 1700000000}


NO_TOKEN = {"errors": [{"type": "missing", "loc": ["header", "x-subscription-token"]}]}


class TestBraveApi(SourceContract):
    component = next(brave_api.register_sources())
    page = answer(*(result(number) for number in range(3)))
    results = ("results",)
    options: ClassVar[dict[str, Any]] = {"key": "test-key"}

    def one(self, **changes: Any) -> Any:
        (candidate,) = self.parse(answer(result(1, **changes))).candidates
        return candidate

    def request(self, query: str = "panda", wanted: dict[str, Any] | None = None, **options: Any) -> Request:
        spider, stream = self.spider(), self.stream()
        spider.options = brave_api.BraveApiOptions(**{"key": "test-key", **options})
        filters = Filters(**(wanted or {}))
        spider.session = Notebook(plan=Plan(wanted={}, default_wanted=None, questions=(), filters=filters))
        stream.question = Question(category="", engine="brave_api", query=query)
        return spider.page_request(stream)

    def test_it_asks_on_the_web_for_page_after_page(self) -> None:
        """One request is all that there is: the first page is the last."""
        assert self.parse(self.page).done
        assert self.request().url.startswith("https://api.search.brave.com/res/v1/images/search?")

    def test_fields(self) -> None:
        found = self.one()
        assert found.image_url == "https://photos.example/1.jpg"
        assert found.thumbnail_url == "https://thumbs.example/1"
        assert (found.width, found.height, found.title) == (800, 600, "Panda number 1")
        assert (found.page_url, found.site) == ("https://photos.example/page/1", "photos.example")
        assert found.extra == {"confidence": "high", "page_fetched": "2026-02-01T00:00:00Z"}
        assert (found.license, found.date) == (None, None)

    def test_missing_values(self) -> None:
        image = {"url": "https://photos.example/1.jpg"}
        found = self.one(properties=image, source=None, thumbnail=None, confidence=None, page_fetched=3)
        assert (found.width, found.height, found.thumbnail_url) == (None, None, None)
        assert (found.site, found.extra) == ("www.photos.example", {"page_fetched": "3"})

    def test_results_without_an_image_are_left_out(self) -> None:
        assert len(self.parse(answer(None, 7, result(1, properties=None), result(2))).candidates) == 1
        with pytest.raises(LayoutChanged, match="none of 2 results"):
            self.parse(answer(None, result(1, properties={})))

    def test_no_results(self) -> None:
        for body in (answer(), answer(results=None)):
            page = self.parse(body)
            assert (list(page.candidates), page.done) == ([], True)

    def test_the_request(self) -> None:
        request = self.request(" red   panda ")
        assert request.headers["X-Subscription-Token"] == b"test-key"
        assert "test-key" not in request.url
        assert parse_qs(urlsplit(request.url).query) == {
            "q": ["red panda"],
            "count": ["200"],
            "safesearch": ["strict"],
            "spellcheck": ["true"],
        }
        (asked,) = parse_qs(urlsplit(self.request("ab " * 200, spellcheck=False).url).query)["q"]
        assert len(asked.split()) == 50
        (asked,) = parse_qs(urlsplit(self.request("x" * 999).url).query)["q"]
        assert len(asked) == 400

    @pytest.mark.parametrize(
        ("wanted", "parameter", "value"),
        [
            ({"safe_search": "off"}, "safesearch", "off"),
            ({"safe_search": "moderate"}, "safesearch", "strict"),
            ({"language": "de"}, "search_lang", "de"),
            ({"language": "ja"}, "search_lang", "jp"),
            ({"region": "ch"}, "country", "CH"),
        ],
    )
    def test_filters(self, wanted: dict[str, Any], parameter: str, value: str) -> None:
        assert parse_qs(urlsplit(self.request(wanted=wanted).url).query)[parameter] == [value]

    @pytest.mark.parametrize(
        ("status", "body", "problem"),
        [
            (422, error("SUBSCRIPTION_TOKEN_INVALID", "The provided token test-key is invalid."), Blocked),
            (422, error("VALIDATION", "Unable", meta=NO_TOKEN), Blocked),
            (403, error("OPTION_NOT_IN_PLAN", "The option is not in the plan."), Blocked),
            (422, error("VALIDATION", "Unable to validate request parameter(s)"), SourceProblem),
            (429, error("RATE_LIMITED", "Request rate limit exceeded for plan."), Throttled),
            (200, error("QUOTA_LIMITED", "Request quota limit exceeded for plan."), Throttled),
            (200, {"type": "ErrorResponse", "errors": [{"code": "SUBSCRIPTION_TOKEN_INVALID"}]}, Blocked),
            (200, {"type": "ErrorResponse"}, SourceProblem),
        ],
    )  # fmt: skip
    def test_errors(self, status: int, body: dict[str, Any], problem: type[SourceProblem]) -> None:
        with pytest.raises(problem) as raised:
            self.spider().parse_page(self.response(json.dumps(body).encode(), status), self.stream())
        assert type(raised.value) is problem
        assert "test-key" not in str(raised.value)

    @pytest.mark.parametrize(
        ("headers", "seconds"),
        [
            ({"X_RateLimit_Remaining": "0, 1999", "X_RateLimit_Reset": "1, 86400"}, 1.0),
            ({"X_RateLimit_Remaining": "0, 0", "X_RateLimit_Reset": "1, 86400"}, 86400.0),
            ({"X_RateLimit_Remaining": "1, 7", "X_RateLimit_Reset": "1, 86400"}, None),
            ({"X_RateLimit_Remaining": "-, 0", "X_RateLimit_Reset": "1"}, None),
            ({"X_RateLimit_Remaining": "0", "X_RateLimit_Reset": "1", "Retry_After": "5"}, 5.0),
            ({}, None),
        ],
    )
    def test_how_long_to_wait(self, headers: dict[str, str], seconds: float | None) -> None:
        assert self.spider().retry_after(self.response(b"{}", 429, **headers)) == seconds
