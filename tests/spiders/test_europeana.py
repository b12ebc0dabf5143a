from __future__ import annotations

import json
from datetime import date
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

import pytest
from pixcrawler_spiders import europeana

from pixcrawler_core.crawl.plan import Plan
from pixcrawler_core.filters import Filters
from pixcrawler_core.sources import Blocked, LayoutChanged, SourceProblem, Throttled
from pixcrawler_core.testing.odd import ODD_VALUES, Notebook, body_of, changed, paths
from pixcrawler_core.testing.sources import SourceContract

BY_SA = "http://creativecommons.org/licenses/by-sa/4.0/"


def item(number: int, **changes: Any) -> dict[str, Any]:
    """A result in the shape of the interface, made up."""
    usual = {
        "id": f"/100/panda_{number}",
        "guid": f"https://www.example.eu/item/100/panda_{number}?utm_source=api&utm_campaign=test-key",
        "link": f"https://api.example.eu/record/100/panda_{number}.json?wskey=test-key",
        "title": [f"Panda number {number}", "Ein Panda"],
        "dcCreator": ["http://data.example.eu/agent/7", "Ann Example"],
        "dcDescription": ["A panda &amp; a tree", "Ein Panda"],
        "dcSubjectLangAware": {"de": ["Panda (Tier)"], "en": ["Panda", "http://concepts.example/9"]},
        "edmIsShownBy": [f"https://library.example/{number}.jpg"],
        "edmIsShownAt": [f"https://library.example/{number}"],
        "edmPreview": [f"https://api.example.eu/thumbnail?uri={number}"],
        "rights": [BY_SA],
        "dataProvider": ["Library of Pandas"],
        "provider": ["Aggregator of Pandas"],
        "type": "IMAGE",
        "year": ["1923"],
    }
    return {**usual, **changes}


def answer(*items: Any, **changes: Any) -> bytes:
    """A page of results."""
    body = {"apikey": "test-key", "success": True, "itemsCount": len(items), "totalResults": 500}
    return json.dumps({**body, "items": list(items), "nextCursor": "AoE+/x==", **changes}).encode()


def record(**changes: Any) -> bytes:
    """A full record with two images and a text."""
    resources = [
        {
            "about": "https://library.example/1.jpg",
            "ebucoreWidth": 3000,
            "ebucoreHeight": 2000,
            "ebucoreFileByteSize": 123456,
            "ebucoreHasMimeType": "image/jpeg",
        },
        {
            "about": "https://library.example/2.png",
            "ebucoreHasMimeType": "image/png",
            "webResourceEdmRights": {"def": ["http://creativecommons.org/publicdomain/mark/1.0/"]},
        },
        {"about": "https://library.example/text.pdf", "ebucoreHasMimeType": "application/pdf"},
    ]
    aggregation = {
        "edmIsShownBy": "https://library.example/1.jpg",
        "edmIsShownAt": "https://library.example/1",
        "edmDataProvider": {"def": ["http://data.example.eu/organization/1"], "en": ["Library of Pandas"]},
        "edmRights": {"def": [BY_SA]},
        "webResources": resources,
    }
    told = {
        "about": "/100/panda_1",
        "title": ["Panda number 1"],
        "year": ["1923"],
        "aggregations": [aggregation],
        "europeanaAggregation": {
            "edmLandingPage": "https://www.example.eu/item/100/panda_1?utm_campaign=test-key",
            "edmPreview": "https://api.example.eu/thumbnail?uri=1",
        },
        "proxies": [
            {"dcCreator": {"def": ["http://data.example.eu/agent/7"]}, "dcSubject": {"en": ["Panda"]}}
        ],
        "agents": [
            {"about": "http://data.example.eu/agent/7", "prefLabel": {"de": ["Anna"], "en": ["Ann Example"]}}
        ],
    }
    return json.dumps({"apikey": "test-key", "success": True, "object": {**told, **changes}}).encode()


