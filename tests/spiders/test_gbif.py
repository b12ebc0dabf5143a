from __future__ import annotations

import json
from datetime import date
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from pixcrawler_spiders import gbif

from pixcrawler_core.crawl.plan import Page, Plan
from pixcrawler_core.filters import Filters
from pixcrawler_core.sources import Blocked, LayoutChanged, SourceProblem, Throttled
from pixcrawler_core.testing.odd import Notebook
from pixcrawler_core.testing.sources import SourceContract

MULTIMEDIA = "http://rs.gbif.org/terms/1.0/Multimedia"
BY = "http://creativecommons.org/licenses/by/4.0/"
BY_NC = "http://creativecommons.org/licenses/by-nc/4.0/legalcode"


def medium(number: int, **changes: Any) -> dict[str, Any]:
    """A medium as GBIF reads it, made up."""
    usual = {
        "type": "StillImage",
        "format": "image/jpeg",
        "identifier": f"https://museum.example/{number}.jpg",
        "title": "A fox in the snow",
        "description": "Seen from <i>behind</i>",
        "references": f"https://museum.example/page/{number}",
        "created": "2021-05-07T00:00:00",
        "creator": "Ann Example",
        "publisher": "The Museum",
        "license": BY,
        "rightsHolder": "The Holder",
    }
    return {**usual, **changes}


def sent(shown: dict[str, Any]) -> dict[str, Any]:
    """The medium as the publisher sent it."""
    return {f"http://purl.org/dc/terms/{name}": value for name, value in shown.items()}


def record(number: int, *media: Any, **changes: Any) -> dict[str, Any]:
    """An occurrence with its media."""
    usual = {
        "key": number,
        "datasetKey": "00000000-0000-4000-8000-000000000001",
        "scientificName": "Vulpes vulpes (Linnaeus, 1758)",
        "species": "Vulpes vulpes",
        "vernacularName": "Red Fox",
        "genus": "Vulpes",
        "family": "Canidae",
        "kingdom": "Animalia",
        "country": "Denmark",
        "recordedBy": "Bob Example",
        "eventDate": "2021-05-06",
        "references": f"https://records.example/{number}",
        "license": BY_NC,
        "media": list(media) or [medium(number)],
        "extensions": {},
    }
    return {**usual, **changes}


def answer(*results: Any, **changes: Any) -> bytes:
    """A page of results."""
    body = {"offset": 0, "limit": 100, "endOfRecords": False, "count": 250, "results": list(results)}
    return json.dumps({**body, **changes}).encode()


