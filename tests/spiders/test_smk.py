from __future__ import annotations

import json
from datetime import date
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from pixcrawler_spiders import smk

from pixcrawler_core.crawl.plan import Plan
from pixcrawler_core.filters import Filters
from pixcrawler_core.sources import Blocked, LayoutChanged, SourceProblem, Throttled
from pixcrawler_core.testing.odd import Notebook
from pixcrawler_core.testing.sources import SourceContract

PDM = "https://creativecommons.org/publicdomain/mark/1.0/"
ARTICLE = "https://museum.example/article/copyright"


def work(number: int, **changes: Any) -> dict[str, Any]:
    """A work in the shape of the interface, made up."""
    usual = {
        "id": f"{number}_object",
        "object_number": f"KMS{number}",
        "titles": [
            {"title": f"Vase nummer {number}", "language": "dansk"},
            {"title": f"Vase number {number}", "language": "engelsk"},
        ],
        "artist": ["Ann Example"],
        "production": [{"creator": "Example, Ann", "creator_nationality": "Danish"}],
        "production_date": [{"start": "1888-01-01T00:00:00.000Z", "period": "1888-1889"}],
        "techniques": ["Oil on canvas"],
        "object_names": [{"name": "painting"}],
        "content_description": ["A vase on a table"],
        "rights": PDM,
        "public_domain": True,
        "has_image": True,
        "image_native": f"https://api.example/download/{number}.jpg",
        "image_iiif_id": f"https://iip.example/iiif/jp2/{number}.tif.jp2",
        "image_thumbnail": f"https://thumb.example/{number}/full/!1024,/0/default.jpg",
        "image_width": 4992,
        "image_height": 6240,
        "image_size": 32476791,
        "image_mime_type": "image/jpeg",
        "frontend_url": f"https://open.example/artwork/image/KMS{number}",
        "alternative_images": [
            {
                "iiif_id": f"https://iip.example/iiif/jp2/{number}-back.jp2",
                "width": 400,
                "height": 300,
                "size": 9,
            },
            {"thumbnail": "https://thumb.example/no-more.jpg"},
        ],
    }
    return {**usual, **changes}


def answer(*works: Any, **changes: Any) -> bytes:
    """A page of results."""
    return json.dumps({"offset": 0, "rows": 100, "found": 1000, "items": list(works), **changes}).encode()


def wanting(filters: Filters) -> Notebook:
    """A run with filters."""
    return Notebook(plan=Plan(wanted={}, default_wanted=None, questions=(), filters=filters))


