from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from pixcrawler_spiders import stocksnap

from pixcrawler_core.sources import Blocked, LayoutChanged, SourceProblem, Throttled
from pixcrawler_core.testing.odd import WEB_PAGE
from pixcrawler_core.testing.sources import SourceContract


def result(number: int, **changes: Any) -> dict[str, Any]:
    """A photograph in the shape of the interface, made up."""
    usual = {
        "img_id": f"EXAMPLE{number:03}",
        "img_width": 6000,
        "img_height": 4000,
        "adjustedWidth": 420,
        "author_id": 7,
        "author_name": "Ann Example",
        "author_profile": "https://stocksnap.io/author/7",
        "author_website": "https://ann.example/",
        "downloads_raw": 5,
        "favorited": False,
        "keywords": ["tree", "closeup", "bark"],
        "page_views_raw": 25,
        "tags": "tree,   close up,  bark",
    }
    return {**usual, **changes}


def answer(*results: Any, **changes: Any) -> bytes:
    usual = {"nextPage": 2, "sortBy": "relevance", "sortOrder": "desc"}
    return json.dumps({**usual, "results": list(results), **changes}).encode()


class TestStocksnap(SourceContract):
    component = next(stocksnap.register_sources())
    page = answer(*(result(number) for number in range(3)))
    results = ("results",)

    def one(self, **changes: Any) -> Any:
        (candidate,) = self.parse(answer(result(1, **changes))).candidates
        return candidate

    def test_fields(self) -> None:
        found = self.one()
        assert found.image_url == "https://cdn.stocksnap.io/img-thumbs/960w/EXAMPLE001.jpg"
        assert found.thumbnail_url == "https://cdn.stocksnap.io/img-thumbs/280h/EXAMPLE001.jpg"
        assert (found.width, found.height, found.format) == (960, 640, "jpg")
        assert found.extra == {"original_width": 6000, "original_height": 4000}
        assert (found.title, found.tags) == ("Tree Closeup", ("tree", "closeup", "bark"))
        assert found.page_url == "https://stocksnap.io/photo/tree-closeup-EXAMPLE001"
        assert (found.license, found.license_url) == ("cc0-1.0", stocksnap.LICENCE_URL)
        assert (found.creator, found.creator_url) == ("Ann Example", "https://ann.example/")
        assert (found.engine_id, found.site) == ("EXAMPLE001", "stocksnap.io")

    @pytest.mark.parametrize(
        ("original", "public"),
        [
            ((2894, 4437), (960, 1472)),
            ((800, 600), (800, 600)),
            ((960, 640), (960, 640)),
            (("5000", 2500.0), (960, 480)),
            ((100_000, 1), (960, 1)),
            ((6000, None), (6000, None)),
            ((None, "x"), (None, None)),
        ],
    )
    def test_the_size_is_that_of_the_public_file(self, original: Any, public: Any) -> None:
        found = self.one(img_width=original[0], img_height=original[1])
        if None in public:
            assert None in (found.width, found.height)
        else:
            assert (found.width, found.height) == public

    def test_tags_stand_in_for_keywords(self) -> None:
        found = self.one(keywords=None)
        assert (found.tags, found.title) == (("tree", "close up", "bark"), "Tree Close Up")
        assert found.page_url == "https://stocksnap.io/photo/tree-close-up-EXAMPLE001"
        assert self.one(keywords="tree").tags == ("tree",)
        assert self.one(keywords=7, tags=[]).tags == ("7",)
        found = self.one(keywords=[None, {}], tags=None)
        assert (found.tags, found.title) == ((), None)
        assert found.page_url == "https://stocksnap.io/photo/EXAMPLE001"

    @pytest.mark.parametrize("website", ["https://stocksnap.io/", None, 7, "javascript:alert(1)"])
    def test_authors_without_a_website(self, website: Any) -> None:
        assert self.one(author_website=website).creator_url == "https://stocksnap.io/author/7"

    def test_rows_without_an_id_are_left_out(self) -> None:
        odd: list[Any] = [None, 7, [], {}, result(2, img_id=None), result(3, img_id={})]
        assert [each.engine_id for each in self.parse(answer(*odd, result(4))).candidates] == ["EXAMPLE004"]
        with pytest.raises(LayoutChanged, match="none of 6 results"):
            self.parse(answer(*odd))

    def test_ids_cannot_leave_their_folder(self) -> None:
        assert self.one(img_id="../x?y").image_url.endswith("/960w/..%2Fx%3Fy.jpg")

    @pytest.mark.parametrize("following", [False, None, 0, 1, -5, "x", [], True])
    def test_the_last_page(self, following: Any) -> None:
        page = self.parse(answer(result(1), nextPage=following))
        assert (page.done, page.cursor) == (True, None)

    def test_page_after_page(self) -> None:
        spider, stream = self.spider(), self.stream()
        asked = []
        for following in (2, "3", False):
            asked.append(urlsplit(spider.page_request(stream).url).path.rpartition("/")[2])
            page = spider.parse_page(self.response(answer(result(1), nextPage=following)), stream)
            stream.page, stream.cursor = stream.page + 1, page.cursor
        assert (asked, page.done) == (["1", "2", "3"], True)

    def test_no_results(self) -> None:
        page = self.parse(answer(nextPage=False))
        assert (list(page.candidates), page.done) == ([], True)

    @pytest.mark.parametrize(
        ("body", "problem"),
        [
            (b'{"error": "Too many requests"}', Throttled),
            (b'{"message": "Forbidden"}', Blocked),
            (b'{"error": "Internal error"}', SourceProblem),
            (b'{"unexpected": []}', LayoutChanged),
            (b'{"results": {"1": {}}}', LayoutChanged),
            (b"[]", LayoutChanged),
            (WEB_PAGE, Blocked),
        ],
    )
    def test_answers_that_are_no_results(self, body: bytes, problem: type[SourceProblem]) -> None:
        with pytest.raises(SourceProblem) as caught:
            self.parse(body)
        assert type(caught.value) is problem

    def test_the_request(self) -> None:
        spider = self.spider()
        spider.options = stocksnap.StocksnapOptions(sort="date")
        parts = urlsplit(spider.page_request(self.stream()).url)
        assert (parts.scheme, parts.netloc, parts.query, parts.fragment) == ("https", "stocksnap.io", "", "")
        assert unquote(parts.path) == f"/api/search-photos/{self.query}/date/desc/1"
        stream = self.stream()
        stream.question = stream.question.__class__(category="", engine="stocksnap", query="a/b?c \ud800")
        assert "/api/search-photos/a%2Fb%3Fc%20%3F/date/" in spider.page_request(stream).url

    def test_files_are_with_the_endpoint_unless_it_is_the_real_one(self) -> None:
        spider = self.spider()
        spider.options = stocksnap.StocksnapOptions(endpoint="http://127.0.0.1:1/stocksnap")
        (found,) = spider.parse_page(self.response(answer(result(1))), self.stream()).candidates
        assert found.image_url == "http://127.0.0.1:1/stocksnap/cdn/img-thumbs/960w/EXAMPLE001.jpg"
        spider.options = stocksnap.StocksnapOptions(cdn="https://files.example")
        (found,) = spider.parse_page(self.response(answer(result(1))), self.stream()).candidates
        assert found.image_url == "https://files.example/img-thumbs/960w/EXAMPLE001.jpg"
