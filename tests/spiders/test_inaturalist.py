from __future__ import annotations

import json
from datetime import date
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from pixcrawler_spiders import inaturalist

from pixcrawler_core.crawl.plan import Page, Plan
from pixcrawler_core.filters import Filters
from pixcrawler_core.sources import Blocked, LayoutChanged, SourceProblem, Throttled
from pixcrawler_core.testing.odd import Notebook
from pixcrawler_core.testing.sources import SourceContract

PHOTOS = "https://photos.example/photos"


def photo(number: int, **changes: Any) -> dict[str, Any]:
    """A photo in the shape of the interface, made up."""
    usual = {
        "id": number,
        "license_code": "cc-by-nc",
        "url": f"{PHOTOS}/{number}/square.jpeg?1700000000",
        "attribution": "(c) Ann Example, some rights reserved (CC BY-NC)",
        "original_dimensions": {"width": 2048, "height": 1365},
        "flags": [],
    }
    return {**usual, **changes}


def observation(number: int, *photos: Any, **changes: Any) -> dict[str, Any]:
    """An observation with its photos, of which the usual one has the same number."""
    shown = list(photos) or [photo(number)]
    usual = {
        "id": number,
        "quality_grade": "research",
        "uri": f"https://observations.example/{number}",
        "species_guess": "Red Fox",
        "taxon": {
            "id": 42069,
            "name": "Vulpes vulpes",
            "rank": "species",
            "preferred_common_name": "Red Fox",
            "iconic_taxon_name": "Mammalia",
            "default_photo": photo(999),
        },
        "tags": ["den", "Red Fox"],
        "observed_on": "2021-05-06",
        "place_guess": "A meadow",
        "user": {"id": 7, "login": "annex", "name": "Ann Example"},
        "photos": shown,
        "observation_photos": [{"position": 0, "photo": each} for each in shown],
    }
    return {**usual, **changes}


def answer(*results: Any, **changes: Any) -> bytes:
    """A page of results."""
    body = {"total_results": 120, "page": 1, "per_page": 50, "results": list(results)}
    return json.dumps({**body, **changes}).encode()


