from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from pixcrawler_spiders import artic
from scrapy import Request
from scrapy.settings import BaseSettings

from pixcrawler_core.crawl.plan import Page, Plan
from pixcrawler_core.filters import Filters
from pixcrawler_core.settings import USER_AGENT
from pixcrawler_core.sources import Blocked, LayoutChanged, SourceProblem, Throttled
from pixcrawler_core.testing.odd import Notebook
from pixcrawler_core.testing.sources import SourceContract

SERVER = "https://iiif.example/2"
IMAGE = "00000000-0000-4000-8000-00000000000{}"
TOO_DEEP = {"status": 403, "error": "Invalid number of results", "detail": "You have requested too many."}


def work(number: int, **changes: Any) -> dict[str, Any]:
    """A work in the shape of the interface, made up."""
    usual = {
        "id": number,
        "title": "Lighthouse at <em>Dusk</em>",
        "image_id": IMAGE.format(number),
        "alt_image_ids": [IMAGE.format(8), None, "../odd"],
        "thumbnail": {
            "width": 3372,
            "height": 2000,
            "alt_text": "A tower by the sea.",
            "lqip": "data:image/gif;",
        },
        "artist_title": "Ann Example",
        "artist_titles": ["Ann Example"],
        "artist_display": "Ann Example\nNowhere, 1850-1920",
        "date_display": "1887",
        "medium_display": "Oil on canvas",
        "is_public_domain": True,
        "copyright_notice": None,
        "term_titles": ["seascape", "oil paint"],
    }
    return {**usual, **changes}


def answer(*works: Any, pages: Any = 4, **changes: Any) -> bytes:
    """A page of results."""
    body = {
        "pagination": {"total": 312, "limit": 100, "offset": 0, "total_pages": pages, "current_page": 1},
        "data": list(works),
        "info": {"version": "1.10"},
        "config": {"iiif_url": SERVER, "website_url": "https://website.example"},
    }
    return json.dumps({**body, **changes}).encode()


