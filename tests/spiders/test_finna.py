from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from pixcrawler_spiders import finna

from pixcrawler_core.crawl.plan import Plan
from pixcrawler_core.filters import Filters
from pixcrawler_core.sources import Blocked, LayoutChanged, SourceProblem, Throttled
from pixcrawler_core.testing.odd import WEB_PAGE, Notebook
from pixcrawler_core.testing.sources import SourceContract

CC = "creativecommons.org"


def record(number: int, **changes: Any) -> dict[str, Any]:
    """A record in the shape of the interface, made up."""
    identifier = f"examplemuseum.{number}"
    usual = {
        "id": identifier,
        "title": f"Birdhouse {number}",
        "year": "1923",
        "summary": ["A birdhouse in a birch.", "Photographed in June."],
        "buildings": [
            {"value": "0/Example/", "translated": "Example Museum"},
            {"value": "1/Example/Photographs/", "translated": "Photographs"},
        ],
        "images": [f"/Cover/Show?source=Solr&id={identifier}&index=0&size=large"],
        "imageRights": {
            "copyright": "CC BY 4.0",
            "link": "http://creativecommons.org/licenses/by/4.0/deed.fi",
            "description": ["Name the photographer."],
        },
        "nonPresenterAuthors": [
            {"name": "Example, Ann", "role": "photographer"},
            {"name": "Example, Bo", "role": "artist"},
        ],
        "subjects": [["birch"], ["birdhouses", "houses"], ["birch"]],
    }
    return {**usual, **changes}


def answer(*records: Any, **changes: Any) -> bytes:
    usual = {"resultCount": 120, "records": list(records), "status": "OK"}
    return json.dumps({**usual, **changes}).encode()