class TestEuropeana(SourceContract):
    component = next(europeana.register_sources())
    page = answer(*(item(number) for number in range(3)))
    results = ("items",)
    options: ClassVar[dict[str, Any]] = {"key": "test-key"}

    def one(self, **changes: Any) -> Any:
        (candidate,) = self.parse(answer(item(1, **changes))).candidates
        return candidate

    def asked(
        self, wanted: dict[str, Any] | None = None, cursor: Any = None, **options: Any
    ) -> dict[str, Any]:
        spider, stream = self.spider(), self.stream()
        spider.options = europeana.EuropeanaOptions(**{"key": "test-key", **options})
        filters = Filters(**(wanted or {}))
        spider.session = Notebook(plan=Plan(wanted={}, default_wanted=None, questions=(), filters=filters))
        stream.cursor = cursor
        parts = urlsplit(spider.page_request(stream).url)
        assert (parts.netloc, parts.path) == ("api.europeana.eu", "/record/v2/search.json")
        return parse_qs(parts.query)

    def test_fields(self) -> None:
        found = self.one()
        assert found.image_url == "https://library.example/1.jpg"
        assert found.thumbnail_url == "https://api.example.eu/thumbnail?uri=1"
        assert (found.title, found.alt) == ("Panda number 1", "A panda & a tree")
        assert found.tags == ("Panda", "Panda (Tier)")
        assert (found.creator, found.creator_url) == ("Ann Example", "http://data.example.eu/agent/7")
        assert (found.license, found.license_url) == ("cc-by-sa-4.0", BY_SA)
        assert (found.site, found.date, found.engine_id) == ("Library of Pandas", "1923", "/100/panda_1")
        assert found.extra == {"provider": "Aggregator of Pandas", "shown_at": "https://library.example/1"}

    def test_the_key_in_addresses_is_left_out(self) -> None:
        page = self.parse(self.page)
        assert page.candidates[0].page_url == "https://www.example.eu/item/100/panda_0"
        assert "test-key" not in f"{page}"
        assert "test-key" not in f"{self.parse(record())}"

    @pytest.mark.parametrize(
        ("rights", "expected"),
        [
            (["http://creativecommons.org/publicdomain/zero/1.0/"], "cc0-1.0"),
            ("http://creativecommons.org/publicdomain/mark/1.0/", "pdm"),
            (["http://rightsstatements.org/vocab/InC/1.0/"], "all-rights-reserved"),
            (["http://rightsstatements.org/vocab/NoC-OKLR/1.0/"], "rs-noc-oklr"),
            ([], None),
            (None, None),
        ],
    )
    def test_licences(self, rights: Any, expected: str | None) -> None:
        assert self.one(rights=rights).license == expected

    def test_values_in_other_types(self) -> None:
        found = self.one(title="Panda", dcCreator="Ann", year=1923, edmIsShownBy="//library.example/1.jpg")
        assert (found.title, found.creator, found.date) == ("Panda", "Ann", "1923")
        assert found.image_url == "https://library.example/1.jpg"
        found = self.one(
            dcCreator=["http://data.example.eu/agent/7"], guid=None, dcCreatorLangAware={"en": "Ann"}
        )
        assert (found.creator, found.page_url) == ("Ann", "https://library.example/1")

    def test_items_without_an_image_are_left_out(self) -> None:
        page = self.parse(answer(item(1, edmIsShownBy=None), None, 7, item(2)))
        assert [each.engine_id for each in page.candidates] == ["/100/panda_2"]
        assert self.parse(answer(item(1, edmIsShownBy=None))).candidates == []
        with pytest.raises(LayoutChanged, match="none of 2 items"):
            self.parse(answer({"name": "x"}, 7))

    def test_a_full_record(self) -> None:
        page = self.parse(record())
        first, second = page.candidates
        assert page.done
        assert (first.image_url, first.width, first.height) == ("https://library.example/1.jpg", 3000, 2000)
        assert (first.filesize_bytes, first.format) == (123456, "image/jpeg")
        assert (first.license, first.license_url, first.site) == ("cc-by-sa-4.0", BY_SA, "Library of Pandas")
        assert (first.title, first.creator, first.date) == ("Panda number 1", "Ann Example", "1923")
        assert (first.creator_url, first.tags) == ("http://data.example.eu/agent/7", ("Panda",))
        assert first.page_url == "https://www.example.eu/item/100/panda_1"
        assert (second.image_url, second.license) == ("https://library.example/2.png", "pdm")

    def test_a_record_of_another_form(self) -> None:
        with pytest.raises(LayoutChanged, match="without aggregations"):
            self.parse(record(aggregations=[None, {}]))
        odd = [{"edmIsShownBy": ["https://library.example/1.jpg"], "webResources": [None, 7, {"about": 3}]}]
        assert len(self.parse(record(aggregations=odd, proxies="x", agents=3)).candidates) == 1

    def test_odd_values_in_a_full_record(self) -> None:
        whole = json.loads(record())
        for path in list(paths(whole)):
            for odd in (..., *ODD_VALUES):
                self.check_any(body_of(changed(whole, path, odd)))

    def test_cursors_to_the_end(self) -> None:
        page = self.parse(self.page)
        assert (page.done, page.cursor) == (False, {"cursor": "AoE+/x=="})
        assert self.asked()["cursor"] == ["*"]
        assert self.asked(cursor=page.cursor)["cursor"] == ["AoE+/x=="]
        assert self.parse(answer(item(1), nextCursor=None)).done

    def test_no_results(self) -> None:
        for body in (answer(totalResults=0), answer(totalResults=0, items=None)):
            page = self.parse(body)
            assert (list(page.candidates), page.done) == ([], True)

    def test_the_request(self) -> None:
        assert self.asked() == {
            "wskey": ["test-key"],
            "query": [self.query],
            "qf": ["TYPE:IMAGE"],
            "media": ["true"],
            "profile": ["rich"],
            "rows": ["100"],
            "cursor": ["*"],
        }
        told = self.asked(
            country="Nether Lands", data_provider="Museum", theme="art", media=False, page_size=7
        )
        assert told["qf"] == ["TYPE:IMAGE", 'COUNTRY:"Nether Lands"', 'DATA_PROVIDER:"Museum"']
        assert (told["theme"], told["rows"], told.get("media")) == (["art"], ["7"], None)

    @pytest.mark.parametrize(
        ("wanted", "facets"),
        [
            ({"size": "large"}, ["IMAGE_SIZE:large", "IMAGE_SIZE:extra_large"]),
            ({"size": "wallpaper"}, ["IMAGE_SIZE:extra_large"]),
            ({"aspect": "tall"}, ["IMAGE_ASPECTRATIO:portrait"]),
            ({"aspect": "square"}, []),
            ({"color": "monochrome"}, ["IMAGE_COLOUR:false"]),
            ({"color": "color"}, ["IMAGE_COLOUR:true"]),
            ({"color": "teal"}, ["COLOURPALETTE:#008080"]),
            ({"color": "transparent"}, []),
            ({"since": date(1900, 5, 1)}, ["YEAR:[1900 TO *]"]),
            ({"since": date(900, 5, 1), "until": date(1950, 1, 1)}, ["YEAR:[0900 TO 1950]"]),
        ],
    )
    def test_filters(self, wanted: dict[str, Any], facets: list[str]) -> None:
        assert self.asked(wanted)["qf"] == ["TYPE:IMAGE", *facets]

    @pytest.mark.parametrize(
        ("wanted", "reuse"),
        [("any", None), ("public-domain", ["open"]), ("commercial", ["open,restricted"]),
         ("commercial-modification", ["open"])],
    )  # fmt: skip
    def test_licence_filter(self, wanted: str, reuse: Any) -> None:
        assert self.asked({"license": wanted}).get("reusability") == reuse

    @pytest.mark.parametrize(
        ("status", "body", "problem"),
        [
            (401, {"apikey": "test-key", "success": False, "error": "Invalid API key: test-key"}, Blocked),
            (200, {"success": False, "error": "Unauthorized", "message": "API key is invalid"}, Blocked),
            (200, {"success": False, "error": "Usage limit exceeded"}, Throttled),
            (400, {"success": False, "error": "Invalid query parameter"}, SourceProblem),
            (200, {"success": False}, SourceProblem),
        ],
    )
    def test_errors(self, status: int, body: dict[str, Any], problem: type[SourceProblem]) -> None:
        with pytest.raises(problem) as raised:
            self.spider().parse_page(self.response(json.dumps(body).encode(), status), self.stream())
        assert type(raised.value) is problem
        assert "test-key" not in str(raised.value)
