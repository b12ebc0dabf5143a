from __future__ import annotations

import json
from datetime import date
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from pixcrawler_spiders import nasa
from scrapy import Request
from scrapy.http import TextResponse

from pixcrawler_core.crawl.plan import Plan
from pixcrawler_core.filters import Filters
from pixcrawler_core.sources import Blocked, LayoutChanged, SourceProblem, Throttled
from pixcrawler_core.testing.odd import Notebook
from pixcrawler_core.testing.sources import SourceContract

BASE = "https://assets.example/image"


def data(number: int, **changes: Any) -> dict[str, Any]:
    """What the library tells of a picture, made up."""
    usual = {
        "nasa_id": f"EX{number}",
        "title": f"Crater number {number}",
        "description": "A crater, <b>seen</b> from above",
        "description_508": "A round crater",
        "media_type": "image",
        "center": "JPL",
        "date_created": "2003-10-08T21:49:42Z",
        "keywords": ["Crater", "Moon, Apollo ;Crater;"],
        "photographer": "Ann Example",
        "secondary_creator": "NASA/Example",
    }
    return {**usual, **changes}


def link(number: int, name: str, ending: str = "jpg", **sizes: int) -> dict[str, Any]:
    relation = {"thumb": "preview", "orig": "canonical"}.get(name, "alternate")
    return {
        "href": f"{BASE}/EX{number}/EX{number}~{name}.{ending}",
        "rel": relation,
        "render": "image",
        **sizes,
    }


def item(number: int, *links: Any, **changes: Any) -> dict[str, Any]:
    """A result of the newer shape, with all files and their sizes."""
    usual = (
        link(number, "medium", width=1280, height=960, size=212000),
        link(number, "thumb", width=640, height=480, size=74000),
        link(number, "orig", width=4000, height=3000, size=1525000),
    )
    return {
        "href": f"{BASE}/EX{number}/collection.json",
        "data": [data(number, **changes)],
        "links": list(links or usual),
    }


def old(number: int, **changes: Any) -> dict[str, Any]:
    """A result of the older shape, with a preview only."""
    return item(number, link(number, "thumb"), **changes)


def answer(*items: Any, following: bool = True, **changes: Any) -> bytes:
    """A page of results."""
    collection: dict[str, Any] = {"version": "1.1", "href": "https://api.example/search?q=x", "items": items}
    if following:
        href = "http://api.example/search?q=x&page=2"
        collection["links"] = [{"rel": "next", "prompt": "Next", "href": href}]
    return json.dumps({"collection": {**collection, "metadata": {"total_hits": 1000}, **changes}}).encode()


def files(*names: str) -> list[str]:
    return [f"http://images-assets.nasa.gov/image/EX1/{name}" for name in names]


def wanting(filters: Filters) -> Notebook:
    """A run with filters."""
    return Notebook(plan=Plan(wanted={}, default_wanted=None, questions=(), filters=filters))


