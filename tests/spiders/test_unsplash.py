from __future__ import annotations

import json
from typing import Any

import pytest
from pixcrawler_spiders import unsplash

from pixcrawler_core.sources import Blocked, LayoutChanged, SourceProblem, Throttled
from pixcrawler_core.testing.sources import SourceContract
from pixcrawler_core.testing.web.engine import KEY
from pixcrawler_core.testing.web.engines.unsplash import Simulated
from tests.spiders import talk


def photo(number: int, **changes: Any) -> dict[str, Any]:
    """A photo in the shape of the interface, made up."""
    files = f"https://images.example/photo-{number}?ixid=M3w1&ixlib=rb-4.0.3"
    usual = {
        "id": f"id-{number}",
        "slug": f"panda-{number}",
        "created_at": "2023-05-17T09:30:00Z",
        "width": 6000,
        "height": 4000,
        "color": "#262626",
        "description": f"Panda number {number}",
        "alt_description": "a red panda in a tree",
        "plus": False,
        "premium": False,
        "urls": {
            "raw": files,
            "full": f"{files}&q=85",
            "regular": f"{files}&w=1080",
            "small": f"{files}&w=400",
            "thumb": f"{files}&w=200",
        },
        "links": {
            "self": f"https://api.example/photos/id-{number}",
            "html": f"https://photos.example/id-{number}",
            "download_location": f"https://api.example/photos/id-{number}/download",
        },
        "sponsorship": None,
        "user": {
            "id": "u1",
            "username": "ann",
            "name": "Ann Example",
            "links": {"html": "https://photos.example/@ann"},
        },
        "tags": [{"type": "search", "title": "panda"}, {"type": "landing_page", "title": "zoo"}],
    }
    return {**usual, **changes}


def answer(*results: Any, **changes: Any) -> bytes:
    """A page of results."""
    return json.dumps({"total": 100, "total_pages": 5, "results": list(results), **changes}).encode()


def errors(*told: str) -> bytes:
    return json.dumps({"errors": list(told)}).encode()