class TestFinna(SourceContract):
    component = next(finna.register_sources())
    page = answer(*(record(number) for number in range(3)))
    results = ("records",)

    def one(self, **changes: Any) -> Any:
        (candidate,) = self.parse(answer(record(1, **changes))).candidates
        return candidate

    def asked(self, filters: dict[str, Any], **options: Any) -> dict[str, list[str]]:
        spider = self.spider()
        spider.options = finna.FinnaOptions(**options)
        plan = Plan(wanted={}, default_wanted=None, questions=(), filters=Filters(**filters))
        spider.session = Notebook(plan=plan)
        return parse_qs(urlsplit(spider.page_request(self.stream()).url).query)

    def test_fields(self) -> None:
        found = self.one()
        path = "https://api.finna.fi/Cover/Show?source=Solr&id=examplemuseum.1&index=0"
        assert found.image_url == f"{path}&size=large"
        assert found.thumbnail_url == f"{path}&size=small"
        assert (found.title, found.alt) == ("Birdhouse 1", "A birdhouse in a birch.")
        assert found.tags == ("birch", "birdhouses", "houses")
        assert found.page_url == "https://finna.fi/Record/examplemuseum.1"
        assert found.site == "Example Museum"
        assert found.license == "cc-by-4.0"
        assert found.license_url == "http://creativecommons.org/licenses/by/4.0/deed.fi"
        assert found.creator == "Example, Ann; Example, Bo"
        assert (found.date, found.engine_id) == ("1923", "examplemuseum.1")
        assert found.extra == {"attribution": "Name the photographer."}

    def test_each_image_of_a_record_is_a_candidate(self) -> None:
        images = ["/Cover/Show?id=a&size=large", None, 7, "https://images.example/b.jpg", "/Cover/Show?id=c"]
        found = self.parse(answer(record(1, images=images))).candidates
        assert [each.image_url for each in found] == [
            "https://api.finna.fi/Cover/Show?id=a&size=large",
            "https://images.example/b.jpg",
            "https://api.finna.fi/Cover/Show?id=c",
        ]
        assert [each.thumbnail_url is not None for each in found] == [True, False, False]
        assert [each.extra.get("image") for each in found] == [None, 3, 4]
        assert self.one(images="/Cover/Show?id=a").image_url == "https://api.finna.fi/Cover/Show?id=a"

    @pytest.mark.parametrize(
        ("rights", "code"),
        [
            ({"copyright": "CC0", "link": f"http://{CC}/publicdomain/zero/1.0/deed.fi"}, "cc0-1.0"),
            ({"copyright": "PDM", "link": f"https://{CC}/publicdomain/mark/1.0/deed.fi"}, "pdm"),
            ({"copyright": "CC BY-NC-ND 4.0"}, "cc-by-nc-nd-4.0"),
            ({"copyright": "InC", "link": "http://rights.example/"}, "all-rights-reserved"),
            ({"link": "http://rightsstatements.org/vocab/InC/1.0/"}, "all-rights-reserved"),
            ({"copyright": None, "link": "http://rights.example/"}, None),
            ([], None),
        ],
    )
    def test_licences(self, rights: Any, code: str | None) -> None:
        assert self.one(imageRights=rights).license == code

    @pytest.mark.parametrize(
        ("authors", "creator"),
        [
            (
                {"primary": {"Example, Cy": {"role": ["-"]}}, "corporate": {"Studio": {}}},
                "Example, Cy; Studio",
            ),
            ({"primary": [], "secondary": {"Dee": []}}, "Dee"),
            ([], None),
            (None, None),
        ],
    )
    def test_authors_stand_in_for_their_names(self, authors: Any, creator: str | None) -> None:
        assert self.one(nonPresenterAuthors=[], authors=authors).creator == creator

    @pytest.mark.parametrize(
        ("page", "changes", "done"),
        [
            (1, {}, False),
            (2, {"resultCount": "120"}, False),
            (3, {}, True),
            (1, {"resultCount": None}, True),
            (2000, {"resultCount": 900_000}, True),
            (1999, {"resultCount": 900_000}, False),
        ],
    )
    def test_the_last_page(self, page: int, changes: dict[str, Any], done: bool) -> None:
        stream = self.stream()
        stream.page = page
        found = self.spider().parse_page(self.response(answer(record(1), **changes)), stream)
        assert found.done is done

    def test_page_after_page(self) -> None:
        spider, stream = self.spider(), self.stream()
        asked, done = [], False
        while not done:
            asked += parse_qs(urlsplit(spider.page_request(stream).url).query)["page"]
            page = spider.parse_page(self.response(answer(record(1))), stream)
            stream.page, stream.cursor, done = stream.page + 1, page.cursor, page.done
        assert asked == ["1", "2", "3"]

    def test_the_depth_is_never_passed(self) -> None:
        spider, stream = self.spider(), self.stream()
        spider.options = finna.FinnaOptions(page_size=70)
        stream.page = 100_000 // 70
        assert spider.parse_page(self.response(answer(record(1), resultCount=10**6)), stream).done

    @pytest.mark.parametrize("body", [b'{"resultCount": 0, "status": "OK"}', answer(resultCount=0), answer()])
    def test_no_results(self, body: bytes) -> None:
        page = self.parse(body)
        assert (list(page.candidates), page.done) == ([], True)

    def test_records_without_images(self) -> None:
        bare = record(1, images=[]), record(2, images=None)
        assert list(self.parse(answer(*bare)).candidates) == []
        with pytest.raises(LayoutChanged, match="none of 3 records"):
            self.parse(answer(*bare, record(3, images=[{"address": "x"}])))

    @pytest.mark.parametrize(
        ("body", "problem"),
        [
            ({"status": "ERROR", "statusMessage": "Invalid limit"}, SourceProblem),
            ({"status": "ERROR", "statusMessage": "Too many requests"}, Throttled),
            ({"status": "ERROR", "statusMessage": "Permission denied"}, Blocked),
            ({"status": "ERROR"}, SourceProblem),
            ({"status": "OK"}, LayoutChanged),
            ({"resultCount": 7, "status": "OK"}, LayoutChanged),
            ({"records": "none", "status": "OK"}, LayoutChanged),
            ({"records": [None, 7], "status": "OK"}, LayoutChanged),
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
            "lookfor": [self.query],
            "type": ["AllFields"],
            "filter[]": ['format:"0/Image/"'],
            "field[]": list(finna.FIELDS),
            "sort": ["relevance,id asc"],
            "lng": ["en-gb"],
            "limit": ["50"],
            "page": ["1"],
        }

    def test_filters(self) -> None:
        found = self.asked(
            {"license": "commercial-modification", "since": "1900-05-01", "language": "sv"},
            format="1/WorkOfArt/Painting/",
            building="0/Example/",
        )
        assert found["filter[]"] == [
            'format:"1/WorkOfArt/Painting/"',
            'building:"0/Example/"',
            '~usage_rights_ext_str_mv:"0/A Free/"',
            '~usage_rights_ext_str_mv:"0/B BY/"',
            'search_daterange_mv:"overlap|[1900 TO *]"',
        ]
        assert found["lng"] == ["sv"]
        assert self.asked({"until": "1950-01-01", "language": "de"})["lng"] == ["en-gb"]
        assert 'search_daterange_mv:"overlap|[* TO 1950]"' in self.asked({"until": "1950-01-01"})["filter[]"]