class TestNasa(SourceContract):
    component = next(nasa.register_sources())
    page = answer(*(item(number) for number in range(3)))
    results = ("collection", "items")

    def one(self, *links: Any, **changes: Any) -> Any:
        (candidate,) = self.parse(answer(item(1, *links, **changes))).candidates
        return candidate

    def live(self, request: Request, body: bytes, status: int = 200) -> TextResponse:
        """An answer to a request that was really sent."""
        return TextResponse(request.url, status=status, body=body, request=request)

    def test_fields(self) -> None:
        found = self.one()
        assert found.image_url == f"{BASE}/EX1/EX1~orig.jpg"
        assert found.thumbnail_url == f"{BASE}/EX1/EX1~thumb.jpg"
        assert (found.width, found.height, found.filesize_bytes, found.format) == (4000, 3000, 1525000, "jpg")
        assert (found.title, found.alt) == ("Crater number 1", "A round crater")
        assert found.tags == ("Crater", "Moon", "Apollo")
        assert (found.creator, found.date) == ("Ann Example", "2003-10-08T21:49:42Z")
        assert (found.engine_id, found.page_url) == ("EX1", "https://images.nasa.gov/details/EX1")
        assert (found.site, found.license) == ("images.nasa.gov", None)
        assert found.extra == {"center": "JPL"}

    @pytest.mark.parametrize(
        ("changes", "expected"),
        [
            ({"photographer": None}, "NASA/Example"),
            ({"photographer": "", "secondary_creator": 7.5}, "7.5"),
            ({"photographer": [], "secondary_creator": None}, "JPL"),
        ],
    )
    def test_creators(self, changes: dict[str, Any], expected: str) -> None:
        assert self.one(**changes).creator == expected

    def test_the_file_that_is_taken(self) -> None:
        tiff = link(1, "orig", "tif", width=9000, height=9000)
        assert self.one(tiff, link(1, "large"), link(1, "thumb")).image_url.endswith("~large.jpg")
        assert self.one(link(1, "thumb"), tiff).image_url.endswith("~orig.tif")
        assert self.one(link(1, "small"), link(1, "medium", "png")).image_url.endswith("~medium.png")
        captions = {"href": f"{BASE}/EX1/EX1.srt", "rel": "captions", "render": None}
        assert self.one(captions, link(1, "orig")).image_url.endswith("~orig.jpg")

    def test_addresses_are_mended(self) -> None:
        href = "http://images-assets.nasa.gov/image/Go Forward/Go Forward~orig.jpg"
        found = self.one({"href": href, "rel": "canonical"}, nasa_id="Go Forward")
        expected = "https://images-assets.nasa.gov/image/Go%20Forward/Go%20Forward~orig.jpg"
        assert found.image_url == expected
        assert found.page_url == "https://images.nasa.gov/details/Go%20Forward"
        elsewhere = self.one({"href": "http://photos.example/a~orig.jpg"})
        assert elsewhere.image_url == "http://photos.example/a~orig.jpg"

    def test_a_saved_answer_of_the_older_shape(self) -> None:
        page = self.parse(answer(old(1), old(2, media_type="video"), old(3)))
        assert [each.engine_id for each in page.candidates] == ["EX1", "EX3"]
        found = page.candidates[0]
        assert found.image_url == f"{BASE}/EX1/EX1~orig.jpg"
        assert found.thumbnail_url == f"{BASE}/EX1/EX1~thumb.jpg"
        assert (found.width, found.title, found.creator) == (None, "Crater number 1", "Ann Example")

    def test_the_older_shape_asks_for_files(self) -> None:
        spider, stream = self.spider(), self.stream()
        body = answer(item(0), *(old(number) for number in range(1, 31)))
        page = spider.parse_page(self.live(spider.page_request(stream), body), stream)
        assert [each.engine_id for each in page.candidates] == ["EX0"]
        assert len(page.details) == 25
        assert page.details[0].url == "https://images-api.nasa.gov/asset/EX1"
        assert len(page.cursor["left"]) == 5
        assert page.cursor["page"] == 2
        assert not page.done

        listed = [
            {"href": each}
            for each in files("EX1~orig.tif", "EX1~thumb.jpg", "EX1~large.jpg", "metadata.json")
        ]
        answered = self.live(page.details[0], json.dumps({"collection": {"items": listed}}).encode())
        (found,) = spider.parse_page(answered, stream).candidates
        assert found.image_url == "https://images-assets.nasa.gov/image/EX1/EX1~large.jpg"
        assert found.thumbnail_url == f"{BASE}/EX1/EX1~thumb.jpg"
        assert (found.title, found.creator, found.tags[0]) == ("Crater number 1", "Ann Example", "Crater")
        assert (found.date, found.engine_id) == ("2003-10-08T21:49:42Z", "EX1")

    def test_what_is_left_of_a_page_comes_before_the_next(self) -> None:
        spider, stream = self.spider(), self.stream()
        body = answer(*(old(number) for number in range(30)), following=False)
        page = spider.parse_page(self.live(spider.page_request(stream), body), stream)
        assert not page.done
        stream.page, stream.cursor = 2, json.loads(json.dumps(page.cursor))
        request = spider.page_request(stream)
        assert request.url.endswith("/asset/EX25")
        listed = json.dumps(files("EX25~orig.jpg")).encode()
        last = spider.parse_page(self.live(request, listed), stream)
        assert [each.title for each in last.candidates] == ["Crater number 25"]
        assert [each.url[-4:] for each in last.details] == ["EX26", "EX27", "EX28", "EX29"]
        assert last.done
        missing = spider.parse_page(self.live(request, b'{"reason": "No AssetDB records"}', 404), stream)
        assert (len(missing.candidates), len(missing.details)) == (0, 4)

    @pytest.mark.parametrize("wrapped", [False, True])
    def test_a_list_of_files_alone(self, wrapped: bool) -> None:
        told: Any = files("EX 1~orig.png", "EX 1~thumb.jpg", "metadata.json")
        told = (
            {"collection": {"version": "1.0", "items": [{"href": each} for each in told]}}
            if wrapped
            else told
        )
        page = self.parse(json.dumps(told).encode())
        (found,) = page.candidates
        assert found.image_url == "https://images-assets.nasa.gov/image/EX1/EX%201~orig.png"
        assert found.thumbnail_url == "https://images-assets.nasa.gov/image/EX1/EX%201~thumb.jpg"
        assert (found.engine_id, found.format, page.done) == ("EX 1", "png", True)

    def test_pages_to_the_end(self) -> None:
        spider, stream = self.spider(), self.stream()
        page = spider.parse_page(self.response(self.page), stream)
        stream.page, stream.cursor = 2, page.cursor
        assert not page.done
        assert parse_qs(urlsplit(spider.page_request(stream).url).query)["page"] == ["2"]
        assert spider.parse_page(self.response(answer(item(1), following=False)), stream).done
        stream.cursor = {"page": 100}
        assert spider.parse_page(self.response(self.page), stream).done

    def test_nothing_found(self) -> None:
        page = self.parse(answer(following=False))
        assert (list(page.candidates), page.done) == ([], True)
        only_videos = self.parse(answer(item(1, media_type="video")))
        assert (list(only_videos.candidates), only_videos.done) == ([], False)

    def test_beyond_the_depth(self) -> None:
        reason = b'{"reason": "Maximum number of search results have been displayed. Please refine."}'
        page = self.spider().parse_page(self.response(reason, 400), self.stream())
        assert (list(page.candidates), page.done) == ([], True)

    @pytest.mark.parametrize(
        ("body", "problem", "words"),
        [
            (b'{"reason": "Expected \'q\' text search parameter."}', SourceProblem, "Expected 'q'"),
            (b'{"detail": "Request was throttled."}', Throttled, "throttled"),
            (b"<html>Access denied</html>", Blocked, "a web page"),
            (b'{"unexpected": []}', LayoutChanged, "no list of items"),
            (b"[7, null]", LayoutChanged, "none of 2 files"),
            (b'{"collection": {"items": [7, {"data": []}]}}', LayoutChanged, "none of 2 items"),
        ],
    )
    def test_problems(self, body: bytes, problem: type[SourceProblem], words: str) -> None:
        with pytest.raises(problem, match=words):
            self.parse(body)

    def test_an_error_without_a_reason(self) -> None:
        assert self.ending(b"{}", 400).startswith("failed: HTTP 400")

    def test_the_request(self) -> None:
        spider = self.spider()
        spider.options = nasa.NasaOptions(center="JSC", page_size=50, endpoint="http://api.example")
        wanted = Filters(since=date(1969, 7, 1), until=date(1972, 12, 31))
        spider.session = wanting(wanted)
        request = spider.page_request(self.stream())
        assert request.url.startswith("http://api.example/search?")
        assert parse_qs(urlsplit(request.url).query) == {
            "q": [self.query],
            "media_type": ["image"],
            "page": ["1"],
            "page_size": ["50"],
            "center": ["JSC"],
            "year_start": ["1969"],
            "year_end": ["1972"],
        }