class TestSmk(SourceContract):
    component = next(smk.register_sources())
    page = answer(*(work(number) for number in range(1, 4)))
    results = ("items",)

    def one(self, **changes: Any) -> Any:
        (candidate,) = self.parse(answer(work(1, **changes))).candidates
        return candidate

    def test_fields(self) -> None:
        found = self.one()
        assert found.image_url == "https://api.example/download/1.jpg"
        assert found.thumbnail_url == "https://thumb.example/1/full/!1024,/0/default.jpg"
        assert (found.width, found.height, found.filesize_bytes) == (4992, 6240, 32476791)
        assert (found.format, found.title, found.alt) == ("image/jpeg", "Vase number 1", "A vase on a table")
        assert found.tags == ("Oil on canvas", "painting")
        assert found.page_url == "https://open.example/artwork/image/KMS1"
        assert (found.license, found.license_url) == ("pdm", PDM)
        assert (found.creator, found.date) == ("Ann Example", "1888-1889")
        assert (found.engine_id, found.site) == ("KMS1", "open.smk.dk")

    def test_an_image_that_only_the_image_server_has(self) -> None:
        found = self.one(image_native=None, image_mime_type=None, image_size="7", image_thumbnail=[])
        assert found.image_url == "https://iip.example/iiif/jp2/1.tif.jp2/full/full/0/default.jpg"
        assert found.thumbnail_url == "https://iip.example/iiif/jp2/1.tif.jp2/full/!600,600/0/default.jpg"
        assert (found.format, found.filesize_bytes) == ("image/jpeg", None)

    @pytest.mark.parametrize(
        ("changes", "address", "sides"),
        [
            ({}, "/1.tif.jp2/full/!1000,1000/0/default.jpg", (800, 1000)),
            ({"image_width": None}, "/1.tif.jp2/full/!1000,1000/0/default.jpg", (None, None)),
            ({"image_width": 900, "image_height": 1000}, "/download/1.jpg", (900, 1000)),
            ({"image_iiif_id": None}, "/download/1.jpg", (4992, 6240)),
        ],
    )
    def test_copies_of_a_size(self, changes: dict[str, Any], address: str, sides: tuple[Any, Any]) -> None:
        spider = self.spider()
        spider.options = smk.SmkOptions(max_side=1000)
        (found,) = spider.parse_page(self.response(answer(work(1, **changes))), self.stream()).candidates
        assert found.image_url.endswith(address)
        assert (found.width, found.height) == sides

    def test_further_photographs(self) -> None:
        spider = self.spider()
        spider.options = smk.SmkOptions(alternatives=True)
        found = spider.parse_page(self.response(answer(work(1))), self.stream()).candidates
        assert [each.width for each in found] == [4992, 400]
        assert found[1].image_url == "https://iip.example/iiif/jp2/1-back.jp2/full/full/0/default.jpg"

    @pytest.mark.parametrize(
        ("rights", "public_domain", "expected"),
        [
            (PDM, True, "pdm"),
            ("https://creativecommons.org/share-your-work/public-domain/cc0/", True, "cc0"),
            ("https://creativecommons.org/publicdomain/zero/1.0/", None, "cc0-1.0"),
            (ARTICLE, False, "all-rights-reserved"),
            (ARTICLE, True, "pdm"),
            (ARTICLE, "true", None),
            (None, None, None),
        ],
    )
    def test_licences(self, rights: Any, public_domain: Any, expected: str | None) -> None:
        assert self.one(rights=rights, public_domain=public_domain).license == expected

    def test_values_in_other_types(self) -> None:
        found = self.one(
            titles="Vase",
            artist=None,
            production_date=[{"start": "1888"}],
            techniques="Oil",
            frontend_url=None,
        )
        assert (found.title, found.creator, found.date) == (None, "Example, Ann", "1888")
        assert found.tags == ("Oil", "painting")
        assert found.page_url == "https://open.smk.dk/en/artwork/image/KMS1"

    @pytest.mark.parametrize("body", [{"items": [work(7)]}, {"object": work(7)}, work(7)])
    def test_a_work_alone(self, body: dict[str, Any]) -> None:
        page = self.parse(json.dumps(body).encode())
        assert [each.engine_id for each in page.candidates] == ["KMS7"]
        assert page.done

    @pytest.mark.parametrize(
        ("page", "rows", "found", "done"),
        [(1, 2, 5, False), (3, 1, 5, True), (1, 2, None, False), (2, 1, None, True), (4, 0, 5, True)],
    )
    def test_the_last_page(self, page: int, rows: int, found: int | None, done: bool) -> None:
        spider, stream = self.spider(), self.stream()
        spider.options, stream.page = smk.SmkOptions(page_size=2), page
        assert f"offset={2 * page - 2}&rows=2" in spider.page_request(stream).url
        body = answer(*(work(number) for number in range(rows)), found=found)
        assert spider.parse_page(self.response(body), stream).done is done

    def test_a_work_without_an_image_is_left_out(self) -> None:
        bare = {"object_number": "KMS9", "has_image": False}
        assert [each.engine_id for each in self.parse(answer(bare, work(1))).candidates] == ["KMS1"]
        assert list(self.parse(answer(bare)).candidates) == []

    @pytest.mark.parametrize(
        ("body", "problem", "words"),
        [
            (b'{"error": "should have required property \'keys\'"}', SourceProblem, "required property"),
            (b'{"message": "Rate limit exceeded"}', Throttled, "Rate limit"),
            (b"<html>maintenance</html>", Blocked, "a web page"),
            (b'{"unexpected": []}', LayoutChanged, "no list of works"),
            (b'{"items": [7, {"id": 1}]}', LayoutChanged, "none of 2 works"),
        ],
    )
    def test_problems(self, body: bytes, problem: type[SourceProblem], words: str) -> None:
        with pytest.raises(problem, match=words):
            self.parse(body)

    def test_the_request(self) -> None:
        spider = self.spider()
        spider.options = smk.SmkOptions(object_name="maleri", page_size=50)
        wanted = Filters(license="any", since=date(1880, 5, 1), language="da")
        spider.session = wanting(wanted)
        request = spider.page_request(self.stream())
        assert request.url.startswith("https://api.smk.dk/api/v1/art/search/?")
        asked = parse_qs(urlsplit(request.url).query)
        assert "image_native" in asked.pop("fields")[0].split(",")
        assert asked == {
            "keys": [self.query],
            "offset": ["0"],
            "rows": ["50"],
            "lang": ["da"],
            "filters": ["[has_image:true]", "[public_domain:true]", "[object_names:maleri]"],
            "range": ["[production_dates_start:{1880-01-01T00:00:00Z;*}]"],
        }

    def test_what_it_has_no_word_for_is_not_sent(self) -> None:
        spider = self.spider()
        spider.session = wanting(Filters(language="fr", until=date(1900, 1, 1)))
        asked = parse_qs(urlsplit(spider.page_request(self.stream()).url).query)
        assert (asked["lang"], asked["filters"]) == (["en"], ["[has_image:true]"])
        assert asked["range"] == ["[production_dates_start:{*;1900-12-31T23:59:59Z}]"]
