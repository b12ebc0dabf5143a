from __future__ import annotations

import json
from datetime import date
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from pixcrawler_spiders import loc

from pixcrawler_core.crawl.plan import Plan
from pixcrawler_core.filters import Filters
from pixcrawler_core.sources import Blocked, LayoutChanged, SourceProblem, Throttled
from pixcrawler_core.testing.odd import Notebook
from pixcrawler_core.testing.sources import SourceContract

TILE = "https://tile.example"


def result(number: int, **changes: Any) -> dict[str, Any]:
    """A result in the shape of the interface, made up."""
    usual = {
        "id": f"http://www.loc.gov/item/{number}/",
        "url": f"https://www.loc.gov/item/{number}/",
        "title": f"[Locomotive number {number}]",
        "date": "1888-01-01",
        "contributor": ["Ann Example", "Bob Example"],
        "description": ["1 photographic print."],
        "subject": ["trains", "steam"],
        "image_url": [
            f"{TILE}/{number}_150px.jpg#h=150&w=81",
            f"{TILE}/{number}t.gif#h=150&w=81",
            f"//tile.example/{number}r.jpg#h=640&w=346",
            f"{TILE}/{number}v.jpg#h=1024&w=554",
        ],
        "mime_type": ["image/gif", "image/jpg", "image/tif"],
        "original_format": ["photo, print, drawing"],
        "access_restricted": False,
        "item": {
            "creators": [{"link": "//loc.example/ann", "role": "sponsor", "title": "Ann of the item"}],
            "link": f"//www.loc.gov/pictures/item/{number}/",
            "rights_information": "No known restrictions on publication.",
        },
    }
    return {**usual, **changes}


def answer(*results: Any, **paging: Any) -> bytes:
    """A page of results."""
    usual = {"of": 500, "total": 5, "current": 1, "next": "https://www.loc.gov/photos/?sp=2"}
    return json.dumps({"pagination": {**usual, **paging}, "results": list(results)}).encode()


def file(name: str, kind: str, width: int, height: int, **more: Any) -> dict[str, Any]:
    return {"url": f"{TILE}/{name}", "mimetype": f"image/{kind}", "width": width, "height": height, **more}


def served(share: str) -> str:
    return f"{TILE}/image-services/iiif/service:pnp:1/full/{share}/0/default.jpg"


def wanting(filters: Filters) -> Notebook:
    """A run with filters."""
    return Notebook(plan=Plan(wanted={}, default_wanted=None, questions=(), filters=filters))


