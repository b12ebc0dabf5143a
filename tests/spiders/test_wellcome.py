from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from pixcrawler_spiders import wellcome

from pixcrawler_core.crawl.plan import Plan
from pixcrawler_core.filters import Filters
from pixcrawler_core.sources import Blocked, LayoutChanged, SourceProblem, Throttled
from pixcrawler_core.testing.odd import WEB_PAGE, Notebook
from pixcrawler_core.testing.sources import SourceContract

NEXT = "https://api.example/catalogue/v2/images?page=2"


def location(name: str, **changes: Any) -> dict[str, Any]:
    """Where an image is, in the shape of the interface."""
    usual = {
        "type": "DigitalLocation",
        "url": f"https://iiif.example/image/{name}.jpg/info.json",
        "credit": "Example Collection",
        "locationType": {"id": "iiif-image", "label": "IIIF Image API", "type": "LocationType"},
        "license": {
            "id": "cc-by",
            "label": "Attribution 4.0 International (CC BY 4.0)",
            "url": "http://creativecommons.org/licenses/by/4.0/",
            "type": "License",
        },
        "accessConditions": [],
    }
    return {**usual, **changes}


def image(number: int, **changes: Any) -> dict[str, Any]:
    """An image as the search gives it, made up."""
    usual = {
        "type": "Image",
        "id": f"abc{number}",
        "aspectRatio": 1.5,
        "averageColor": "#5a4dd1",
        "thumbnail": location(f"V{number}"),
        "locations": [location(f"V{number}")],
        "source": {
            "type": "Work",
            "id": f"w{number}",
            "title": f"A skeleton, No. {number}",
            "contributors": [
                {"agent": {"label": "Ann Example", "type": "Person"}, "roles": [], "type": "Contributor"},
                {"agent": {"label": "Bo Example", "type": "Person"}, "roles": [], "type": "Contributor"},
            ],
            "subjects": [{"label": "Anatomy", "type": "Subject"}],
            "genres": [{"label": "Etchings", "type": "Genre"}],
        },
    }
    return {**usual, **changes}


def answer(*results: Any, **changes: Any) -> bytes:
    usual = {"type": "ResultList", "pageSize": 50, "totalPages": 3, "totalResults": 120, "nextPage": NEXT}
    return json.dumps({**usual, "results": list(results), **changes}).encode()


