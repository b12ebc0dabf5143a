from __future__ import annotations

import html
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pixcrawler_spiders import yandex

from pixcrawler_core.sources import Blocked, LayoutChanged
from pixcrawler_core.testing.web.engines.yandex import Simulated
from tests.spiders.embedded import EmbeddedContract


def result(number: int, **changes: Any) -> dict[str, Any]:
    """An entity in the shape of the page's state, made up."""
    image = f"https://photos.example/{number}.jpg"
    usual = {
        "id": f"abc{number}",
        "pos": number,
        "origUrl": image,
        "origWidth": 800,
        "origHeight": 600,
        "image": f"//thumbs.example/i?id={number}",
        "alt": "A red panda",
        "gifLabel": False,
        "freshnessCounter": "",
        "snippet": {
            "title": f"Panda <b>{number}</b>",
            "text": "Of pandas &amp; trees",
            "url": f"https://zoo.example/{number}",
            "domain": "zoo.example",
        },
        "viewerData": {
            "dups": [{"url": image, "w": 800, "h": 600, "fileSizeInBytes": 12345}],
            "preview": [{"url": "https://copies.example/2.jpg", "w": 400, "h": 300}],
            "thumb": {"url": "//thumbs.example/t"},
        },
    }
    return {**usual, **changes}


def page_of(*rows: Any) -> bytes:
    """The results of a page as the tests write them: a list."""
    return json.dumps({"rows": list(rows)}).encode()


def state(entities: Any, keys: Any = None) -> str:
    """The attribute with a state."""
    items = {"entities": entities} | ({} if keys is None else {"keys": keys})
    whole = {"location": "/images/search/", "initialState": {"serpList": {"items": items}}}
    return f'<div class="Root" data-state="{html.escape(json.dumps(whole))}"></div>'


def bem(item: dict[str, Any]) -> str:
    """A result of the older layout."""
    attribute = html.escape(json.dumps({"serp-item": item}))
    return f'<div class="serp-item serp-item_type_search" data-bem="{attribute}"></div>'


