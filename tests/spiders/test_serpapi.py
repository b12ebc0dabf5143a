from __future__ import annotations

import json
from datetime import date
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

import pytest
from pixcrawler_spiders import serpapi

from pixcrawler_core.crawl.plan import Plan
from pixcrawler_core.filters import Filters
from pixcrawler_core.sources import Blocked, LayoutChanged, SourceProblem, Throttled
from pixcrawler_core.testing.odd import Notebook
from pixcrawler_core.testing.sources import SourceContract


def row(number: int, **changes: Any) -> dict[str, Any]:
    """A row in the shape of the interface, made up."""
    usual = {
        "position": number,
        "thumbnail": f"https://serpapi.example/searches/0/images/{number}.jpeg",
        "related_content_id": f"cGFuZGE{number}",
        "serpapi_related_content_link": "https://serpapi.example/search.json?engine=x",
        "source": "Photos of Pandas \u00b7 In stock",
        "source_logo": "https://serpapi.example/logo.png",
        "title": f"Panda number {number}",
        "link": f"https://photos.example/page/{number}",
        "tag": "Licensable",
        "license_details_url": "https://creativecommons.org/licenses/by/4.0/",
        "original": f"https://photos.example/{number}.jpg",
        "original_width": 800,
        "original_height": 600,
        "is_product": False,
    }
    return {**usual, **changes}


def answer(*rows: Any, **changes: Any) -> bytes:
    """A page of results."""
    body = {"search_metadata": {"status": "Success"}, "search_parameters": {}, "search_information": {}}
    return json.dumps({**body, "images_results": list(rows), **changes}).encode()


def nothing(told: str) -> bytes:
    """An answer without results."""
    return json.dumps({"search_metadata": {"status": "Success"}, "error": told}).encode()


