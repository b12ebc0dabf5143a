from __future__ import annotations

import json
from datetime import date
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

import pytest
from pixcrawler_spiders import google_cse

from pixcrawler_core.crawl.plan import Plan, Stream
from pixcrawler_core.filters import Filters
from pixcrawler_core.sources import Blocked, LayoutChanged, SourceProblem, Throttled
from pixcrawler_core.testing.odd import ODD_VALUES, Notebook, body_of, changed, paths
from pixcrawler_core.testing.sources import SourceContract


def item(number: int, **changes: Any) -> dict[str, Any]:
    """A result in the shape of the interface, made up."""
    usual = {
        "kind": "customsearch#result",
        "title": f"Panda number {number} < 3",
        "htmlTitle": f"<b>Panda</b> number {number} &lt; 3",
        "link": f"https://photos.example/{number}.jpg",
        "displayLink": "photos.example",
        "snippet": "A panda ...",
        "mime": "image/jpeg",
        "fileFormat": "image/jpeg",
        "image": {
            "contextLink": f"https://photos.example/page/{number}",
            "height": 600,
            "width": 800,
            "byteSize": 123456,
            "thumbnailLink": f"https://thumbs.example/{number}",
            "thumbnailHeight": 86,
            "thumbnailWidth": 137,
        },
    }
    return {**usual, **changes}


def answer(*items: Any, more: bool = True, **changes: Any) -> bytes:
    """A page of results; without any, the member is absent."""
    body: dict[str, Any] = {
        "kind": "customsearch#search",
        "queries": {"request": [{"totalResults": "4430000000", "startIndex": 1}]},
        "searchInformation": {"totalResults": "4430000000"},
    }
    if more:
        body["queries"]["nextPage"] = [{"startIndex": 11}]
    if items:
        body["items"] = list(items)
    return json.dumps({**body, **changes}).encode()


def element(*rows: Any, **cursor: Any) -> bytes:
    """An answer of the search box, as JSONP."""
    body = json.dumps({"cursor": {"pages": [{"label": 1, "start": "0"}], **cursor}, "results": list(rows)})
    return f"/*O_o*/\n_({body});".encode()


COMMERCIAL = "(cc_publicdomain|cc_attribute|cc_sharealike|cc_nonderived).-(cc_noncommercial)"
ROW = {
    "unescapedUrl": "https://photos.example/1.jpg",
    "originalContextUrl": "https://photos.example/page/1",
    "titleNoFormatting": "Panda&#39;s tree",
    "contentNoFormatting": "A panda",
    "width": "800",
    "height": "600",
    "fileFormat": "image/jpeg",
    "tbUrl": "https://thumbs.example/small",
    "tbLargeUrl": "https://thumbs.example/large",
    "visibleUrl": "photos.example",
}


