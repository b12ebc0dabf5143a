from __future__ import annotations

import json
from datetime import date
from typing import Any, ClassVar

import pytest
from pixcrawler_spiders import serper
from scrapy import Request

from pixcrawler_core.crawl.plan import Plan
from pixcrawler_core.filters import Filters
from pixcrawler_core.sources import Blocked, LayoutChanged, SourceProblem, Throttled
from pixcrawler_core.testing.odd import Notebook
from pixcrawler_core.testing.sources import SourceContract


def image(number: int, **changes: Any) -> dict[str, Any]:
    """A row in the shape of the interface, made up."""
    usual = {
        "title": f"Panda number {number}",
        "imageUrl": f"https://photos.example/{number}.jpg",
        "imageWidth": 800,
        "imageHeight": 600,
        "thumbnailUrl": f"https://thumbs.example/{number}",
        "thumbnailWidth": 259,
        "thumbnailHeight": 194,
        "source": "Photos of Pandas",
        "domain": "photos.example",
        "link": f"https://photos.example/page/{number}",
        "googleUrl": "https://www.google.example/imgres?imgurl=x",
        "position": number,
        "creator": "Ann Example",
        "credit": "Example Pictures",
        "copyright": "Example Ltd",
    }
    return {**usual, **changes}


def answer(*images: Any, **changes: Any) -> bytes:
    """A page of results."""
    searched = {"q": "panda", "type": "images", "engine": "google", "num": 100}
    body = {"searchParameters": searched, "images": list(images), "credits": 2}
    return json.dumps({**body, **changes}).encode()


class TestSerper(SourceContract):
    component = next(serper.register_sources())
    page = answer(*(image(number) for number in range(3)))
    results = ("images",)
    options: ClassVar[dict[str, Any]] = {"key": "test-key"}

    def one(self, **changes: Any) -> Any:
        (candidate,) = self.parse(answer(image(1, **changes))).candidates
        return candidate

    def request(self, wanted: dict[str, Any] | None = None, page: int = 1, **options: Any) -> Request:
        spider, stream = self.spider(), self.stream()
        spider.options = serper.SerperOptions(**{"key": "test-key", **options})
        filters = Filters(**(wanted or {}))
        spider.session = Notebook(plan=Plan(wanted={}, default_wanted=None, questions=(), filters=filters))
        stream.page = page
        return spider.page_request(stream)

    def test_fields(self) -> None:
        found = self.one()
        assert found.image_url == "https://photos.example/1.jpg"
        assert found.thumbnail_url == "https://thumbs.example/1"
        assert (found.width, found.height, found.title) == (800, 600, "Panda number 1")
        assert (found.page_url, found.site) == ("https://photos.example/page/1", "photos.example")
        assert (found.creator, found.license) == ("Ann Example", None)
        assert found.extra == {"attribution": "Example Pictures", "copyright": "Example Ltd"}

    def test_missing_values(self) -> None:
        found = self.one(domain=None, creator=None, credit=None, copyright="", imageWidth="800", title=7)
        assert (found.site, found.creator, found.extra) == ("Photos of Pandas", None, {})
        assert (found.width, found.title) == (800, "7")

    def test_rows_without_an_image_are_left_out(self) -> None:
        assert len(self.parse(answer(None, 7, image(1, imageUrl=None), image(2))).candidates) == 1
        with pytest.raises(LayoutChanged, match="none of 2 images"):
            self.parse(answer(None, image(1, imageUrl="x-raw-image:///1")))

    def test_an_empty_page_is_the_last(self) -> None:
        assert not self.parse(answer(image(1))).done
        for body in (answer(), answer(images=None)):
            page = self.parse(body)
            assert (list(page.candidates), page.done) == ([], True)

    def test_the_request(self) -> None:
        request = self.request(page=3)
        assert (request.method, request.url) == ("POST", "https://google.serper.dev/images")
        assert request.headers["X-API-KEY"] == b"test-key"
        assert request.headers["Content-Type"] == b"application/json"
        assert json.loads(request.body) == {"q": self.query, "num": 100, "page": 3}
        told = json.loads(self.request(location="Berlin", autocorrect=False, page_size=10).body)
        assert told == {"q": self.query, "num": 10, "page": 1, "location": "Berlin", "autocorrect": False}

    @pytest.mark.parametrize(
        ("wanted", "parameter", "value"),
        [
            ({"size": "small"}, "tbs", "isz:i"),
            ({"size": "wallpaper"}, "tbs", "isz:lt,islt:2mp"),
            ({"color": "red", "aspect": "wide"}, "tbs", "ic:specific,isc:red,iar:w"),
            ({"color": "monochrome"}, "tbs", "ic:gray"),
            ({"color": "transparent", "type": "transparent"}, "tbs", "ic:trans"),
            ({"type": "clipart"}, "tbs", "itp:clipart"),
            ({"type": "illustration"}, "tbs", None),
            ({"license": "any"}, "tbs", "sur:cl"),
            ({"since": date(2020, 1, 2)}, "tbs", "cdr:1,cd_min:1/2/2020"),
            ({"since": date(2020, 1, 2), "until": date(2021, 12, 31)}, "tbs",
             "cdr:1,cd_min:1/2/2020,cd_max:12/31/2021"),
            ({"language": "de"}, "hl", "de"),
            ({"region": "ch"}, "gl", "ch"),
        ],
    )  # fmt: skip
    def test_filters(self, wanted: dict[str, Any], parameter: str, value: str | None) -> None:
        assert json.loads(self.request(wanted).body).get(parameter) == value

    @pytest.mark.parametrize(
        ("status", "body", "problem"),
        [
            (403, {"message": "Unauthorized.", "statusCode": 403}, Blocked),
            (200, {"message": "Unauthorized.", "statusCode": 403}, Blocked),
            (400, {"message": "Not enough credits", "statusCode": 400}, Blocked),
            (429, {"message": "Slow down, test-key"}, Throttled),
            (200, {"message": "Rate limit exceeded", "statusCode": 429}, Throttled),
            (400, {"message": "Missing query parameter", "statusCode": 400}, SourceProblem),
        ],
    )
    def test_errors(self, status: int, body: dict[str, Any], problem: type[SourceProblem]) -> None:
        with pytest.raises(problem) as raised:
            self.spider().parse_page(self.response(json.dumps(body).encode(), status), self.stream())
        assert type(raised.value) is problem
        assert "test-key" not in str(raised.value)
