from __future__ import annotations

import json
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

import pytest
from pixcrawler_spiders import smithsonian

from pixcrawler_core.crawl.plan import Plan
from pixcrawler_core.filters import Filters
from pixcrawler_core.sources import Blocked, LayoutChanged, SourceProblem, Throttled
from pixcrawler_core.testing.odd import ODD_VALUES, Notebook, body_of, changed, paths
from pixcrawler_core.testing.sources import SourceContract

IDS = "https://ids.example/ids"


def media(number: int, **changes: Any) -> dict[str, Any]:
    """An image in the shape of the interface, made up."""
    download = f"{IDS}/download?id=MUS-{number}"
    usual = {
        "thumbnail": f"{IDS}/deliveryService?id=MUS-{number}&max=90",
        "idsId": f"MUS-{number}",
        "guid": f"http://n2t.example/ark:/1/{number}",
        "usage": {"access": "CC0", "text": ""},
        "type": "Images",
        "content": f"{IDS}/deliveryService?id=MUS-{number}",
        "altTextAccessibility": "A panda on a branch.",
        "resources": [
            {"label": "High-resolution TIFF", "url": f"{download}.tif", "width": 9000, "height": 6000},
            {"label": "High-resolution JPEG", "url": f"{download}.jpg", "width": 3000, "height": 2000},
            {"label": "Screen Image", "url": f"{download}_screen"},
            {"label": "Thumbnail Image", "url": f"{download}_thumb"},
        ],
    }
    return {**usual, **changes}