class TestWellcome(SourceContract):
    component = next(wellcome.register_sources())
    page = answer(*(image(number) for number in range(3)))
    results = ("results",)

    def one(self, **changes: Any) -> Any:
        (candidate,) = self.parse(answer(image(1, **changes))).candidates
        return candidate

    def asked(self, filters: dict[str, Any], **options: Any) -> dict[str, list[str]]:
        spider = self.spider()
        spider.options = wellcome.WellcomeOptions(**options)
        plan = Plan(wanted={}, default_wanted=None, questions=(), filters=Filters(**filters))
        spider.session = Notebook(plan=plan)
        return parse_qs(urlsplit(spider.page_request(self.stream()).url).query)

    def test_fields(self) -> None:
        found = self.one()
        assert found.image_url == "https://iiif.example/image/V1.jpg/full/max/0/default.jpg"
        assert found.thumbnail_url == "https://iiif.example/image/V1.jpg/full/!200,200/0/default.jpg"
        assert (found.width, found.height, found.format) == (None, None, "image/jpeg")
        assert found.title == "A skeleton, No. 1"
        assert found.tags == ("Anatomy", "Etchings")
        assert found.page_url == "https://wellcomecollection.org/works/w1"
        assert (found.license, found.license_url) == (
            "cc-by-4.0",
            "http://creativecommons.org/licenses/by/4.0/",
        )
        assert (found.creator, found.engine_id) == ("Ann Example; Bo Example", "abc1")
        assert found.extra == {
            "attribution": "Example Collection",
            "aspect_ratio": "1.5",
            "average_color": "#5a4dd1",
        }

    @pytest.mark.parametrize(
        ("licence", "code"),
        [
            ({"id": "cc-0", "url": "http://creativecommons.org/publicdomain/zero/1.0/legalcode"}, "cc0-1.0"),
            ({"id": "cc-0"}, "cc0"),
            ({"id": "pdm", "label": "Public Domain Mark"}, "pdm"),
            ({"id": "inc", "label": "In copyright"}, "all-rights-reserved"),
            ({"url": "http://rightsstatements.org/vocab/InC/1.0/"}, "all-rights-reserved"),
            ({"id": "ogl", "url": "http://www.archives.example/version/3/"}, "ogl"),
            ({"label": "Attribution-NonCommercial 4.0"}, "cc-by-nc-4.0"),
            (None, None),
        ],
    )
    def test_licences(self, licence: Any, code: str | None) -> None:
        assert self.one(locations=[location("V1", license=licence)]).license == code

    @pytest.mark.parametrize(
        ("address", "image_url"),
        [
            (
                "https://iiif.example/image/V1.jpg/full/300,/0/default.jpg",
                "https://iiif.example/image/V1.jpg/full/max/0/default.jpg",
            ),
            (
                "https://iiif.example/thumbs/b1.jp2/full/!200,200/0/default.jpg",
                "https://iiif.example/thumbs/b1.jp2/full/!200,200/0/default.jpg",
            ),
            ("//iiif.example/image/V1/info.json", "https://iiif.example/image/V1/full/max/0/default.jpg"),
        ],
    )
    def test_addresses(self, address: str, image_url: str) -> None:
        assert self.one(locations=[location("V1", url=address)]).image_url == image_url

    def test_the_thumbnail_stands_in_for_a_location_that_is_no_image(self) -> None:
        manifest = location("V9", url="https://iiif.example/presentation/v2/b1")
        assert self.one(locations=[manifest]).image_url.startswith("https://iiif.example/image/V1.jpg/")
        assert self.one(locations=None).image_url.startswith("https://iiif.example/image/V1.jpg/")

    def test_one_image(self) -> None:
        page = self.parse(json.dumps(image(4)).encode())
        assert ([each.engine_id for each in page.candidates], page.done) == (["abc4"], True)

    def test_works(self) -> None:
        manifest = location("b2", url="https://iiif.example/presentation/v2/b2")
        shelf = {"type": "PhysicalLocation", "label": "Closed stores"}
        whole = {
            "type": "Work",
            "id": "w1",
            "title": "A work with images",
            "description": "<p>Two of them</p>",
            "thumbnail": location("V1"),
            "items": [
                {"type": "Item", "locations": [shelf, manifest, location("V1")]},
                None,
                {"type": "Item", "locations": [location("V2")]},
            ],
            "contributors": [{"agent": {"label": "Ann Example"}}],
            "production": [{"dates": [{"label": "1890-1895"}]}],
        }
        thumb = {**whole, "id": "w2", "items": [{"locations": [manifest]}], "thumbnail": location("V3")}
        bare = {"type": "Work", "id": "w3", "title": "A book", "items": []}
        found = self.parse(answer(whole, thumb, bare)).candidates
        assert [each.image_url.split("/")[4] for each in found] == ["V1.jpg", "V2.jpg", "V3.jpg"]
        assert [each.engine_id for each in found] == ["w1", "w1", "w2"]
        assert (found[0].alt, found[0].date, found[0].creator) == ("Two of them", "1890-1895", "Ann Example")
        assert found[0].page_url == "https://wellcomecollection.org/works/w1"
        assert list(self.parse(answer(bare)).candidates) == []
        assert len(self.parse(json.dumps(whole).encode()).candidates) == 2

    @pytest.mark.parametrize(
        ("page", "changes", "done"),
        [
            (1, {}, False),
            (3, {"nextPage": None}, True),
            (2, {"nextPage": None}, False),
            (3, {"nextPage": None, "totalPages": None}, True),
            (200, {"totalPages": 900}, True),
            (199, {"totalPages": 900}, False),
        ],
    )
    def test_the_last_page(self, page: int, changes: dict[str, Any], done: bool) -> None:
        stream = self.stream()
        stream.page = page
        found = self.spider().parse_page(self.response(answer(image(1), **changes)), stream)
        assert found.done is done

    def test_page_after_page(self) -> None:
        spider, stream = self.spider(), self.stream()
        asked = []
        for following in (NEXT, NEXT, None):
            asked += parse_qs(urlsplit(spider.page_request(stream).url).query)["page"]
            page = spider.parse_page(self.response(answer(image(1), nextPage=following)), stream)
            stream.page, stream.cursor = stream.page + 1, page.cursor
        assert (asked, page.done) == (["1", "2", "3"], True)

    def test_the_depth_is_never_passed(self) -> None:
        spider, stream = self.spider(), self.stream()
        spider.options = wellcome.WellcomeOptions(page_size=30)
        stream.page = 10_000 // 30
        assert spider.parse_page(self.response(answer(image(1), totalPages=900)), stream).done

    def test_no_results(self) -> None:
        page = self.parse(answer(totalResults=0, totalPages=0, nextPage=None))
        assert (list(page.candidates), page.done) == ([], True)

    @pytest.mark.parametrize(
        ("body", "problem"),
        [
            (
                {"type": "Error", "errorType": "http", "httpStatus": 400, "label": "Bad Request"},
                SourceProblem,
            ),
            ({"type": "Error", "httpStatus": 429, "label": "Slow"}, Throttled),
            ({"message": "Too Many Requests"}, Throttled),
            ({"message": "Limit Exceeded"}, Throttled),
            ({"message": "Forbidden"}, Blocked),
            ({"message": None}, SourceProblem),
            ({"unexpected": []}, LayoutChanged),
            ({"results": {}}, LayoutChanged),
            ({"results": [{"id": "x"}, None]}, LayoutChanged),
            ({}, LayoutChanged),
        ],
    )
    def test_answers_that_are_no_results(self, body: Any, problem: type[SourceProblem]) -> None:
        with pytest.raises(SourceProblem) as caught:
            self.parse(json.dumps(body).encode())
        assert type(caught.value) is problem

    def test_a_web_page_is_a_refusal(self) -> None:
        with pytest.raises(Blocked):
            self.parse(WEB_PAGE)

    def test_the_request(self) -> None:
        assert self.asked({}) == {
            "query": [self.query],
            "include": ["source.contributors,source.genres,source.subjects"],
            "pageSize": ["50"],
            "page": ["1"],
        }

    def test_filters(self) -> None:
        wanted = {"license": "public-domain", "color": "red", "since": "1800-01-01", "until": "1899-12-31"}
        found = self.asked(wanted, genre="Etchings", subject="Anatomy")
        assert found["locations.license"] == ["cc-0,pdm"]
        assert found["color"] == ["e02020"]
        assert found["source.production.dates.from"] == ["1800-01-01"]
        assert found["source.production.dates.to"] == ["1899-12-31"]
        assert (found["source.genres.label"], found["source.subjects.label"]) == (["Etchings"], ["Anatomy"])
        assert "color" not in self.asked({"color": "transparent"})