class TestGoogleCse(SourceContract):
    component = next(google_cse.register_sources())
    page = answer(*(item(number) for number in range(3)))
    results = ("items",)
    options: ClassVar[dict[str, Any]] = {"key": "test-key", "cx": "test-engine"}

    def spider(self, wanted: dict[str, Any] | None = None, **options: Any) -> google_cse.GoogleCseSpider:
        spider = super().spider()
        assert isinstance(spider, google_cse.GoogleCseSpider)
        spider.today = lambda: date(2026, 12, 31)
        spider.options = google_cse.GoogleCseOptions(**{**self.options, **options})
        filters = Filters(**(wanted or {}))
        spider.session = Notebook(plan=Plan(wanted={}, default_wanted=None, questions=(), filters=filters))
        return spider

    def at(self, page: int) -> Stream:
        stream = self.stream()
        stream.page = page
        return stream

    def asked(self, wanted: dict[str, Any] | None = None, page: int = 1, **options: Any) -> dict[str, Any]:
        parts = urlsplit(self.spider(wanted, **options).page_request(self.at(page)).url)
        assert (parts.netloc, parts.path) == ("www.googleapis.com", "/customsearch/v1")
        return parse_qs(parts.query)

    def test_fields(self) -> None:
        (found,) = self.parse(answer(item(1))).candidates
        assert found.image_url == "https://photos.example/1.jpg"
        assert found.thumbnail_url == "https://thumbs.example/1"
        assert (found.width, found.height, found.filesize_bytes) == (800, 600, 123456)
        assert (found.title, found.alt, found.format) == ("Panda number 1 < 3", "A panda ...", "image/jpeg")
        assert (found.page_url, found.site) == ("https://photos.example/page/1", "photos.example")
        assert (found.license, found.creator) == (None, None)

    def test_vague_and_missing_values(self) -> None:
        vague = item(1, mime="image/", fileFormat="image/", title=None, image=None)
        (found,) = self.parse(answer(vague)).candidates
        assert (found.format, found.title, found.width) == (None, "Panda number 1 < 3", None)

    def test_items_without_an_image_are_left_out(self) -> None:
        assert len(self.parse(answer(None, 7, item(1, link="x"), item(2))).candidates) == 1
        with pytest.raises(LayoutChanged, match="none of 2 items"):
            self.parse(answer(None, item(1, link="x")))

    @pytest.mark.parametrize(
        ("page", "more", "done"), [(1, True, False), (9, True, False), (10, True, True), (2, False, True)]
    )
    def test_the_last_page(self, page: int, more: bool, done: bool) -> None:
        found = self.spider().parse_page(self.response(answer(item(1), more=more)), self.at(page))
        assert found.done is done

    @pytest.mark.parametrize("size", [3, 7, 10])
    def test_pages_stay_within_the_first_hundred(self, size: int) -> None:
        spider, page = self.spider(page_size=size), 1
        while not spider.parse_page(self.response(answer(item(1))), self.at(page)).done:
            page += 1
        query = self.asked(page=page, page_size=size)
        assert 100 - size < int(query["start"][0]) + size - 1 <= 100

    def test_no_results(self) -> None:
        for body in (answer(more=False), answer(), answer(items=[])):
            page = self.parse(body)
            assert (list(page.candidates), page.done) == ([], True)

    def test_an_answer_of_the_search_box(self) -> None:
        page = self.parse(element(ROW))
        (found,) = page.candidates
        assert not page.done
        assert found.image_url == "https://photos.example/1.jpg"
        assert (found.width, found.height, found.format) == (800, 600, "image/jpeg")
        assert (found.title, found.alt) == ("Panda's tree", "A panda")
        assert (found.thumbnail_url, found.site) == ("https://thumbs.example/large", "photos.example")
        assert self.parse(element(ROW, isExactTotalResults=True)).done
        assert self.parse(element(ROW, pages=None)).done
        assert self.parse(b'google.search.cse.api1({"cursor": {}})').done
        with pytest.raises(Throttled):
            self.parse(b'_({"error": {"code": 429, "message": "Too many requests"}});')

    def test_odd_values_in_an_answer_of_the_search_box(self) -> None:
        whole = {"cursor": {"pages": [{"start": "0"}]}, "results": [ROW, ROW]}
        for path in list(paths(whole)):
            for odd in (..., *ODD_VALUES):
                self.check_any(b"_(" + body_of(changed(whole, path, odd)) + b");")

    def test_the_request(self) -> None:
        assert self.asked(page=2) == {
            "q": [self.query],
            "searchType": ["image"],
            "num": ["10"],
            "start": ["11"],
            "safe": ["active"],
            "cx": ["test-engine"],
            "key": ["test-key"],
        }
        told = self.asked(site="photos.example", file_type="png")
        assert (told["siteSearch"], told["siteSearchFilter"]) == (["photos.example"], ["i"])
        assert told["fileType"] == ["png"]

    @pytest.mark.parametrize(
        ("wanted", "parameter", "value"),
        [
            ({"size": "small"}, "imgSize", "small"),
            ({"size": "wallpaper"}, "imgSize", "xxlarge"),
            ({"color": "red"}, "imgDominantColor", "red"),
            ({"color": "monochrome"}, "imgColorType", "gray"),
            ({"color": "monochrome"}, "imgDominantColor", None),
            ({"type": "lineart"}, "imgType", "lineart"),
            ({"type": "illustration"}, "imgType", None),
            ({"type": "transparent"}, "imgColorType", "trans"),
            ({"license": "public-domain"}, "rights", "cc_publicdomain"),
            ({"license": "commercial"}, "rights", COMMERCIAL),
            ({"since": date(2020, 1, 2)}, "sort", "date:r:20200102:20261231"),
            ({"until": date(2020, 1, 2)}, "sort", "date:r:19900101:20200102"),
            ({"safe_search": "off"}, "safe", "off"),
            ({"safe_search": "strict"}, "safe", "active"),
            ({"language": "de"}, "lr", "lang_de"),
            ({"region": "ch"}, "gl", "ch"),
        ],
    )  # fmt: skip
    def test_filters(self, wanted: dict[str, Any], parameter: str, value: str | None) -> None:
        assert self.asked(wanted).get(parameter) == (None if value is None else [value])

    def test_it_refuses_to_ask_once_the_interface_has_ended(self) -> None:
        spider = self.spider()
        spider.today = lambda: date(2027, 1, 1)
        assert spider.page_request(self.stream()).url
        spider.today = lambda: date(2027, 1, 2)
        with pytest.raises(SourceProblem, match="ended the Custom Search JSON API on 01 January 2027"):
            spider.page_request(self.stream())
        assert "1 January 2027" in self.component.summary
        assert "1 January 2027" in self.component.limits

    def test_the_clock(self) -> None:
        assert google_cse.GoogleCseSpider().today() >= date(2026, 1, 1)

    def test_both_secrets_are_named(self) -> None:
        told = {secret.option: secret.env for secret in self.component.secrets}
        assert told == {"key": "GOOGLE_CSE_KEY", "cx": "GOOGLE_CSE_CX"}
        options = google_cse.GoogleCseOptions(key="k", cx="c")  # type: ignore[arg-type]  # pydantic converts
        assert {"key", "cx"}.isdisjoint(options.model_dump())

    @pytest.mark.parametrize(
        ("status", "message", "reason", "problem"),
        [
            (429, "Quota exceeded for quota metric 'Queries'", "rateLimitExceeded", Throttled),
            (403, "Daily Limit Exceeded", "dailyLimitExceeded", Throttled),
            (403, "This project does not have the access to Custom Search JSON API.", "forbidden", Blocked),
            (
                400,
                "API key not valid. Please pass a valid API key: test-key test-engine.",
                "badRequest",
                Blocked,
            ),
            (400, "Request contains an invalid argument.", "badRequest", SourceProblem),
        ],
    )
    def test_errors(self, status: int, message: str, reason: str, problem: type[SourceProblem]) -> None:
        error = {"code": status, "message": message, "errors": [{"message": message, "reason": reason}]}
        body = json.dumps({"error": error}).encode()
        for known in (status, 400 if problem is SourceProblem else 200):
            with pytest.raises(problem) as raised:
                self.spider().parse_page(self.response(body, known), self.stream())
            assert type(raised.value) is problem
            assert reason in str(raised.value)
            assert "test-" not in str(raised.value)

    def test_a_daily_limit_is_not_waited_for(self) -> None:
        error = {
            "code": 429,
            "message": "Limit 'Queries per day'",
            "errors": [{"reason": "rateLimitExceeded"}],
        }
        assert "3600 s" in self.ending(json.dumps({"error": error}).encode(), 429)
