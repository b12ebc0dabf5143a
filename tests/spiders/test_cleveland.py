from __future__ import annotations

import json
from datetime import date
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from pixcrawler_spiders import cleveland

from pixcrawler_core.crawl.plan import Plan
from pixcrawler_core.filters import Filters
from pixcrawler_core.sources import Blocked, LayoutChanged, SourceProblem, Throttled
from pixcrawler_core.testing.odd import Notebook
from pixcrawler_core.testing.sources import SourceContract


def images(number: int) -> dict[str, Any]:
    """The three files of a photograph, with sizes told as text."""
    sizes = {"web": ("jpg", 641, 900), "print": ("jpg", 2422, 3400), "full": ("tif", 3091, 4339)}
    return {
        size: {
            "url": f"https://cdn.example/{number}_{size}.{ending}",
            "width": str(width),
            "height": str(height),
            "filesize": str(width * height),
        }
        for size, (ending, width, height) in sizes.items()
    }


def work(number: int, **changes: Any) -> dict[str, Any]:
    """A work in the shape of the interface, made up."""
    usual = {
        "id": number,
        "accession_number": f"1916.{number}",
        "share_license_status": "CC0",
        "tombstone": f"Bottle number {number}, 1700s. The Example Museum.",
        "title": f"Bottle number {number}",
        "creation_date": "1700s",
        "type": "Glass",
        "department": "Decorative Art",
        "technique": "glass with enamel",
        "culture": ["Germany", "18th century"],
        "creators": [
            {"description": "Ann Example (German, 1700-1760)", "role": "artist"},
            {"description": "Bob Example", "role": "maker"},
        ],
        "description": "A small bottle.",
        "url": f"https://museum.example/art/1916.{number}",
        "images": images(number),
        "alternate_images": [images(number + 1000)],
    }
    return {**usual, **changes}


def answer(*works: Any, total: Any = 1000) -> bytes:
    """A page of results."""
    return json.dumps({"info": {"total": total, "parameters": {"q": "x"}}, "data": list(works)}).encode()


def wanting(filters: Filters) -> Notebook:
    """A run with filters."""
    return Notebook(plan=Plan(wanted={}, default_wanted=None, questions=(), filters=filters))


