from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pixcrawler_spiders import naver

from pixcrawler_core.sources import Blocked, LayoutChanged
from pixcrawler_core.testing.web.engines.naver import Simulated
from tests.spiders.embedded import EmbeddedContract


def result(number: int, **changes: Any) -> dict[str, Any]:
    """An item in the shape of the page's variable, made up."""
    usual = {
        "type": "image",
        "imgId": f"img{number}",
        "title": f"<mark>Panda</mark> {number}",
        "originalUrl": f"https://photos.example/{number}.jpg",
        "thumb": f"https://thumbs.example/?src=https%3A%2F%2Fphotos.example%2F{number}.jpg&type=a340",
        "viewerThumb": "https://thumbs.example/?type=w1",
        "link": f"https://blog.zoo.example/{number}",
        "source": "blog",
        "tld": "zoo.example",
        "writerTitle": "Ann Example",
        "dateInfo": "2024.02.03.",
        "orgWidth": "800",
        "orgHeight": 600,
    }
    return {**usual, **changes}


def page_of(*items: Any) -> bytes:
    """The value of the variable."""
    return json.dumps({"shopAd": {"items": None}, "content": {"items": list(items)}}).encode()


class TestNaver(EmbeddedContract):
    component = next(naver.register_sources())
    options = {"accept_terms": True}  # noqa: RUF012  # as the contract has it
    page = page_of(*(result(number) for number in range(3)))
    results = ("content", "items")
    simulated = Simulated

    def wrap(self, body: bytes) -> bytes:
        return b"<!doctype html><script>var imageSearchTabData=" + body + b"</script>"

    def one(self, **changes: Any) -> Any:
        (candidate,) = self.parse(page_of(result(1, **changes))).candidates
        return candidate

    def test_fields(self) -> None:
        found = self.one()
        assert found.image_url == "https://photos.example/1.jpg"
        assert found.thumbnail_url == result(1)["thumb"]
        assert (found.width, found.height) == (800, 600)
        assert (found.title, found.site, found.creator) == ("Panda 1", "zoo.example", "Ann Example")
        assert found.page_url == "https://blog.zoo.example/1"
        assert (found.date, found.engine_id) == ("2024.02.03.", "img1")

    def test_originals_behind_the_image_server(self) -> None:
        behind = "https://search.pstatic.net/common/?src=http%3A%2F%2Fphotos.example%2F7.jpg&type=a"
        assert self.one(originalUrl=behind).image_url == "http://photos.example/7.jpg"
        found = self.one(originalUrl=None, tld=None)
        assert (found.image_url, found.site) == ("https://photos.example/1.jpg", "blog.zoo.example")
        assert self.one(originalUrl="", viewerThumb=behind).image_url == "http://photos.example/7.jpg"
        own = "https://photos.example/resize?src=https%3A%2F%2Fother.example%2F"
        assert self.one(originalUrl=own).image_url == own

    def test_a_javascript_literal(self) -> None:
        body = b"""<script>var imageSearchTabData = {content:{url:"/p/c",items:[
            {type:"image",title:'It\\'s <mark>red<\\/mark>',originalUrl:"https:\\/\\/photos.example/1.jpg",
             orgWidth:800,orgHeight:void 0,},]},query:"\\x41"};</script>"""
        (found,) = self.parse(body).candidates
        assert (found.image_url, found.title) == ("https://photos.example/1.jpg", "It's red")
        assert (found.width, found.height) == (800, None)

    def test_advertisements_are_left_out(self) -> None:
        items = (result(1), result(2, type="shopAd"), None, result(3, type=None))
        found = self.parse(page_of(*items)).candidates
        assert [each.engine_id for each in found] == ["img1", "img3"]

    def test_no_results(self) -> None:
        for body in (page_of(), b"<html><div class='not_found02'></div></html>", page_of({"type": "shopAd"})):
            page = self.parse(body)
            assert (list(page.candidates), page.done) == ([], True)
        with pytest.raises(LayoutChanged, match="none of 2 results"):
            self.parse(page_of({}, {"type": "image", "originalUrl": 7}))
        with pytest.raises(LayoutChanged, match="neither results"):
            self.parse(b'{"content": {}}')

    def test_refusals(self) -> None:
        with pytest.raises(Blocked, match="Naver's captcha"):
            self.parse(b"<html><img id='captchaImg'></html>")

    def test_a_page_that_repeats_itself_is_the_last(self) -> None:
        stream = self.stream()
        first = self.spider().parse_page(self.response(self.page), stream)
        stream.page, stream.cursor = 2, json.loads(json.dumps(first.cursor))
        again = self.spider().parse_page(self.response(self.page), stream)
        assert (first.done, again.done) == (False, True)

    def test_the_request(self) -> None:
        stream = self.stream()
        stream.page = 3
        request = self.spider().page_request(stream)
        assert request.url.startswith("https://search.naver.com/search.naver?where=image&query=")
        assert self.parameters(request) == {"where": "image", "query": self.query, "start": "101"}

    @pytest.mark.parametrize(
        ("days", "nso"), [(0, "p:1d"), (3, "p:1w"), (20, "p:1m"), (300, "p:1y"), (900, "")]
    )
    def test_filters(self, days: int, nso: str) -> None:
        since = datetime.now(UTC).date() - timedelta(days=days)
        assert self.parameters(self.filtered(since=since).page_request(self.stream())).get("nso", "") == nso