class TestInaturalist(SourceContract):
    component = next(inaturalist.register_sources())
    page = answer(*(observation(number) for number in range(1, 4)))
    results = ("results",)

    def one(self, **changes: Any) -> Any:
        (candidate,) = self.parse(answer(observation(1, photo(1, **changes)))).candidates
        return candidate

    def at(self, body: bytes, page: int, cursor: Any = None, **options: Any) -> Page:
        """The page in an answer to a later request."""
        spider, stream = self.spider(), self.stream()
        spider.options = inaturalist.InaturalistOptions(**options)
        stream.page, stream.cursor = page, cursor
        return spider.parse_page(self.response(body), stream)

    def asked(self, filters: Filters, cursor: Any = None, **options: Any) -> dict[str, str]:
        """The parameters of a request."""
        spider, stream = self.spider(), self.stream()
        spider.options = inaturalist.InaturalistOptions(**options)
        spider.session = Notebook(plan=Plan(wanted={}, default_wanted=None, questions=(), filters=filters))
        stream.cursor = cursor
        request = spider.page_request(stream)
        assert request.url.startswith("https://api.inaturalist.org/v1/observations?")
        return {name: ",".join(value) for name, value in parse_qs(urlsplit(request.url).query).items()}

    def test_fields(self) -> None:
        (found,) = self.parse(answer(observation(5))).candidates
        assert found.image_url == f"{PHOTOS}/5/original.jpeg?1700000000"
        assert found.thumbnail_url == f"{PHOTOS}/5/medium.jpeg?1700000000"
        assert (found.width, found.height) == (2048, 1365)
        assert (found.title, found.creator, found.date) == ("Red Fox", "Ann Example", "2021-05-06")
        assert found.creator_url == "https://www.inaturalist.org/people/annex"
        assert found.page_url == "https://observations.example/5"
        assert found.site == "www.inaturalist.org"
        assert found.tags == ("Vulpes vulpes", "Red Fox", "Mammalia", "den")
        assert (found.license, found.engine_id) == ("cc-by-nc", "5")
        assert found.extra == {
            "taxon": "Vulpes vulpes",
            "rank": "species",
            "quality_grade": "research",
            "place": "A meadow",
            "attribution": "(c) Ann Example, some rights reserved (CC BY-NC)",
        }

    @pytest.mark.parametrize(
        ("code", "expected"),
        [
            (None, "all-rights-reserved"),
            ("cc0", "cc0"),
            ("cc-by-nc-sa", "cc-by-nc-sa"),
            ("CC-BY", "cc-by"),
            ("pd", "pdm"),
            ("", None),
            ([], None),
        ],
    )
    def test_licences(self, code: Any, expected: str | None) -> None:
        assert self.one(license_code=code).license == expected

    def test_a_licence_that_is_not_told_is_unknown(self) -> None:
        bare = {"id": 1, "url": f"{PHOTOS}/1/square.jpg"}
        (found,) = self.parse(answer(observation(1, bare))).candidates
        assert (found.license, found.width, found.creator) == (None, None, "Ann Example")

    @pytest.mark.parametrize("size", ["square", "thumb", "small", "medium", "large", "original"])
    @pytest.mark.parametrize("ending", [".jpg", ".JPEG?123", ".png"])
    def test_the_size_in_an_address(self, size: str, ending: str) -> None:
        found = self.one(url=f"{PHOTOS}/1/{size}{ending}")
        assert found.image_url == f"{PHOTOS}/1/original{ending}"

    def test_photos_that_lie_elsewhere_are_taken_at_the_largest_size_told(self) -> None:
        found = self.one(
            url="https://elsewhere.example/75px-a.jpg", medium_url="https://elsewhere.example/500px-a.jpg"
        )
        assert found.image_url == "https://elsewhere.example/500px-a.jpg"
        assert found.thumbnail_url == "https://elsewhere.example/75px-a.jpg"
        assert (found.width, found.height) == (None, None)

    def test_each_photo_of_an_observation_is_a_candidate_once(self) -> None:
        page = self.parse(
            answer(observation(1, photo(1), photo(2, license_code=None), photo(1)), observation(3))
        )
        assert [(each.engine_id, each.license) for each in page.candidates] == [
            ("1", "cc-by-nc"),
            ("2", "all-rights-reserved"),
            ("3", "cc-by-nc"),
        ]

    def test_photos_that_only_their_places_name(self) -> None:
        row = observation(1, photo(1), photo(2))
        del row["photos"]
        assert [each.engine_id for each in self.parse(answer(row)).candidates] == ["1", "2"]

    def test_taxa(self) -> None:
        common = {"rank": "species", "preferred_common_name": "Red Fox", "iconic_taxon_name": "Mammalia"}
        rows = [
            {"id": 1, "name": "Vulpes vulpes", "default_photo": photo(11), **common},
            {"id": 2, "name": "Vulpes ferrilata", "rank": "species", "default_photo": None},
            {"id": 3, "name": "Vulpes lagopus", "taxon_photos": [{"photo": photo(12)}, {"photo": photo(13)}]},
        ]
        page = self.parse(answer(*rows, total_results=3, per_page=30))
        assert [each.engine_id for each in page.candidates] == ["11", "12", "13"]
        first, second, _ = page.candidates
        assert (first.title, second.title) == ("Red Fox", "Vulpes lagopus")
        assert first.page_url == "https://www.inaturalist.org/taxa/1"
        assert (first.creator, first.creator_url, first.date) == ("Ann Example", None, None)
        assert page.done

    @pytest.mark.parametrize(
        ("attribution", "creator"),
        [
            ("(c) Ann, some rights reserved (CC BY)", "Ann"),
            ("(c) Smith, John, alle Rechte vorbehalten (CC BY-NC)", "Smith, John"),
            ("(c) Ann, all rights reserved, uploaded by Bob", "Ann"),
            ("Ann\n , no known copyright restrictions (public domain)", "Ann"),
            ("no rights reserved", None),
            ("", None),
        ],
    )
    def test_names_in_attributions(self, attribution: str, creator: str | None) -> None:
        row = {"id": 1, "name": "Vulpes", "default_photo": photo(1, attribution=attribution)}
        assert self.parse(answer(row)).candidates[0].creator == creator

    def test_answers_of_the_second_version(self) -> None:
        row = {
            "uuid": "00000000-0000-4000-8000-000000000001",
            "photos": [{"id": 4, "url": f"{PHOTOS}/4/square.jpg", "attribution_name": "Ann"}],
            "taxon": {"name": "Vulpes vulpes"},
        }
        (found,) = self.parse(answer(row)).candidates
        assert (found.title, found.creator, found.page_url) == ("Vulpes vulpes", "Ann", None)

    def test_results_without_a_photo(self) -> None:
        silent = observation(2, photos=[], observation_photos=[])
        broken = observation(3, photo(3, url=None))
        page = self.parse(answer(None, 7, [], {}, silent, broken, observation(4)))
        assert [each.engine_id for each in page.candidates] == ["4"]
        assert self.parse(answer(silent)).candidates == []
        with pytest.raises(LayoutChanged, match="none of 2 results"):
            self.parse(answer(silent, broken))
        with pytest.raises(LayoutChanged, match="none of 1 results"):
            self.parse(answer({"id": 1}))

    def test_paging_by_number(self) -> None:
        rows = [observation(number) for number in range(1, 51)]
        assert self.parse(answer(*rows)).cursor == {"page": 2}
        assert self.at(answer(*rows), 2, {"page": 2}).cursor == {"page": 3}
        last = self.at(answer(*rows[:20]), 3, {"page": 3})
        assert (last.cursor, last.done) == (None, True)
        assert self.at(answer(*rows, total_results=None), 9).cursor == {"page": 10}
        assert self.at(answer(*rows[:9], total_results=None), 9).done

    def test_paging_beyond_the_window(self) -> None:
        rows = [observation(number) for number in (70, 90, 80)]
        many = answer(*rows, total_results=30_000, per_page=200)
        assert self.at(many, 49, page_size=200).cursor == {"page": 50}
        following = self.at(many, 50, {"page": 50}, page_size=200).cursor
        assert following == {"page": 1, "id_above": 90}
        assert self.asked(Filters(), following)["id_above"] == "90"
        assert self.at(many, 51, following, page_size=200).cursor == {"page": 2, "id_above": 90}
        assert self.at(many, 100, {"page": 50, "id_above": 90}, page_size=200).done

    def test_no_results(self) -> None:
        page = self.parse(answer(total_results=0))
        assert (list(page.candidates), page.cursor, page.done) == ([], None, True)

    def test_the_request(self) -> None:
        assert self.asked(Filters()) == {
            "q": self.query,
            "photos": "true",
            "order_by": "id",
            "order": "asc",
            "page": "1",
            "per_page": "50",
        }
        asked = self.asked(Filters(), search="taxon", taxon_id=3, place_id=9, quality_grade="research")
        assert "q" not in asked
        assert (asked["taxon_name"], asked["taxon_id"], asked["place_id"]) == (self.query, "3", "9")
        assert asked["quality_grade"] == "research"

    @pytest.mark.parametrize(
        ("filters", "parameters"),
        [
            ({"license": "any"}, {"photo_licensed": "true"}),
            ({"license": "public-domain"}, {"photo_license": "cc0"}),
            ({"license": "commercial"}, {"photo_license": "cc0,cc-by,cc-by-sa,cc-by-nd"}),
            ({"license": "modification"}, {"photo_license": "cc0,cc-by,cc-by-sa,cc-by-nc,cc-by-nc-sa"}),
            ({"license": "commercial-modification"}, {"photo_license": "cc0,cc-by,cc-by-sa"}),
            (
                {"since": date(2020, 1, 2), "until": date(2021, 3, 4)},
                {"d1": "2020-01-02", "d2": "2021-03-04"},
            ),
            ({"language": "de"}, {"locale": "de"}),
            ({"region": "de"}, {}),
        ],
    )
    def test_filters(self, filters: dict[str, Any], parameters: dict[str, str]) -> None:
        asked = self.asked(Filters(**filters))
        assert {
            name: value for name, value in asked.items() if name not in self.asked(Filters())
        } == parameters
        assert not parameters or set(filters) <= inaturalist.InaturalistSpider.filters

    @pytest.mark.parametrize(
        ("body", "problem", "words"),
        [
            ({"error": "Too Many Requests", "status": 429}, Throttled, "Too Many"),
            ({"detail": "Request was throttled. Expected available in 9 seconds."}, Throttled, "throttled"),
            ({"errors": [{"errorCode": "x", "message": "Rate limit exceeded"}]}, Throttled, "Rate limit"),
            ({"error": "Forbidden", "status": 403}, Blocked, "Forbidden"),
            ({"error": "Unknown taxon_id 3", "status": 422}, SourceProblem, "Unknown taxon_id"),
            ({"error": {"code": 5}}, SourceProblem, "without a reason"),
            ({"unexpected": []}, LayoutChanged, "no list of results"),
            ({"results": {}}, LayoutChanged, "no list of results"),
        ],
    )
    def test_answers_that_are_problems(self, body: Any, problem: type[SourceProblem], words: str) -> None:
        with pytest.raises(problem, match=words) as caught:
            self.parse(json.dumps(body).encode())
        assert type(caught.value) is problem

    def test_a_refused_request_says_why(self) -> None:
        told = json.dumps({"error": "Unknown taxon_id 3", "status": 422}).encode()
        assert "Unknown taxon_id 3" in self.ending(told, 422)