class TestSerpapi(SourceContract):
    component = next(serpapi.register_sources())
    page = answer(*(row(number) for number in range(3)))
    results = ("images_results",)
    options: ClassVar[dict[str, Any]] = {"key": "test-key"}

    def one(self, **changes: Any) -> Any:
        (candidate,) = self.parse(answer(row(1, **changes))).candidates
        return candidate

    def asked(
        self, wanted: dict[str, Any] | None = None, cursor: Any = None, **options: Any
    ) -> dict[str, Any]:
        spider, stream = self.spider(), self.stream()
        spider.options = serpapi.SerpapiOptions(**{"key": "test-key", **options})
        filters = Filters(**(wanted or {}))
        spider.session = Notebook(plan=Plan(wanted={}, default_wanted=None, questions=(), filters=filters))
        stream.cursor = cursor
        parts = urlsplit(spider.page_request(stream).url)
        assert (parts.netloc, parts.path) == ("serpapi.com", "/search.json")
        return parse_qs(parts.query)

    def test_fields(self) -> None:
        found = self.one()
        assert found.image_url == "https://photos.example/1.jpg"
        assert found.thumbnail_url == "https://serpapi.example/searches/0/images/1.jpeg"
        assert (found.width, found.height, found.title) == (800, 600, "Panda number 1")
        assert (found.page_url, found.site) == ("https://photos.example/page/1", "Photos of Pandas")
        assert found.license == "cc-by-4.0"
        assert found.license_url == "https://creativecommons.org/licenses/by/4.0/"
        assert (found.engine_id, found.extra) == ("cGFuZGE1", {"tag": "Licensable"})

    def test_missing_values(self) -> None:
        found = self.one(original_width=None, license_details_url="https://photos.example/terms", tag=None)
        assert (found.width, found.height, found.extra) == (None, None, {})
        assert (found.license, found.license_url) == (None, "https://photos.example/terms")

    @pytest.mark.parametrize(
        ("changes", "expected"),
        [
            ({"size": "1600\u00d7900\u00b7jpeg"}, (1600, 900, None)),
            ({"size": {"width": 1600, "height": 900, "bytes": 1234}}, (1600, 900, 1234)),
            ({"size": "1600 x 900"}, (1600, 900, None)),
            ({"width": 1600, "height": "900"}, (1600, 900, None)),
            ({"original": {"link": "https://photos.example/1.jpg", "width": 5, "height": 4}}, (5, 4, None)),
            ({"size": "large"}, (None, None, None)),
        ],
    )
    def test_sizes_of_other_engines(self, changes: dict[str, Any], expected: tuple[int | None, ...]) -> None:
        found = self.one(**{"original_width": None, **changes})
        assert found.image_url == "https://photos.example/1.jpg"
        assert (found.width, found.height, found.filesize_bytes) == expected

    def test_rows_of_other_engines(self) -> None:
        found = self.one(
            original=None,
            image="https://photos.example/2.jpg",
            thumbnail={"link": "https://thumbs.example/2"},
            domain="photos.example",
            snippet="A panda",
        )
        assert (found.image_url, found.thumbnail_url) == (
            "https://photos.example/2.jpg",
            "https://thumbs.example/2",
        )
        assert (found.site, found.alt) == ("photos.example", "A panda")

    def test_rows_without_an_image_are_left_out(self) -> None:
        assert len(self.parse(answer(None, 7, row(1, original=None), row(2))).candidates) == 1
        with pytest.raises(LayoutChanged, match="none of 2 rows"):
            self.parse(answer(None, row(1, original="x-raw-image:///1")))

    def test_paging_to_the_end(self) -> None:
        page = self.parse(self.page)
        assert (page.done, page.cursor) == (False, {"ijn": 1})
        assert self.asked()["ijn"] == ["0"]
        assert self.asked(cursor=page.cursor)["ijn"] == ["1"]
        assert self.parse(answer(row(1), search_parameters={"ijn": "7"})).cursor == {"ijn": 8}
        assert self.parse(answer(row(1), search_parameters={"ijn": "-"})).cursor == {"ijn": 1}
        paging = {"current": 1, "next": "https://serpapi.example/search.json?ijn=1"}
        assert not self.parse(answer(row(1), serpapi_pagination=paging)).done
        assert self.parse(answer(row(1), serpapi_pagination={"current": 1})).done

    @pytest.mark.parametrize(
        "body",
        [
            nothing("Google hasn't returned any results for this query."),
            nothing("DuckDuckGo hasn't returned any results for this query."),
            answer(),
            answer(images_results=None),
        ],
    )
    def test_no_results(self, body: bytes) -> None:
        page = self.parse(body)
        assert (list(page.candidates), page.done) == ([], True)

    def test_the_request(self) -> None:
        assert self.asked() == {
            "engine": ["google_images"],
            "q": [self.query],
            "ijn": ["0"],
            "safe": ["active"],
            "api_key": ["test-key"],
        }
        told = self.asked(location="Berlin", google_domain="google.de", no_cache=True)
        assert (told["location"], told["google_domain"], told["no_cache"]) == (
            ["Berlin"],
            ["google.de"],
            ["true"],
        )

    @pytest.mark.parametrize(
        ("wanted", "parameter", "value"),
        [
            ({"size": "small"}, "imgsz", "i"),
            ({"size": "wallpaper"}, "imgsz", "2mp"),
            ({"aspect": "square"}, "imgar", "s"),
            ({"color": "monochrome"}, "image_color", "bw"),
            ({"color": "teal"}, "image_color", "teal"),
            ({"color": "color"}, "image_color", None),
            ({"type": "transparent"}, "image_color", "trans"),
            ({"type": "face"}, "image_type", "face"),
            ({"type": "illustration"}, "image_type", None),
            ({"license": "commercial"}, "licenses", "cl"),
            ({"since": date(2020, 1, 2)}, "start_date", "20200102"),
            ({"until": date(2020, 1, 2)}, "end_date", "20200102"),
            ({"safe_search": "off"}, "safe", "off"),
            ({"language": "de"}, "hl", "de"),
            ({"region": "ch"}, "gl", "ch"),
        ],
    )
    def test_filters(self, wanted: dict[str, Any], parameter: str, value: str | None) -> None:
        assert self.asked(wanted).get(parameter) == (None if value is None else [value])

    @pytest.mark.parametrize(
        ("status", "told", "problem"),
        [
            (
                401,
                "Invalid API key. Your API key should be here: https://serpapi.com/manage-api-key",
                Blocked,
            ),
            (200, "Invalid API key test-key.", Blocked),
            (429, "Your account has run out of searches.", Throttled),
            (200, "Your account has run out of searches.", Throttled),
            (200, "Your searches for the month are exhausted.", Throttled),
            (400, "Missing query `q` parameter.", SourceProblem),
            (200, "We couldn't get valid results for this search.", SourceProblem),
        ],
    )
    def test_errors(self, status: int, told: str, problem: type[SourceProblem]) -> None:
        with pytest.raises(problem) as raised:
            self.spider().parse_page(self.response(nothing(told), status), self.stream())
        assert type(raised.value) is problem
        assert "test-key" not in str(raised.value)
        if isinstance(raised.value, Throttled):
            assert raised.value.seconds == 3600