class TestUnsplash(SourceContract):
    component = next(unsplash.register_sources())
    page = answer(*(photo(number) for number in range(3)))
    results = ("results",)
    options = {"key": "k"}  # noqa: RUF012

    def one(self, **changes: Any) -> Any:
        (candidate,) = self.parse(answer(photo(1, **changes))).candidates
        return candidate

    def test_fields(self) -> None:
        found = self.one()
        assert found.image_url == "https://images.example/photo-1?ixid=M3w1&ixlib=rb-4.0.3"
        assert found.thumbnail_url == f"{found.image_url}&w=200"
        assert (found.width, found.height, found.filesize_bytes, found.format) == (6000, 4000, None, None)
        assert (found.title, found.alt) == ("Panda number 1", "a red panda in a tree")
        assert found.tags == ("panda", "zoo")
        assert found.page_url == "https://photos.example/id-1"
        assert (found.site, found.engine_id) == ("unsplash.com", "id-1")
        assert (found.license, found.license_url) == ("unsplash", "https://unsplash.com/license")
        assert (found.creator, found.creator_url) == ("Ann Example", "https://photos.example/@ann")
        assert found.date == "2023-05-17T09:30:00Z"
        assert found.extra == {
            "attribution": "Photo by Ann Example on Unsplash",
            "download_location": "https://api.example/photos/id-1/download",
        }

    def test_what_is_missing_is_taken_from_elsewhere(self) -> None:
        found = self.one(
            description=None,
            urls={"regular": "https://images.example/1?w=1080"},
            user={"username": "ann"},
            tags=None,
            photo_tags=[{"title": "panda"}, "zoo", None, {}],
            sponsorship={"tagline": "Buy"},
        )
        assert (found.title, found.alt) == ("a red panda in a tree", "a red panda in a tree")
        assert (found.image_url, found.width) == ("https://images.example/1?w=1080", None)
        assert (found.creator, found.tags) == ("ann", ("panda", "zoo"))
        assert found.extra["sponsored"] is True

    def test_photos_for_subscribers_are_left_out(self) -> None:
        premium = [
            photo(1, plus=True),
            photo(2, premium=True),
            photo(3, urls={"raw": "https://plus.unsplash.com/premium_photo-3?ixid=1"}),
            photo(4, urls={"raw": "https://images.example/premium_photo-4"}),
        ]
        found = self.parse(answer(*premium, photo(5))).candidates
        assert [each.engine_id for each in found] == ["id-5"]
        page = self.parse(answer(*premium))
        assert (list(page.candidates), page.done) == ([], False)

    def test_other_lists_and_single_photos(self) -> None:
        listed = self.parse(json.dumps([photo(1), photo(2)]).encode())
        assert ([each.engine_id for each in listed.candidates], listed.done) == (["id-1", "id-2"], True)
        single = self.parse(json.dumps(photo(3)).encode())
        assert ([each.engine_id for each in single.candidates], single.done) == (["id-3"], True)
        assert self.parse(b"[]").done

    def test_results_without_an_image_are_a_changed_layout(self) -> None:
        with pytest.raises(LayoutChanged, match="none of 2 results"):
            self.parse(answer(photo(1, urls=None), photo(2, urls={"raw": "ftp://images.example"})))
        with pytest.raises(LayoutChanged, match="no list of results"):
            self.parse(b'{"total": 3}')

    @pytest.mark.parametrize(
        ("page", "changes", "done"),
        [(1, {}, False), (4, {"total_pages": "5"}, False), (5, {}, True), (1, {"total_pages": None}, True)],
    )
    def test_the_last_page(self, page: int, changes: dict[str, Any], done: bool) -> None:
        stream = self.stream()
        stream.page = page
        body = answer(photo(1), **changes)
        assert self.spider().parse_page(self.response(body), stream).done is done

    def test_no_results(self) -> None:
        page = self.parse(answer(total=0, total_pages=0))
        assert (list(page.candidates), page.done) == ([], True)

    @pytest.mark.parametrize("body", [b"Rate Limit Exceeded", errors("Rate Limit Exceeded")])
    def test_the_hour_is_used_up(self, body: bytes) -> None:
        with pytest.raises(Throttled):
            self.parse(body)
        ending = self.ending(body, 403)
        assert ending.startswith("throttled: ")
        assert "come back in 3600 s" in ending

    def test_refusals(self) -> None:
        with pytest.raises(Blocked, match="OAuth error"):
            self.parse(errors("OAuth error: The access token is invalid"))
        assert self.ending(errors("Something else"), 403) == "blocked: Something else"
        assert self.ending(b"Forbidden", 403).startswith("blocked: HTTP 403")
        assert self.ending(errors("OAuth error"), 401).startswith("blocked: ")
        with pytest.raises(SourceProblem, match="query is missing; page is wrong") as caught:
            self.parse(errors("query is missing", "page is wrong"))
        assert type(caught.value) is SourceProblem

    def test_the_request(self) -> None:
        request = self.spider().page_request(self.stream())
        assert request.url.startswith("https://api.unsplash.com/search/photos?")
        assert talk.asked(request) == {
            "query": self.query,
            "page": "1",
            "per_page": "30",
            "order_by": "relevant",
            "content_filter": "low",
        }
        assert request.headers["Authorization"] == b"Client-ID k"
        assert request.headers["Accept-Version"] == b"v1"

    @pytest.mark.parametrize(
        ("filters", "expected"),
        [
            ({"color": "monochrome"}, {"color": "black_and_white"}),
            ({"color": "pink"}, {"color": "magenta"}),
            ({"color": "brown"}, {}),
            ({"aspect": "square"}, {"orientation": "squarish"}),
            ({"aspect": "tall"}, {"orientation": "portrait"}),
            ({"safe_search": "strict"}, {"content_filter": "high"}),
            ({"safe_search": "off"}, {}),
            ({"language": "de"}, {"lang": "de"}),
        ],
    )
    def test_filters(self, filters: dict[str, Any], expected: dict[str, str]) -> None:
        assert set(filters) <= unsplash.UnsplashSpider.filters
        usual = talk.asked(talk.wanting(self.spider()).page_request(self.stream()))
        told = talk.asked(talk.wanting(self.spider(), **filters).page_request(self.stream()))
        assert told == usual | expected

    def talker(self, **options: Any) -> Any:
        """A spider for the simulated source."""
        spider, address = self.spider(), talk.endpoint("unsplash")
        spider.options = unsplash.UnsplashOptions(**({"endpoint": address, "key": KEY} | options))
        return spider

    def test_page_by_page_to_the_end(self) -> None:
        engine, stream = Simulated(talk.collection(), talk.PORT), self.stream()
        stream.question = type(stream.question)(category="birds", engine="unsplash", query="birds")
        pages = talk.walk(self.talker(page_size=4), engine, stream)
        found = [candidate for page in pages for candidate in page.candidates]
        expected = engine.search("birds")
        assert [each.engine_id for each in found] == [engine.id_of(each) for each in expected]
        assert [each.width for each in found] == [each.width for each in expected]
        assert len(pages) == -(-len(expected) // 4) > 1

    def test_the_simulated_source_refuses_as_unsplash_does(self) -> None:
        engine = Simulated(talk.collection(), talk.PORT)
        with pytest.raises(Blocked):
            talk.next_page(self.talker(key="wrong"), engine, self.stream())
        blocked = engine.block()
        assert self.ending(bytes(blocked.body), blocked.status).startswith("blocked: ")  # type: ignore[arg-type]  # bytes, as it was made
        with pytest.raises(LayoutChanged):
            self.parse(bytes(engine.layout().body))  # type: ignore[arg-type]  # bytes, as it was made
        empty = talk.next_page(self.talker(), engine, self.stream())
        assert (list(empty.candidates), empty.done) == ([], True)
