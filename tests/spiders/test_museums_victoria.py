from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from pixcrawler_spiders import museums_victoria

from pixcrawler_core.crawl.plan import Page, Plan
from pixcrawler_core.filters import Filters
from pixcrawler_core.sources import Blocked, LayoutChanged, SourceProblem, Throttled
from pixcrawler_core.testing.odd import WEB_PAGE, Notebook
from pixcrawler_core.testing.sources import SourceContract


def rendition(number: int, size: str, width: int) -> dict[str, Any]:
    return {
        "uri": f"https://museum.example/content/media/{number}-{size}.jpg",
        "width": width,
        "height": width // 2,
        "size": width * 100,
    }


def media(number: int, **changes: Any) -> dict[str, Any]:
    """An image of a record, in the shape of the interface, made up."""
    usual = {
        "id": f"media/{number}",
        "type": "image",
        "caption": f"Kettle {number}, from the side",
        "alternativeText": None,
        "creators": ["Photographer: Ann Example", "Artist: Bo Example"],
        "credit": None,
        "rightsStatement": "Copyright Example Museum / CC BY",
        "dateModified": "2016-11-09T05:47:00Z",
        "licence": {
            "name": "Attribution 4.0 International",
            "shortName": "CC BY",
            "uri": "https://creativecommons.org/licenses/by/4.0",
        },
        "sources": ["Example Museum"],
        "large": rendition(number, "large", 2000),
        "medium": rendition(number, "medium", 1500),
        "small": rendition(number, "small", 500),
        "thumbnail": rendition(number, "thumbnail", 250),
    }
    return {**usual, **changes}


def record(number: int, *images: Any, **changes: Any) -> dict[str, Any]:
    """An item with its images; one if none is given."""
    usual = {
        "id": f"items/{number}",
        "recordType": "item",
        "displayTitle": f"Kettle - Copper, No. {number}",
        "dateModified": "2019-10-08T00:28:00Z",
        "keywords": ["Kitchens", "Kettles"],
        "classifications": ["Domestic equipment", "Kettles"],
        "licence": {"shortName": "CC0", "uri": "https://creativecommons.org/publicdomain/zero/1.0"},
        "media": list(images or [media(number)]),
    }
    return {**usual, **changes}


def answer(*records: Any) -> bytes:
    return json.dumps(list(records)).encode()