class TestCleveland(SourceContract):
    component = next(cleveland.register_sources())
    page = answer(*(work(number) for number in range(1, 4)))
    results = ("data",)

    def one(self, **changes: Any) -> Any:
        (candidate,) = self.parse(answer(work(1, **changes))).candidates
        return candidate

    def test_fields(self) -> None:
        found = self.one()
        assert found.image_url == "https://cdn.example/1_print.jpg"
        assert found.thumbnail_url == "https://cdn.example/1_web.jpg"
        assert (found.width, found.height, found.filesize_bytes) == (2422, 3400, 8234800)
        assert (found.format, found.title, found.alt) == ("jpg", "Bottle number 1", "A small bottle.")
        assert found.tags == ("Glass", "Decorative Art", "glass with enamel", "Germany", "18th century")
        assert found.page_url == "https://museum.example/art/1916.1"
        assert (found.license, found.creator) == ("cc0", "Ann Example; Bob Example")
        assert (found.date, found.engine_id, found.site) == ("1700s", "1", "www.clevelandart.org")
        assert found.extra == {"attribution": "Bottle number 1, 1700s. The Example Museum."}

    def test_the_file_that_is_taken(self) -> None:
        told = images(1)
        assert self.one(images={"web": told["web"]}).image_url.endswith("_web.jpg")
        assert self.one(images={"full": told["full"]}).image_url.endswith("_full.tif")
        assert self.one(images={"web": told["web"], "full": told["full"]}).image_url.endswith("_web.jpg")

    def test_a_work_without_images_is_left_out(self) -> None:
        page = self.parse(answer(work(1, images={}), work(2), work(3, images=None)))
        assert [each.engine_id for each in page.candidates] == ["2"]
        assert list(self.parse(answer(work(1, images={}))).candidates) == []

    def test_further_photographs(self) -> None:
        spider = self.spider()
        spider.options = cleveland.ClevelandOptions(alternates=True)
        found = spider.parse_page(self.response(answer(work(1))), self.stream()).candidates
        assert [each.image_url[20:] for each in found] == ["1_print.jpg", "1001_print.jpg"]

    @pytest.mark.parametrize(
        ("status", "expected"),
        [("CC0", "cc0"), ("Copyrighted", "all-rights-reserved"), (None, None), (["CC0"], None), ("", None)],
    )
    def test_licences(self, status: Any, expected: str | None) -> None:
        assert self.one(share_license_status=status).license == expected

    def test_values_in_other_types(self) -> None:
        told = images(1) | {
            "print": {"url": "//cdn.example/1.jpg", "width": 800, "height": "600", "filesize": 0}
        }
        found = self.one(images=told, creators={}, culture="Germany", id=None, type=None, url="-")
        assert (found.width, found.height, found.filesize_bytes) == (641, 900, 576900)
        assert (found.creator, found.engine_id, found.page_url) == (None, "1916.1", None)
        assert found.tags == ("Decorative Art", "glass with enamel", "Germany")

    def test_a_work_alone(self) -> None:
        page = self.parse(json.dumps({"data": work(7)}).encode())
        assert [each.engine_id for each in page.candidates] == ["7"]

    @pytest.mark.parametrize(
        ("page", "rows", "total", "done"),
        [
            (1, 2, 5, False),
            (2, 2, 5, False),
            (3, 1, 5, True),
            (1, 2, None, False),
            (2, 1, None, True),
            (4, 0, 5, True),
        ],
    )
    def test_the_last_page(self, page: int, rows: int, total: int | None, done: bool) -> None:
        spider, stream = self.spider(), self.stream()
        spider.options, stream.page = cleveland.ClevelandOptions(page_size=2), page
        assert f"skip={2 * page - 2}" in spider.page_request(stream).url
        body = answer(*(work(number) for number in range(rows)), total=total)
        assert spider.parse_page(self.response(body), stream).done is done

    @pytest.mark.parametrize(
        ("body", "problem", "words"),
        [
            (b'{"detail": "Artwork not found"}', SourceProblem, "Artwork not found"),
            (b'{"error": {"message": "Too many requests"}}', Throttled, "Too many"),
            (b"<title>403 Forbidden</title>", Blocked, "a web page"),
            (b'{"unexpected": []}', LayoutChanged, "no list of works"),
            (b'{"data": [7, {"id": 1}]}', LayoutChanged, "none of 2 works"),
        ],
    )
    def test_problems(self, body: bytes, problem: type[SourceProblem], words: str) -> None:
        with pytest.raises(problem, match=words):
            self.parse(body)

    def test_the_request(self) -> None:
        spider = self.spider()
        spider.options = cleveland.ClevelandOptions(department="Photography", page_size=50)
        wanted = Filters(license="commercial", type="photo", since=date(1900, 5, 1), until=date(1950, 1, 1))
        spider.session = wanting(wanted)
        request = spider.page_request(self.stream())
        assert request.url.startswith("https://openaccess-api.clevelandart.org/api/artworks/?")
        assert parse_qs(urlsplit(request.url).query) == {
            "q": [self.query],
            "has_image": ["1"],
            "limit": ["50"],
            "skip": ["0"],
            "department": ["Photography"],
            "type": ["Photograph"],
            "cc0": ["1"],
            "created_after": ["1899"],
            "created_before": ["1951"],
        }

    def test_what_it_has_no_word_for_is_not_sent(self) -> None:
        spider = self.spider()
        spider.options = cleveland.ClevelandOptions(work_type="Print")
        spider.session = wanting(Filters(type="clipart"))
        asked = parse_qs(urlsplit(spider.page_request(self.stream()).url).query)
        assert (asked["type"], "cc0" in asked) == (["Print"], False)
