from __future__ import annotations

import json
from datetime import date
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from pixcrawler_spiders import met
from scrapy.http import TextResponse

from pixcrawler_core.crawl.plan import Page, Plan
from pixcrawler_core.filters import Filters
from pixcrawler_core.sources import Blocked, LayoutChanged, SourceProblem, Throttled
from pixcrawler_core.testing.odd import Notebook
from pixcrawler_core.testing.sources import SourceContract

API = "https://collectionapi.metmuseum.org/public/collection"
IMAGES = "https://images.example/original"


def work(**changes: Any) -> dict[str, Any]:
    """The record of a work in the shape of the interface, made up."""
    usual = {
        "objectID": 101,
        "isPublicDomain": True,
        "primaryImage": f"{IMAGES}/0.jpg",
        "primaryImageSmall": "https://images.example/small/0.jpg",
        "additionalImages": [f"{IMAGES}/1.jpg", f"{IMAGES}/2.jpg"],
        "department": "Asian Art",
        "objectName": "Scroll",
        "title": "Quails &amp; Reeds",
        "culture": "Japan",
        "period": "",
        "artistDisplayName": "Ann Example",
        "artistWikidata_URL": "https://people.example/wiki/1",
        "artistULAN_URL": "https://people.example/ulan/1",
        "objectDate": "late 17th century",
        "medium": "Ink on silk",
        "creditLine": "Gift of Bob Example",
        "classification": "Paintings",
        "rightsAndReproduction": "",
        "objectURL": "https://works.example/101",
        "tags": [{"term": "Birds", "AAT_URL": "https://terms.example/1"}, {"term": "Leaves"}],
    }
    return {**usual, **changes}


def body(told: Any) -> bytes:
    return json.dumps(told).encode()