class TestArtic(SourceContract):
    component = next(artic.register_sources())
    page = answer(work(1), work(2), work(3))
    results = ("data",)

    def one(self, **changes: Any) -> Any:
        (candidate,) = self.parse(answer(work(1, **changes))).candidates
        return candidate

    def parse_with(self, body: bytes, page: int = 1, **options: Any) -> Page:
        spider, stream = self.spider(), self.stream()
        spider.options, stream.page = artic.ArticOptions(**options), page
        return spider.parse_page(self.response(body), stream)

    def request(self, filters: Filters, page: int = 1, **options: Any) -> Request:
        spider, stream = self.spider(), self.stream()
        spider.options, stream.page = artic.ArticOptions(**options), page
        spider.session = Notebook(plan=Plan(wanted={}, default_wanted=None, questions=(), filters=filters))
        return spider.page_request(stream)

    def test_fields(self) -> None:
        found = self.one()
        assert found.image_url == f"{SERVER}/{IMAGE.format(1)}/full/843,/0/default.jpg"
        assert found.thumbnail_url == f"{SERVER}/{IMAGE.format(1)}/full/200,/0/default.jpg"
        assert (found.width, found.height, found.format) == (843, 500, "image/jpeg")
        assert (found.title, found.alt) == ("Lighthouse at Dusk", "A tower by the sea.")
        assert (found.creator, found.date, found.tags) == ("Ann Example", "1887", ("seascape", "oil paint"))
        assert (found.page_url, found.site) == ("https://www.artic.edu/artworks/1", "www.artic.edu")
        assert (found.license, found.license_url, found.engine_id) == ("cc0-1.0", artic.CC0, "1")
        assert found.extra == {
            "medium": "Oil on canvas",
            "original_width": 3372,
            "original_height": 2000,
        }

    def test_licences(self) -> None:
        found = self.one(is_public_domain=False, copyright_notice="© Ann Example")
        assert (found.license, found.license_url) == ("all-rights-reserved", None)
        assert found.extra["copyright"] == "© Ann Example"
        for odd in (False, None, "true", 1):
            assert self.one(is_public_domain=odd).license is None

    @pytest.mark.parametrize(
        ("wanted", "original", "free", "taken"),
        [(843, 3372, True, 843), (1686, 3372, True, 1686), (1686, 3372, False, 843), (843, 500, True, 500)],
    )
    def test_the_width(self, wanted: int, original: int, free: bool, taken: int) -> None:
        row = work(1, is_public_domain=free, thumbnail={"width": original, "height": original})
        (found,) = self.parse_with(answer(row), width=wanted).candidates
        assert f"/full/{taken},/" in found.image_url
        assert (found.width, found.height) == (taken, taken)

    def test_a_work_without_a_thumbnail(self) -> None:
        found = self.one(thumbnail=None, artist_title=None, artist_titles=None)
        assert "/full/843,/" in found.image_url
        assert (found.width, found.height, found.alt) == (None, None, None)
        assert found.creator == "Ann Example Nowhere, 1850-1920"

    def test_the_server_of_images(self) -> None:
        (found,) = self.parse(answer(work(1), config=None)).candidates
        assert found.image_url.startswith("https://www.artic.edu/iiif/2/0000")

    def test_further_photographs(self) -> None:
        found = self.parse_with(answer(work(1)), alternates=True).candidates
        assert [each.image_url.split("/")[4] for each in found] == [IMAGE.format(1), IMAGE.format(8)]
        assert (found[1].width, found[1].title) == (None, "Lighthouse at Dusk")

    @pytest.mark.parametrize("image", [None, "", "../../etc/passwd", 7])
    def test_works_without_an_image_are_left_out(self, image: Any) -> None:
        page = self.parse(answer(work(1, image_id=image), work(2)))
        assert [each.engine_id for each in page.candidates] == ["2"]

    def test_nothing_but_works_without_an_image(self) -> None:
        assert self.parse(answer(work(1, image_id=None), pages=1)).candidates == []
        with pytest.raises(LayoutChanged, match="none of 3 works"):
            self.parse(answer(work(1, image_id=7), None, {}))

    def test_a_search_that_tells_of_no_images(self) -> None:
        short = [{"id": number, "title": "A work", "thumbnail": None} for number in (4, 5)]
        page = self.parse(answer(*short))
        (request,) = page.details
        asked = parse_qs(urlsplit(request.url).query)
        assert urlsplit(request.url).path == "/api/v1/artworks"
        assert (asked["ids"], asked["limit"], asked["fields"]) == (["4,5"], ["2"], [artic.FIELDS])

    def test_a_single_work(self) -> None:
        page = self.parse(json.dumps({"data": work(6), "config": {"iiif_url": SERVER}}).encode())
        assert ([each.engine_id for each in page.candidates], page.done) == (["6"], True)

    @pytest.mark.parametrize(
        ("page", "pages", "done"),
        [(1, 4, False), (3, "4", False), (4, 4, True), (99, 300, False), (100, 300, True), (1, None, True)],
    )
    def test_the_last_page(self, page: int, pages: Any, done: bool) -> None:
        assert self.parse_with(answer(work(1), pages=pages), page).done is done

    def test_no_results(self) -> None:
        page = self.parse(answer(pages=0))
        assert (list(page.candidates), page.done) == ([], True)

    def test_the_depth_that_the_museum_sets_is_the_end(self) -> None:
        spider, stream = self.spider(), self.stream()
        page = spider.parse_page(self.response(json.dumps(TOO_DEEP).encode(), 403), stream)
        assert (list(page.candidates), page.done) == ([], True)

    def test_the_request(self) -> None:
        request = self.request(Filters(), page=3, page_size=50)
        assert request.url.startswith("https://api.artic.edu/api/v1/artworks/search?")
        assert parse_qs(urlsplit(request.url).query) == {
            "q": [self.query],
            "fields": [artic.FIELDS],
            "page": ["3"],
            "limit": ["50"],
        }
        assert "image_id" in artic.FIELDS.split(",")

    def test_it_says_who_asks(self) -> None:
        assert self.request(Filters()).headers["AIC-User-Agent"] == USER_AGENT.encode()
        spider = self.spider()
        spider.settings = BaseSettings({"USER_AGENT": "PixCrawler/1 (+ann@example.org)"})
        told = spider.page_request(self.stream()).headers["AIC-User-Agent"]
        assert told == b"PixCrawler/1 (+ann@example.org)"

    @pytest.mark.parametrize("rights", ["any", "public-domain", "commercial", "commercial-modification"])
    def test_the_filter(self, rights: Any) -> None:
        asked = parse_qs(urlsplit(self.request(Filters(license=rights)).url).query)
        assert asked["query[term][is_public_domain]"] == ["true"]

    @pytest.mark.parametrize(
        ("body", "problem", "words"),
        [
            ({"status": 429, "error": "Too Many Attempts."}, Throttled, "Too Many"),
            ({"detail": "Request was throttled."}, Throttled, "throttled"),
            ({"status": 403, "error": "Forbidden", "detail": "This is forbidden."}, Blocked, "is forbidden"),
            ({"status": 400, "error": "Invalid syntax"}, SourceProblem, "Invalid syntax"),
            ({"unexpected": []}, LayoutChanged, "no list of works"),
        ],
    )
    def test_answers_that_are_problems(self, body: Any, problem: type[SourceProblem], words: str) -> None:
        with pytest.raises(problem, match=words) as caught:
            self.parse(json.dumps(body).encode())
        assert type(caught.value) is problem

    def test_a_web_page_is_a_refusal(self) -> None:
        assert self.ending(b"<html>Sorry, you have been blocked</html>", 403).startswith("blocked: HTTP 403")