class TestYandex(EmbeddedContract):
    component = next(yandex.register_sources())
    options = {"accept_terms": True}  # noqa: RUF012  # as the contract has it
    page = page_of(*(result(number) for number in range(3)))
    results = ("rows",)
    simulated = Simulated

    def wrap(self, body: bytes) -> bytes:
        try:
            rows = json.loads(body)["rows"]
        except (ValueError, TypeError, KeyError, IndexError, RecursionError):
            return b'<div data-state="serpList ' + html.escape(body.decode("latin-1")).encode() + b'"></div>'
        if not isinstance(rows, list):
            return state(rows).encode("utf-8", "surrogatepass")
        entities = {f"key{place}": row for place, row in enumerate(rows)}
        return f"<!doctype html><body>{state(entities, list(entities))}</body>".encode(
            "utf-8", "surrogatepass"
        )

    def one(self, **changes: Any) -> Any:
        (candidate,) = self.parse(page_of(result(1, **changes))).candidates
        return candidate

    def test_fields(self) -> None:
        found = self.one()
        assert found.image_url == "https://photos.example/1.jpg"
        assert found.thumbnail_url == "https://thumbs.example/i?id=1"
        assert (found.width, found.height, found.filesize_bytes) == (800, 600, 12345)
        assert (found.title, found.alt) == ("Panda 1", "A red panda")
        assert (found.page_url, found.site) == ("https://zoo.example/1", "zoo.example")
        assert (found.engine_id, found.format) == ("abc1", None)

    def test_the_largest_copy_without_an_original(self) -> None:
        found = self.one(origUrl=None, origWidth=None, origHeight=None)
        assert (found.image_url, found.width) == ("https://photos.example/1.jpg", 800)
        origin = {"url": "https://origin.example/1.png", "w": "2000", "h": 1000, "fileSizeInBytes": 9}
        viewer = {
            "dups": [],
            "preview": [{"url": "//copies.example/1", "w": 9, "h": 9, "origin": origin}],
            "thumb": {"url": "//thumbs.example/t"},
            "snippet": {"title": "Other", "url": "https://zoo.example/other"},
        }
        found = self.one(
            origUrl="",
            origWidth=0,
            origHeight="-",
            viewerData=viewer,
            snippet=None,
            image=None,
            gifLabel=True,
        )
        assert (found.image_url, found.width, found.height) == ("https://origin.example/1.png", 2000, 1000)
        assert (found.filesize_bytes, found.format) == (9, "gif")
        assert found.thumbnail_url == "https://thumbs.example/t"
        assert (found.title, found.page_url, found.site) == (
            "Other",
            "https://zoo.example/other",
            "zoo.example",
        )

    def test_the_order(self) -> None:
        rows = {f"k{number}": result(number) for number in (3, 1, 2)}
        by_place = self.parse(state(rows).encode()).candidates
        assert [each.engine_id for each in by_place] == ["abc1", "abc2", "abc3"]
        by_key = self.parse(state(rows, ["k2", "gone", 7, "k3"]).encode()).candidates
        assert [each.engine_id for each in by_key] == ["abc2", "abc3", "abc1"]

    def test_the_older_layout(self) -> None:
        item = {
            "id": "old",
            "pos": 0,
            "img_href": "https://photos.example/small.jpg",
            "preview": [{"url": "https://photos.example/big.jpg", "w": 900, "h": 700, "fileSizeInBytes": 5}],
            "dups": [],
            "thumb": {"url": "//thumbs.example/o", "size": {"width": 10, "height": 10}},
            "snippet": {
                "title": "Old",
                "text": "text",
                "url": "https://zoo.example/",
                "domain": "zoo.example",
            },
        }
        body = (
            bem(item) + bem({**item, "preview": [], "id": "other"}) + bem({}) + '<p data-bem="serp-item {">'
        )
        first, second = self.parse(f"<html>{body}</html>".encode()).candidates
        assert (first.image_url, first.width, first.filesize_bytes) == (
            "https://photos.example/big.jpg",
            900,
            5,
        )
        assert (first.title, first.alt, first.thumbnail_url) == ("Old", "text", "https://thumbs.example/o")
        assert (second.image_url, second.width) == ("https://photos.example/small.jpg", None)

    @pytest.mark.parametrize(("following", "done"), [("/images/search?p=1", False), ("", True), (None, True)])
    def test_the_json_form(self, following: str | None, done: bool) -> None:
        blocks = [None, {"html": state({"a": result(1)}), "params": {"nextPageUrl": following}}, {"html": 7}]
        body = json.dumps({"blocks": blocks}).encode()
        page = self.spider().parse_page(self.plain(body), self.stream())
        assert ([each.engine_id for each in page.candidates], page.done) == (["abc1"], done)

    def plain(self, body: bytes) -> Any:
        return super(EmbeddedContract, self).response(body)

    def test_json_that_is_no_page(self) -> None:
        for body in (b'{"type": "captcha", "captcha": {}}', b"{"):
            with pytest.raises((Blocked, LayoutChanged)):
                self.spider().parse_page(self.plain(body), self.stream())
        with pytest.raises(Blocked, match="Yandex captcha"):
            self.spider().parse_page(self.plain(b'{"type": "captcha"}'), self.stream())
        with pytest.raises(LayoutChanged):
            self.spider().parse_page(self.plain(b'{"blocks": 7}'), self.stream())
        empty = self.spider().parse_page(self.plain(b'{"blocks": [{"html": ""}]}'), self.stream())
        assert (list(empty.candidates), empty.done) == ([], True)

    def test_no_results(self) -> None:
        for body in (state({}), "<html><div class='EmptySearchResults'></div></html>"):
            page = self.parse(body.encode())
            assert (list(page.candidates), page.done) == ([], True)
        with pytest.raises(LayoutChanged, match="none of 2 results"):
            self.parse(state({"a": {}, "b": {"origUrl": "ftp://x"}}).encode())

    def test_refusals(self) -> None:
        with pytest.raises(Blocked):
            self.spider().parse_page(self.response(b"<p>", x_yandex_captcha="captcha"), self.stream())
        with pytest.raises(Blocked):
            self.parse(b"<html><form action='/checkcaptcha'></form></html>")

    def test_a_page_that_repeats_itself_is_the_last(self) -> None:
        stream = self.stream()
        first = self.spider().parse_page(self.response(self.page), stream)
        stream.page, stream.cursor = 2, json.loads(json.dumps(first.cursor))
        again = self.spider().parse_page(self.response(self.page), stream)
        assert (first.done, again.done) == (False, True)

    def test_the_request(self) -> None:
        spider, stream = self.spider(), self.stream()
        spider.options = yandex.YandexOptions(site="zoo.example", region=84)
        stream.page = 3
        request = spider.page_request(stream)
        assert request.url.startswith("https://yandex.com/images/search?text=")
        asked = self.parameters(request)
        assert (asked["text"], asked["p"], asked["site"], asked["lr"]) == (
            self.query,
            "2",
            "zoo.example",
            "84",
        )
        assert "isize" not in asked
        assert request.cookies == {"yp": "2145916800.sp.family%3A1"}

    @pytest.mark.parametrize(
        ("filters", "expected"),
        [
            ({"size": "wallpaper"}, {"isize": "wallpaper"}),
            ({"color": "monochrome"}, {"icolor": "gray"}),
            ({"color": "purple"}, {"icolor": "violet"}),
            ({"color": "pink"}, {}),
            ({"type": "face"}, {"type": "face"}),
            ({"type": "animated"}, {"itype": "gifan"}),
            ({"type": "transparent"}, {}),
            ({"aspect": "tall"}, {"iorient": "vertical"}),
            ({"since": datetime.now(UTC).date() - timedelta(days=3)}, {"recent": "7D"}),
            ({"since": "2001-01-01"}, {}),
        ],
    )
    def test_filters(self, filters: dict[str, Any], expected: dict[str, str]) -> None:
        asked = self.parameters(self.filtered(**filters).page_request(self.stream()))
        assert {name: asked[name] for name in asked if name not in ("text", "p", "uinfo")} == expected

    @pytest.mark.parametrize(("level", "code"), [("off", 0), ("moderate", 1), ("strict", 2)])
    def test_the_family_filter(self, level: str, code: int) -> None:
        request = self.filtered(safe_search=level).page_request(self.stream())
        assert request.cookies == {"yp": f"2145916800.sp.family%3A{code}"}