class TestGbif(SourceContract):
    component = next(gbif.register_sources())
    page = answer(*(record(number) for number in range(1, 4)))
    results = ("results",)

    def one(self, **changes: Any) -> Any:
        (candidate,) = self.parse(answer(record(1, **changes))).candidates
        return candidate

    def at(self, body: bytes, page: int, cursor: Any = None, **options: Any) -> Page:
        """The page in an answer to a later request."""
        spider, stream = self.spider(), self.stream()
        spider.options = gbif.GbifOptions(**options)
        stream.page, stream.cursor = page, cursor
        return spider.parse_page(self.response(body), stream)

    def asked(self, filters: Filters, cursor: Any = None, **options: Any) -> dict[str, list[str]]:
        """The parameters of a request."""
        spider, stream = self.spider(), self.stream()
        spider.options = gbif.GbifOptions(**options)
        spider.session = Notebook(plan=Plan(wanted={}, default_wanted=None, questions=(), filters=filters))
        stream.cursor = cursor
        request = spider.page_request(stream)
        assert request.url.startswith("https://api.gbif.org/v1/occurrence/search?")
        return parse_qs(urlsplit(request.url).query)

    def test_fields(self) -> None:
        found = self.one()
        assert found.image_url == "https://museum.example/1.jpg"
        assert (found.format, found.title, found.alt) == (
            "image/jpeg",
            "A fox in the snow",
            "Seen from behind",
        )
        assert found.tags == (
            *("Red Fox", "Vulpes vulpes", "Vulpes vulpes (Linnaeus, 1758)", "Vulpes", "Canidae", "Animalia"),
        )
        assert found.page_url == "https://www.gbif.org/occurrence/1"
        assert (found.site, found.creator, found.date) == ("The Museum", "Ann Example", "2021-05-06")
        assert (found.license, found.license_url) == ("cc-by-4.0", BY)
        assert (found.engine_id, found.width, found.thumbnail_url) == ("1", None, None)
        assert found.extra == {
            "scientific_name": "Vulpes vulpes (Linnaeus, 1758)",
            "rights_holder": "The Holder",
            "recorded_by": "Bob Example",
            "dataset": "00000000-0000-4000-8000-000000000001",
            "country": "Denmark",
            "references": "https://museum.example/page/1",
        }

    def test_what_the_image_does_not_tell_its_record_does(self) -> None:
        bare = {"type": "StillImage", "identifier": "https://museum.example/1.jpg"}
        found = self.one(media=[bare])
        assert (found.license, found.license_url) == ("cc-by-nc-4.0", BY_NC)
        assert (found.title, found.creator) == ("Vulpes vulpes (Linnaeus, 1758)", "Bob Example")
        assert found.site == "www.gbif.org"
        found = self.one(media=[bare], key=None, license=None, eventDate=None)
        assert (found.page_url, found.license, found.date) == ("https://records.example/1", None, None)

    @pytest.mark.parametrize(
        ("told", "code", "url"),
        [
            ("http://creativecommons.org/publicdomain/zero/1.0/legalcode", "cc0-1.0", True),
            ("CC BY-NC 4.0", "cc-by-nc-4.0", False),
            ("© Ann Example. All rights reserved", "all-rights-reserved", False),
            ("https://rights.example/terms", "https-rights.example-terms", True),
        ],
    )
    def test_licences(self, told: str, code: str, url: bool) -> None:
        found = self.one(media=[medium(1, license=told)])
        assert (found.license, found.license_url) == (code, told if url else None)

    def test_each_still_image_is_a_candidate_once(self) -> None:
        media = [
            medium(1),
            medium(2, type=None),
            medium(1, title="Again"),
            medium(3, type="MovingImage"),
            medium(4, type="Sound"),
            medium(5, type=None, format="audio/mpeg"),
            medium(6, identifier=None),
            None,
        ]
        page = self.parse(answer(record(1, *media), record(9)))
        assert [each.image_url.rpartition("/")[2] for each in page.candidates] == ["1.jpg", "2.jpg", "9.jpg"]
        assert page.candidates[0].title == "A fox in the snow"

    def test_media_of_the_extension(self) -> None:
        extension = {MULTIMEDIA: [sent(medium(1)), sent(medium(1)), sent(medium(2))]}
        page = self.parse(answer(record(7, media=[], extensions=extension)))
        assert [each.image_url.rpartition("/")[2] for each in page.candidates] == ["1.jpg", "2.jpg"]
        assert (page.candidates[0].license, page.candidates[0].creator) == ("cc-by-4.0", "Ann Example")
        assert len(self.parse(answer(record(7, medium(3), extensions=extension))).candidates) == 1

    def test_media_in_the_terms_of_audiovisual_core(self) -> None:
        shown = {
            "http://purl.org/dc/terms/type": "StillImage",
            "http://rs.tdwg.org/ac/terms/accessURI": "https://museum.example/8.jpg",
        }
        row = record(1, media=None, extensions={"http://rs.tdwg.org/ac/terms/Multimedia": [shown]})
        assert self.parse(answer(row)).candidates[0].image_url == "https://museum.example/8.jpg"

    def test_a_single_record(self) -> None:
        page = self.parse(json.dumps(record(5, medium(1), medium(2))).encode())
        assert (len(page.candidates), page.done) == (2, True)

    def test_results_without_an_image(self) -> None:
        silent, film = record(2, media=[]), record(3, medium(3, type="MovingImage"))
        broken = record(4, medium(4, identifier=7))
        page = self.parse(answer(None, 7, silent, film, broken, record(5)))
        assert [each.engine_id for each in page.candidates] == ["5"]
        assert self.parse(answer(silent, film)).candidates == []
        with pytest.raises(LayoutChanged, match="none of 2 results"):
            self.parse(answer(silent, broken))

    def test_paging(self) -> None:
        assert self.parse(self.page).cursor == {"offset": 100}
        assert self.at(self.page, 2, {"offset": 100}).cursor == {"offset": 200}
        last = self.at(answer(record(1), endOfRecords=True), 3, {"offset": 200})
        assert (last.cursor, last.done) == (None, True)
        assert self.at(answer(record(1), limit=50), 1).cursor == {"offset": 50}
        assert self.asked(Filters(), {"offset": 200})["offset"] == ["200"]

    def test_the_depth(self) -> None:
        assert self.asked(Filters(), {"offset": 99_900}, page_size=300)["limit"] == ["100"]
        assert self.at(self.page, 1000, {"offset": 99_800}).cursor == {"offset": 99_900}
        assert self.at(self.page, 1001, {"offset": 99_900}).done

    def test_no_results(self) -> None:
        page = self.parse(answer(endOfRecords=True, count=0))
        assert (list(page.candidates), page.done) == ([], True)

    def test_the_request(self) -> None:
        assert self.asked(Filters()) == {
            "q": [self.query],
            "mediaType": ["StillImage"],
            "limit": ["100"],
            "offset": ["0"],
        }
        asked = self.asked(
            Filters(), search="scientific_name", taxon_key=5, basis_of_record="HUMAN_OBSERVATION", page_size=7
        )
        assert (asked["scientificName"], asked["taxonKey"], asked["limit"]) == ([self.query], ["5"], ["7"])
        assert asked["basisOfRecord"] == ["HUMAN_OBSERVATION"]

    @pytest.mark.parametrize(
        ("filters", "parameters"),
        [
            ({"license": "any"}, {"license": ["CC0_1_0", "CC_BY_4_0", "CC_BY_NC_4_0"]}),
            ({"license": "public-domain"}, {"license": ["CC0_1_0"]}),
            ({"license": "commercial"}, {"license": ["CC0_1_0", "CC_BY_4_0"]}),
            ({"license": "modification"}, {"license": ["CC0_1_0", "CC_BY_4_0", "CC_BY_NC_4_0"]}),
            ({"license": "commercial-modification"}, {"license": ["CC0_1_0", "CC_BY_4_0"]}),
            ({"since": date(2020, 1, 2)}, {"eventDate": ["2020-01-02,*"]}),
            ({"until": date(2021, 3, 4)}, {"eventDate": ["*,2021-03-04"]}),
            (
                {"since": date(2020, 1, 2), "until": date(2021, 3, 4)},
                {"eventDate": ["2020-01-02,2021-03-04"]},
            ),
            ({"region": "dk"}, {"country": ["DK"]}),
            ({"language": "da"}, {}),
        ],
    )
    def test_filters(self, filters: dict[str, Any], parameters: dict[str, list[str]]) -> None:
        asked = self.asked(Filters(**filters))
        assert {
            name: value for name, value in asked.items() if name not in self.asked(Filters())
        } == parameters
        assert not parameters or set(filters) <= gbif.GbifSpider.filters

    @pytest.mark.parametrize(
        ("body", "problem", "words"),
        [
            ({"message": "Too many requests"}, Throttled, "Too many"),
            ({"detail": "Request was throttled."}, Throttled, "throttled"),
            ({"code": 401, "message": "Unauthorized"}, Blocked, "Unauthorized"),
            ({"status": 500, "error": "Internal Server Error"}, SourceProblem, "Internal Server Error"),
            ({"usageKey": 5, "matchType": "EXACT"}, LayoutChanged, "no list of results"),
        ],
    )
    def test_answers_that_are_problems(self, body: Any, problem: type[SourceProblem], words: str) -> None:
        with pytest.raises(problem, match=words) as caught:
            self.parse(json.dumps(body).encode())
        assert type(caught.value) is problem