class TestLoc(SourceContract):
    component = next(loc.register_sources())
    page = answer(*(result(number) for number in range(1, 4)))
    results = ("results",)

    def one(self, **changes: Any) -> Any:
        (candidate,) = self.parse(answer(result(1, **changes))).candidates
        return candidate

    def record(self, *resources: Any, **changes: Any) -> Any:
        body = {"item": result(1, **changes), "resources": list(resources), "cite_this": {}}
        return self.parse(json.dumps(body).encode()).candidates

    def test_fields(self) -> None:
        found = self.one()
        assert found.image_url == f"{TILE}/1v.jpg"
        assert found.thumbnail_url == f"{TILE}/1_150px.jpg"
        assert (found.width, found.height, found.format) == (554, 1024, "jpg")
        assert (found.title, found.alt) == ("Locomotive number 1", "1 photographic print.")
        assert found.tags == ("trains", "steam")
        assert (found.page_url, found.engine_id) == ("https://www.loc.gov/item/1/", "1")
        assert (found.creator, found.date, found.site) == ("Ann Example", "1888-01-01", "www.loc.gov")
        assert found.license == "no-known-restrictions"
        assert found.extra == {"rights": "No known restrictions on publication."}

    def test_values_in_other_types(self) -> None:
        found = self.one(
            image_url="//tile.example/1.jpg",
            subject="trains",
            contributor=None,
            title=["A [small] train"],
            url=7,
        )
        assert (found.image_url, found.width, found.thumbnail_url) == (f"{TILE}/1.jpg", None, None)
        assert (found.tags, found.creator, found.title) == (("trains",), "Ann of the item", "A [small] train")
        assert found.page_url == "https://www.loc.gov/item/1/"

    def test_contributors_that_are_links(self) -> None:
        told = [{"allen & ginter": "https://www.loc.gov/search/?fa=contributor:allen"}]
        assert self.one(contributor=None, item={}, contributors=told).creator == "allen & ginter"

    def test_the_size_that_is_taken(self) -> None:
        png, tiff = f"{TILE}/1.png#h=10&w=10", f"{TILE}/1u.tif#h=9000&w=9000"
        assert self.one(image_url=[png, tiff]).image_url == f"{TILE}/1.png"
        assert self.one(image_url=[tiff]).image_url == f"{TILE}/1u.tif"
        assert (
            self.one(image_url=[f"{TILE}/1.pdf", png, f"{TILE}/static/icon.png"]).image_url == f"{TILE}/1.png"
        )

    @pytest.mark.parametrize(
        ("told", "expected", "sides"),
        [
            (served("pct:25") + "#h=300&w=400", served("pct:100"), (1600, 1200)),
            (served("!500,500") + "#h=300&w=400", served("pct:100"), (None, None)),
            (served("pct:0") + "#h=300&w=400", served("pct:100"), (None, None)),
            (served("pct:100"), served("pct:100"), (None, None)),
            (served("pct:5") + "#h=30&w=40", served("pct:100"), (800, 600)),
        ],
    )
    def test_the_image_server_makes_all_sizes(self, told: str, expected: str, sides: tuple[Any, Any]) -> None:
        found = self.one(image_url=[told])
        assert (found.image_url, (found.width, found.height)) == (expected, sides)
        spider = self.spider()
        spider.options = loc.LocOptions(full_size=False)
        (shown,) = spider.parse_page(
            self.response(answer(result(1, image_url=told))), self.stream()
        ).candidates
        assert shown.image_url == told.partition("#")[0]

    def test_the_image_server_is_preferred_to_small_files(self) -> None:
        small = f"{TILE}/1_150px.jpg#h=150&w=150"
        found = self.one(image_url=[small, served("!90,90") + "#h=90&w=90"])
        assert (found.image_url, found.thumbnail_url) == (served("pct:100"), f"{TILE}/1_150px.jpg")

    @pytest.mark.parametrize(
        ("rights", "expected"),
        [
            (
                "No known restrictions on publication in the U.S. Use elsewhere may be restricted.",
                "no-copyright-us",
            ),
            ("No known restrictions on publication.", "no-known-restrictions"),
            (["Rights status not evaluated. For general information see ..."], "rights-not-evaluated"),
            ("Publication may be restricted.", "publication-may-be-restricted"),
            (
                "<p>The Library does not own rights to material in its collections."
                + " It may be in copyright." * 9,
                None,
            ),
            ("https://creativecommons.org/publicdomain/mark/1.0/", "pdm"),
            (None, None),
        ],
    )
    def test_licences(self, rights: Any, expected: str | None) -> None:
        assert self.one(rights=rights, item={}).license == expected

    def test_results_that_are_no_pictures_are_left_out(self) -> None:
        icon = "https://www.loc.gov/static/images/original-format/collection.svg"
        others = [
            result(1, original_format=["collection"]),
            result(2, original_format=["web page"]),
            result(3, image_url=[icon]),
            result(4, image_url=None, item=None),
            7,
        ]
        assert [each.engine_id for each in self.parse(answer(*others, result(9))).candidates] == ["9"]
        assert list(self.parse(answer(others[0], result(3, image_url=[]))).candidates) == []

    def test_an_item_with_files(self) -> None:
        front = [
            file("u.tif", "tiff", 9000, 6000, size=162_000_000),
            file("r.jpg", "jpeg", 640, 400),
            file("v.jpg", "jpeg", 1024, 640, size=99_000),
            {"url": f"{TILE}/about.pdf", "mimetype": "application/pdf"},
        ]
        back = [file("b.tif", "tiff", 9000, 6000)]
        found = self.record({"files": [front, back]}, {"files": 1, "image": f"{TILE}/x.jpg"}, 7)
        assert [each.image_url for each in found] == [f"{TILE}/v.jpg", f"{TILE}/b.tif"]
        assert (found[0].width, found[0].height, found[0].filesize_bytes) == (1024, 640, 99_000)
        assert (found[0].title, found[0].license) == ("Locomotive number 1", "no-known-restrictions")
        assert found[0].thumbnail_url == f"{TILE}/1_150px.jpg"

    def test_an_item_without_files(self) -> None:
        (found,) = self.record({"files": 1})
        assert found.image_url == f"{TILE}/1v.jpg"
        (alone,) = self.parse(json.dumps(result(5)).encode()).candidates
        assert alone.engine_id == "5"
        (service,) = self.record(image_url=[], item={"service_medium": f"{TILE}/m.jpg"})
        assert service.image_url == f"{TILE}/m.jpg"

    @pytest.mark.parametrize(
        ("page", "paging", "done"),
        [
            (1, {}, False),
            (5, {"next": None}, True),
            (1, {"next": None}, True),
            (1000, {}, True),
            (999, {}, False),
        ],
    )
    def test_the_last_page(self, page: int, paging: dict[str, Any], done: bool) -> None:
        spider, stream = self.spider(), self.stream()
        stream.page = page
        assert f"sp={page}" in spider.page_request(stream).url
        assert spider.parse_page(self.response(answer(result(1), **paging)), stream).done is done

    def test_pages_are_counted_where_no_address_is_told(self) -> None:
        body = {"results": [result(1)], "pagination": {"total": 2}}
        assert not self.parse(json.dumps(body).encode()).done
        assert self.parse(json.dumps({**body, "pagination": {"total": "1"}}).encode()).done
        assert self.parse(json.dumps({**body, "pagination": None}).encode()).done

    def test_nothing_found(self) -> None:
        missing = b'{"status": 404, "pagination": null}'
        page = self.spider().parse_page(self.response(missing, 404), self.stream())
        assert (list(page.candidates), page.done) == ([], True)
        assert self.parse(missing).done
        assert self.parse(answer()).done

    def test_being_blocked_for_minutes_is_told(self) -> None:
        assert "asks to come back in 300 s" in self.ending(b"{}", 429)

    @pytest.mark.parametrize(
        ("body", "problem", "words"),
        [
            (b'{"message": "no such section"}', SourceProblem, "no such section"),
            (b'{"detail": "Too many requests"}', Throttled, "Too many"),
            (b"<html>Access denied</html>", Blocked, "a web page"),
            (b'{"unexpected": []}', LayoutChanged, "neither results nor an item"),
            (b'{"results": [{"id": "x"}, 7]}', LayoutChanged, "none of 2 results"),
            (b'{"item": {"title": "x"}}', LayoutChanged, "no image in the item"),
        ],
    )
    def test_problems(self, body: bytes, problem: type[SourceProblem], words: str) -> None:
        with pytest.raises(problem, match=words):
            self.parse(body)

    def test_the_request(self) -> None:
        spider = self.spider()
        spider.options = loc.LocOptions(
            section="collections/baseball-cards", facets="location:ohio", page_size=50
        )
        wanted = Filters(since=date(1900, 5, 1), until=date(1920, 1, 1))
        spider.session = wanting(wanted)
        request = spider.page_request(self.stream())
        assert request.url.startswith("https://www.loc.gov/collections/baseball-cards/?")
        assert parse_qs(urlsplit(request.url).query) == {
            "q": [self.query],
            "fo": ["json"],
            "at": ["results,pagination"],
            "fa": ["online-format:image|access-restricted:false|location:ohio"],
            "c": ["50"],
            "sp": ["1"],
            "dates": ["1900/1920"],
        }
        spider.session = wanting(Filters(since=date(1900, 5, 1)))
        assert "dates=1900%2F2100" in spider.page_request(self.stream()).url