def row(number: int, *images: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """An object."""
    usual = {
        "id": f"edanmdm-mus_{number}",
        "title": f"Panda number {number}",
        "unitCode": "MUS",
        "type": "edanmdm",
        "url": f"edanmdm:mus_{number}",
        "content": {
            "descriptiveNonRepeating": {
                "record_link": f"https://museum.example/object/{number}",
                "title": {"label": "Title", "content": f"Panda number {number}"},
                "data_source": "Museum of Pandas",
                "metadata_usage": {"access": "CC0"},
                "online_media": {"mediaCount": 1, "media": list(images) or [media(number)]},
            },
            "freetext": {
                "name": [
                    {"label": "Sitter", "content": "Ming the Panda"},
                    {"label": "Artist", "content": "Ann Example, born 1900"},
                ],
                "date": [{"label": "Date", "content": "ca. 1923"}],
                "creditLine": [{"label": "Credit Line", "content": "Gift of the Example Fund"}],
            },
            "indexedStructured": {
                "topic": ["Pandas", {"type": "topic", "content": "Zoos"}],
                "object_type": ["Photographs"],
                "date": ["1920s"],
            },
        },
    }
    return {**usual, **changes}


def answer(*rows: Any, **changes: Any) -> bytes:
    """A page of results."""
    found = {"rows": list(rows), "rowCount": 250, "message": "content found", **changes}
    return json.dumps({"status": 200, "responseCode": 1, "response": found}).encode()


class TestSmithsonian(SourceContract):
    component = next(smithsonian.register_sources())
    page = answer(*(row(number) for number in range(3)))
    results = ("response", "rows")
    options: ClassVar[dict[str, Any]] = {"key": "test-key"}

    def one(self, *images: dict[str, Any], **changes: Any) -> Any:
        (candidate,) = self.parse(answer(row(1, *images, **changes))).candidates
        return candidate

    def asked(
        self, page: int = 1, wanted: dict[str, Any] | None = None, **options: Any
    ) -> tuple[str, dict[str, Any]]:
        spider, stream = self.spider(), self.stream()
        spider.options = smithsonian.SmithsonianOptions(**{"key": "test-key", **options})
        filters = Filters(**(wanted or {}))
        spider.session = Notebook(plan=Plan(wanted={}, default_wanted=None, questions=(), filters=filters))
        stream.page = page
        parts = urlsplit(spider.page_request(stream).url)
        return f"{parts.scheme}://{parts.netloc}{parts.path}", parse_qs(parts.query)

    def test_fields(self) -> None:
        found = self.one()
        assert found.image_url == f"{IDS}/download?id=MUS-1.jpg"
        assert (found.width, found.height, found.format) == (3000, 2000, "image/jpeg")
        assert found.thumbnail_url == f"{IDS}/deliveryService?id=MUS-1&max=90"
        assert (found.title, found.alt) == ("Panda number 1", "A panda on a branch.")
        assert found.page_url == "https://museum.example/object/1"
        assert (found.site, found.creator, found.date) == (
            "Museum of Pandas",
            "Ann Example, born 1900",
            "ca. 1923",
        )
        assert found.tags == ("Pandas", "Zoos", "Photographs")
        assert (found.license, found.engine_id) == ("cc0", "MUS-1")
        assert found.extra == {"attribution": "Gift of the Example Fund", "record": "edanmdm-mus_1"}

    def test_every_image_of_an_object_is_a_candidate_and_other_media_are_none(self) -> None:
        body = answer(row(1, media(1), media(2, type="3d_voyager"), media(3), media(4, type=None)), row(2))
        assert [each.engine_id for each in self.parse(body).candidates] == [
            "MUS-1",
            "MUS-3",
            "MUS-4",
            "MUS-2",
        ]

    def test_without_a_jpeg_the_delivery_service_gives_the_image(self) -> None:
        tiff = [{"label": "High-resolution TIFF", "url": f"{IDS}/x.tif", "dimensions": "9000x6000"}]
        found = self.one(media(1, resources=tiff))
        assert (found.image_url, found.width, found.format) == (f"{IDS}/deliveryService?id=MUS-1", None, None)
        found = self.one(media(1, resources=tiff, content=None))
        assert (found.image_url, found.width, found.height) == (f"{IDS}/x.tif", 9000, 6000)
        assert self.one(media(1, resources=None)).image_url == f"{IDS}/deliveryService?id=MUS-1"

    def test_the_largest_jpeg_is_taken(self) -> None:
        sizes = [
            {"label": "Other", "url": f"{IDS}/small.JPG", "width": 10, "height": 10},
            {"label": "High-resolution JPEG", "url": f"{IDS}/large", "dimensions": "400x300"},
        ]
        found = self.one(media(1, resources=sizes))
        assert (found.image_url, found.width, found.height) == (f"{IDS}/large", 400, 300)

    @pytest.mark.parametrize(
        ("usage", "rights", "expected"),
        [
            ({"access": "CC0"}, ["No Known Copyright Restrictions"], "cc0"),
            ({"access": "Usage conditions apply"}, None, "usage-conditions-apply"),
            (
                {"access": "Usage conditions apply"},
                "No Known Copyright Restrictions",
                "no-known-restrictions",
            ),
            (None, None, None),
        ],
    )
    def test_licences(self, usage: Any, rights: Any, expected: str | None) -> None:
        changed = row(1, media(1, usage=usage))
        changed["content"]["indexedStructured"]["online_media_rights"] = rights
        (found,) = self.parse(answer(changed)).candidates
        assert found.license == expected

    def test_a_single_record(self) -> None:
        for body in ({"status": 200, "responseCode": 1, "response": row(7)}, row(7)):
            page = self.parse(json.dumps(body).encode())
            assert ([each.engine_id for each in page.candidates], page.done) == (["MUS-7"], True)

    def test_odd_values_in_a_single_record(self) -> None:
        whole = {"response": row(1, media(1), media(2))}
        for path in list(paths(whole)):
            for odd in (..., *ODD_VALUES):
                self.check_any(body_of(changed(whole, path, odd)))

    def test_rows_without_images_are_no_layout_of_another_kind(self) -> None:
        bare = row(1)
        del bare["content"]["descriptiveNonRepeating"]["online_media"]
        assert self.parse(answer(bare)).candidates == []
        with pytest.raises(LayoutChanged, match="none of 2 rows"):
            self.parse(answer({"name": "x"}, 7))

    def test_no_results(self) -> None:
        for body in (answer(rowCount=0), answer(rowCount=0, rows=None)):
            page = self.parse(body)
            assert (list(page.candidates), page.done) == ([], True)

    @pytest.mark.parametrize(
        ("page", "total", "done"),
        [(1, 250, False), (2, 250, False), (3, 250, True), (2, 200, True), (1, None, True)],
    )
    def test_the_last_page(self, page: int, total: int | None, done: bool) -> None:
        stream = self.stream()
        stream.page = page
        found = self.spider().parse_page(self.response(answer(row(1), rowCount=total)), stream)
        assert found.done is done

    def test_the_request(self) -> None:
        where, query = self.asked(page=3)
        assert where == "https://api.si.edu/openaccess/api/v1.0/search"
        term = f'({self.query}) AND online_media_type:"Images"'
        assert query == {"api_key": ["test-key"], "q": [term], "start": ["200"], "rows": ["100"]}

    def test_options_and_filters(self) -> None:
        options = {
            "category": "art_design",
            "unit_code": "NASM",
            "object_type": "Photographs",
            "sort": "newest",
        }
        where, query = self.asked(1, {"license": "commercial"}, **options)
        assert where == "https://api.si.edu/openaccess/api/v1.0/category/art_design/search"
        assert query["sort"] == ["newest"]
        terms = query["q"][0].split(" AND ")[1:]
        assert terms == [
            'online_media_type:"Images"',
            'media_usage:"CC0"',
            'unit_code:"NASM"',
            'object_type:"Photographs"',
        ]

    @pytest.mark.parametrize(
        ("status", "body", "problem"),
        [
            (
                403,
                {"error": {"code": "API_KEY_INVALID", "message": "An invalid api_key was supplied."}},
                Blocked,
            ),
            (200, {"error": {"code": "API_KEY_MISSING", "message": "No api_key was supplied."}}, Blocked),
            (
                200,
                {"error": {"code": "OVER_RATE_LIMIT", "message": "You have exceeded your rate limit."}},
                Throttled,
            ),
            (200, {"error": "Something broke"}, SourceProblem),
            (200, {"status": 500, "message": "Internal trouble"}, SourceProblem),
        ],
    )
    def test_errors(self, status: int, body: dict[str, Any], problem: type[SourceProblem]) -> None:
        with pytest.raises(problem) as raised:
            self.spider().parse_page(self.response(json.dumps(body).encode(), status), self.stream())
        assert type(raised.value) is problem
        assert "supplied" in str(raised.value) or problem is not Blocked