class TestMet(SourceContract):
    """A record with its additional images is the page that the contract damages."""

    component = next(met.register_sources())
    page = body(work(primaryImage="", additionalImages=[f"{IMAGES}/{number}.jpg" for number in range(3)]))
    results = ("additionalImages",)

    def at(self, told: Any, page: int = 1, cursor: Any = None, status: int = 200, url: str = "") -> Page:
        """The page in an answer to a request."""
        spider, stream = self.spider(), self.stream()
        stream.page, stream.cursor = page, cursor
        where = url or f"{API}/v1.1/search?q=x"
        return spider.parse_page(TextResponse(where, status=status, body=body(told)), stream)

    def request_url(self, filters: Filters, page: int = 1, cursor: Any = None, **options: Any) -> str:
        spider, stream = self.spider(), self.stream()
        spider.options = met.MetOptions(**options)
        spider.session = Notebook(plan=Plan(wanted={}, default_wanted=None, questions=(), filters=filters))
        stream.page, stream.cursor = page, cursor
        url: str = spider.page_request(stream).url
        return url

    def asked(self, filters: Filters, **more: Any) -> dict[str, str]:
        """The parameters of a search."""
        url = self.request_url(filters, **more)
        return {name: value[0] for name, value in parse_qs(urlsplit(url).query).items()}

    def test_fields(self) -> None:
        page = self.parse(body(work()))
        assert [each.image_url for each in page.candidates] == [
            f"{IMAGES}/{number}.jpg" for number in range(3)
        ]
        found, second, _ = page.candidates
        assert (found.thumbnail_url, second.thumbnail_url) == ("https://images.example/small/0.jpg", None)
        for each in (found, second):
            assert (each.title, each.creator, each.date) == (
                "Quails & Reeds",
                "Ann Example",
                "late 17th century",
            )
            assert (each.tags, each.engine_id) == (("Birds", "Leaves"), "101")
            assert (each.page_url, each.site) == ("https://works.example/101", "www.metmuseum.org")
            assert each.creator_url == "https://people.example/wiki/1"
            assert (each.license, each.license_url) == ("cc0-1.0", met.CC0)
            assert (each.width, each.height) == (None, None)
            assert each.extra == {
                "medium": "Ink on silk",
                "department": "Asian Art",
                "culture": "Japan",
                "classification": "Paintings",
                "credit": "Gift of Bob Example",
            }
        assert page.done

    def test_licences(self) -> None:
        (found,) = self.parse(
            body(work(isPublicDomain=False, additionalImages=[], rightsAndReproduction="© A"))
        ).candidates
        assert (found.license, found.license_url) == ("all-rights-reserved", None)
        assert found.extra["rights"] == "© A"
        for odd in (False, None, "true", 1):
            assert self.parse(body(work(isPublicDomain=odd))).candidates[0].license is None

    def test_odd_records(self) -> None:
        assert len(self.parse(body(work(additionalImages=None))).candidates) == 1
        assert len(self.parse(body(work(additionalImages=f"{IMAGES}/1.jpg"))).candidates) == 2
        assert len(self.parse(body(work(additionalImages=[f"{IMAGES}/0.jpg", 7, None]))).candidates) == 1
        page = self.parse(body(work(primaryImage="", additionalImages=[])))
        assert (list(page.candidates), page.done) == ([], True)
        (found,) = self.parse(body({"objectID": 7, "primaryImage": f"{IMAGES}/7.jpg"})).candidates
        assert found.page_url == "https://www.metmuseum.org/art/collection/search/7"

    def test_it_asks_on_the_web_for_page_after_page(self) -> None:
        """Ids come page by page, and the record of each is a detail."""
        assert self.request_url(Filters()).startswith(f"{API}/v1.1/search?q=red+panda")
        assert self.asked(Filters())["offset"] == "0"
        ids = list(range(1001, 1021))
        page = self.at({"total": 45, "objectIDs": ids})
        assert [each.url for each in page.details] == [f"{API}/v1/objects/{each}" for each in ids]
        assert (page.cursor, page.done) == ({"offset": 20}, False)
        assert self.asked(Filters(), page=2, cursor=page.cursor)["offset"] == "20"
        assert self.at({"total": 45, "objectIDs": ids}, 2, {"offset": 20}).cursor == {"offset": 40}
        last = self.at({"total": 45, "objectIDs": ids[:5]}, 3, {"offset": 40})
        assert (len(last.details), last.cursor, last.done) == (5, None, True)
        assert self.at({"total": 45, "objectIDs": None}, 3, {"offset": 40}).done
        assert self.at({"total": 90_000, "objectIDs": ids}, 500, {"offset": 9_980}).done

    def test_a_search_that_gives_all_ids_at_once(self) -> None:
        page = self.at({"total": 45, "objectIDs": list(range(1, 46))})
        assert len(page.details) == 20
        assert page.cursor == {"ids": list(range(21, 46))}
        assert self.request_url(Filters(), 2, page.cursor) == f"{API}/v1/objects/21"
        page = self.at(work(), 2, page.cursor, url=f"{API}/v1/objects/21")
        assert len(page.candidates) == 3
        assert [each.url.rpartition("/")[2] for each in page.details] == [str(n) for n in range(22, 42)]
        page = self.at(work(), 3, page.cursor)
        assert ([each.url.rpartition("/")[2] for each in page.details], page.done) == (
            ["43", "44", "45"],
            True,
        )

    def test_the_older_search_where_there_is_no_newer(self) -> None:
        page = self.at({"message": "Not Found"}, status=404)
        assert (page.cursor, page.done) == ({"version": "v1"}, False)
        url = self.request_url(Filters(), 2, page.cursor)
        assert url.startswith(f"{API}/v1/search?q=red+panda")
        assert "offset" not in url
        page = self.at({"total": 3, "objectIDs": [5, 6, 7]}, 2, page.cursor, url=url)
        assert (len(page.details), page.done) == (3, True)
        with pytest.raises(SourceProblem, match="HTTP 404"):
            self.at({"message": "Not Found"}, 2, {"version": "v1"}, 404, url)

    @pytest.mark.parametrize("message", ["ObjectID not found", "Not a valid object"])
    @pytest.mark.parametrize("status", [200, 404])
    def test_records_that_are_gone(self, message: str, status: int) -> None:
        where = f"{API}/v1/objects/5"
        page = self.at({"message": message}, status=status, url=where)
        assert (list(page.candidates), page.done) == ([], True)
        page = self.at({"message": message}, 2, {"ids": [5, 6]}, status, where)
        assert ([each.url for each in page.details], page.done) == ([f"{API}/v1/objects/6"], True)

    def test_no_results(self) -> None:
        page = self.at({"total": 0, "objectIDs": None})
        assert (list(page.candidates), list(page.details), page.done) == ([], [], True)
        with pytest.raises(LayoutChanged, match="no number among the ids"):
            self.at({"total": 2, "objectIDs": ["a", {}]})

    def test_the_request(self) -> None:
        assert self.asked(Filters()) == {
            "q": self.query,
            "hasImages": "true",
            "offset": "0",
            "limit": "20",
        }
        asked = self.asked(Filters(), department=11, medium="Paintings|Prints", highlights=True, page_size=5)
        assert (asked["departmentId"], asked["medium"], asked["isHighlight"], asked["limit"]) == (
            *("11", "Paintings|Prints", "true", "5"),
        )

    @pytest.mark.parametrize(
        ("filters", "parameters"),
        [
            ({"license": "commercial"}, {"isPublicDomain": "true"}),
            ({"since": date(1900, 5, 1)}, {"dateBegin": "1900", "dateEnd": "9999"}),
            ({"until": date(1910, 5, 1)}, {"dateBegin": "-9999", "dateEnd": "1910"}),
            ({"language": "en"}, {}),
        ],
    )
    def test_filters(self, filters: dict[str, Any], parameters: dict[str, str]) -> None:
        asked = self.asked(Filters(**filters))
        assert {
            name: value for name, value in asked.items() if name not in self.asked(Filters())
        } == parameters
        assert not parameters or set(filters) <= met.MetSpider.filters

    @pytest.mark.parametrize(
        ("told", "problem", "words"),
        [
            ({"message": "Too Many Requests"}, Throttled, "Too Many"),
            ({"detail": "Request was throttled."}, Throttled, "throttled"),
            ({"message": "Forbidden"}, Blocked, "Forbidden"),
            ({"message": "could not parse objectID"}, SourceProblem, "could not parse"),
            ({"unexpected": []}, LayoutChanged, "neither ids nor a record"),
        ],
    )
    def test_answers_that_are_problems(self, told: Any, problem: type[SourceProblem], words: str) -> None:
        with pytest.raises(problem, match=words) as caught:
            self.parse(body(told))
        assert type(caught.value) is problem