class TestMuseumsVictoria(SourceContract):
    component = next(museums_victoria.register_sources())
    page = answer(*(record(number) for number in range(3)))
    results = ()

    def one(self, **changes: Any) -> Any:
        (candidate,) = self.parse(answer(record(1, media(7, **changes)))).candidates
        return candidate

    def told(self, page: int, body: bytes, **headers: str) -> Page:
        """What a page says when it comes with these headers."""
        stream = self.stream()
        stream.page = page
        return self.spider().parse_page(self.response(body, 200, **headers), stream)

    def asked(self, filters: dict[str, Any], **options: Any) -> dict[str, list[str]]:
        spider = self.spider()
        spider.options = museums_victoria.MuseumsVictoriaOptions(**options)
        plan = Plan(wanted={}, default_wanted=None, questions=(), filters=Filters(**filters))
        spider.session = Notebook(plan=plan)
        return parse_qs(urlsplit(spider.page_request(self.stream()).url).query)

    def test_fields(self) -> None:
        found = self.one()
        assert found.image_url == "https://museum.example/content/media/7-large.jpg"
        assert found.thumbnail_url == "https://museum.example/content/media/7-thumbnail.jpg"
        assert (found.width, found.height, found.filesize_bytes) == (2000, 1000, 200_000)
        assert (found.title, found.alt) == ("Kettle - Copper, No. 1", "Kettle 7, from the side")
        assert found.tags == ("Kitchens", "Kettles", "Domestic equipment")
        assert found.page_url == "https://collections.museumsvictoria.com.au/items/1"
        assert found.license == "cc-by-4.0"
        assert found.license_url == "https://creativecommons.org/licenses/by/4.0"
        assert found.creator == "Photographer: Ann Example, Artist: Bo Example"
        assert (found.engine_id, found.date) == ("media/7", "2016-11-09T05:47:00Z")
        assert found.extra == {"attribution": "Copyright Example Museum / CC BY"}

    def test_each_image_of_a_record_is_a_candidate(self) -> None:
        film = media(3, type="video", large=None, uri="https://museum.example/film")
        found = self.parse(answer(record(1, media(1), film, None, media(2), 7))).candidates
        assert [each.engine_id for each in found] == ["media/1", "media/2"]
        assert {each.page_url for each in found} == {"https://collections.museumsvictoria.com.au/items/1"}

    def test_the_largest_rendition_there_is(self) -> None:
        found = self.one(large=None)
        assert (found.image_url[-12:], found.width) == ("7-medium.jpg", 1500)
        found = self.one(large={"width": 9}, medium=[])
        assert (found.image_url[-11:], found.width) == ("7-small.jpg", 500)

    @pytest.mark.parametrize(
        ("licence", "code"),
        [
            ({"shortName": "All Rights Reserved", "uri": ""}, "all-rights-reserved"),
            ({"uri": "https://creativecommons.org/publicdomain/mark/1.0"}, "pdm"),
            ({"shortName": "Public Domain"}, "pdm"),
            ({"shortName": "CC BY-NC-ND", "uri": None}, "cc-by-nc-nd"),
            (None, None),
            ([], None),
        ],
    )
    def test_the_licence_is_that_of_the_image_not_of_its_record(self, licence: Any, code: str | None) -> None:
        assert self.one(licence=licence).license == code

    def test_one_record(self) -> None:
        page = self.parse(json.dumps(record(1, media(1), media(2))).encode())
        assert ([each.engine_id for each in page.candidates], page.done) == (["media/1", "media/2"], True)

    def test_an_envelope(self) -> None:
        body = {"headers": {"link": "", "totalResults": 41}, "response": [record(1)], "status": "oK"}
        page = self.parse(json.dumps(body).encode())
        assert (len(page.candidates), page.done) == (1, False)
        assert len(self.parse(json.dumps({"response": record(1), "status": "oK"}).encode()).candidates) == 1

    def test_the_end_by_the_link_header(self) -> None:
        following = (
            '<https://museum.example/api/search?page=3>; rel="next",<https://museum.example/>; rel="prev"'
        )
        assert self.told(2, self.page, Link=following, Total_Results="120").done is False
        assert self.told(3, self.page, Link='<https://museum.example/>; rel="prev"').done is True
        assert self.told(1, self.page, Link="").done is True

    def test_the_end_by_the_number_of_results(self) -> None:
        assert self.told(1, self.page, Total_Results="41").done is False
        assert self.told(2, self.page, Total_Results="41").done is True

    def test_the_end_by_a_short_page(self) -> None:
        assert self.told(1, answer(*(record(number) for number in range(40)))).done is False
        assert self.told(1, self.page).done is True

    def test_page_after_page(self) -> None:
        spider, stream = self.spider(), self.stream()
        asked, done = [], False
        while not done:
            asked += parse_qs(urlsplit(spider.page_request(stream).url).query)["page"]
            page = spider.parse_page(self.response(self.page, 200, Total_Results="110"), stream)
            stream.page, stream.cursor, done = stream.page + 1, page.cursor, page.done
        assert asked == ["1", "2", "3"]

    def test_no_results(self) -> None:
        page = self.parse(b"[]")
        assert (list(page.candidates), page.done) == ([], True)

    def test_records_without_images(self) -> None:
        film = media(3, type="video", large=None)
        bare = (record(1, film), record(2, media=None), record(3, media=[]))
        assert list(self.parse(answer(*bare)).candidates) == []
        with pytest.raises(LayoutChanged, match="none of 2 records"):
            self.parse(answer({"id": "items/1"}, record(2, media(2, large={}, medium=None, small=""))))

    @pytest.mark.parametrize(
        ("body", "problem"),
        [
            (b'{"message": "Record not found"}', SourceProblem),
            (b'{"message": "Too many requests"}', Throttled),
            (b'{"unexpected": ["nothing"]}', LayoutChanged),
            (b"{}", LayoutChanged),
            (b'"text"', LayoutChanged),
            (b"[null, 7]", LayoutChanged),
            (WEB_PAGE, Blocked),
        ],
    )
    def test_answers_that_are_no_results(self, body: bytes, problem: type[SourceProblem]) -> None:
        with pytest.raises(SourceProblem) as caught:
            self.parse(body)
        assert type(caught.value) is problem

    def test_the_request(self) -> None:
        assert self.asked({}) == {
            "query": [self.query],
            "hasimages": ["yes"],
            "perpage": ["40"],
            "page": ["1"],
        }

    def test_filters(self) -> None:
        found = self.asked(
            {"license": "commercial", "since": "2020-01-02", "until": "2021-03-04"},
            record_type="specimen",
            category="natural sciences",
        )
        assert found["imagelicence"] == ["public domain", "cc by", "cc by-sa"]
        assert found["mindatemodified"] == ["2020-01-02T00:00:00Z"]
        assert found["maxdatemodified"] == ["2021-03-04T23:59:59Z"]
        assert (found["recordtype"], found["category"]) == (["specimen"], ["natural sciences"])
        assert set(museums_victoria.LICENCES) == {
            "any", "public-domain", "commercial", "modification", "commercial-modification",
        }  # fmt: skip
