from __future__ import annotations

import json
from typing import Any

import pytest
from pixcrawler_spiders import sogou

from pixcrawler_core.sources import Blocked, LayoutChanged
from pixcrawler_core.testing.web.engines.sogou import Simulated
from tests.spiders.embedded import EmbeddedContract


def result(number: int, **changes: Any) -> dict[str, Any]:
    """A row in the shape of the page's state, made up."""
    usual = {
        "title": f"Panda {number}",
        "picUrl": f"https://copies.example/{number}.jpg",
        "oriPicUrl": f"http://photos.example/{number}.jpg",
        "thumbUrl": f"https://thumbs.example/{number}",
        "url": f"https://zoo.example/{number}",
        "content_major": "Of pandas",
        "ch_site_name": "The zoo",
        "width": 800,
        "height": "600",
        "size": 12345,
    }
    return {**usual, **changes}


def page_of(*rows: Any) -> bytes:
    """The state of a page."""
    return json.dumps({"searchList": {"searchList": list(rows)}}).encode()


class TestSogou(EmbeddedContract):
    component = next(sogou.register_sources())
    options = {"accept_terms": True}  # noqa: RUF012  # as the contract has it
    page = page_of(*(result(number) for number in range(3)))
    results = ("searchList", "searchList")
    simulated = Simulated

    def wrap(self, body: bytes) -> bytes:
        script = b"window.__INITIAL_STATE__=" + body + b";(function(){var s;(s=document)}());"
        return b"<!doctype html><script>" + script + b"</script><div id='app'></div>"

    def plain(self, body: bytes) -> Any:
        return super(EmbeddedContract, self).response(body)

    def one(self, **changes: Any) -> Any:
        (candidate,) = self.parse(page_of(result(1, **changes))).candidates
        return candidate

    def test_fields(self) -> None:
        found = self.one()
        assert found.image_url == "http://photos.example/1.jpg"
        assert found.thumbnail_url == "https://thumbs.example/1"
        assert (found.width, found.height, found.filesize_bytes) == (800, 600, 12345)
        assert (found.title, found.alt, found.site) == ("Panda 1", "Of pandas", "The zoo")
        assert found.page_url == "https://zoo.example/1"

    def test_other_addresses(self) -> None:
        found = self.one(oriPicUrl="http%3A%2F%2Fphotos.example%2F1.jpg", thumbUrl=None, ch_site_name="")
        assert found.image_url == "http://photos.example/1.jpg"
        assert (found.thumbnail_url, found.site) == (None, "zoo.example")
        assert self.one(oriPicUrl="").image_url == "https://copies.example/1.jpg"

    def test_javascript_in_the_state(self) -> None:
        row = b'{picUrl:"http:\\u002F\\u002Fa.example\\u002F1",title:undefined}'
        state = b"{user:undefined,searchList:{searchList:[" + row + b"]}}"
        body = b"<script>window.__INITIAL_STATE__ = " + state + b";</script>"
        (found,) = self.parse(body).candidates
        assert (found.image_url, found.title) == ("http://a.example/1", None)

    def test_the_json_form(self) -> None:
        body = json.dumps({"status": 0, "info": "ok", "data": {"items": [result(1), None]}}).encode()
        page = self.spider().parse_page(self.plain(body), self.stream())
        assert ([each.title for each in page.candidates], page.done) == (["Panda 1"], False)
        empty = self.spider().parse_page(self.plain(b'{"status": 0, "data": {"items": []}}'), self.stream())
        assert (list(empty.candidates), empty.done) == ([], True)
        for odd in (b'{"status": 0, "data": null}', b"[]", b"{"):
            with pytest.raises(LayoutChanged):
                self.spider().parse_page(self.plain(odd), self.stream())

    def test_no_results(self) -> None:
        page = self.parse(page_of())
        assert (list(page.candidates), page.done) == ([], True)
        listed = self.parse(json.dumps({"searchList": [result(1)]}).encode())
        assert len(listed.candidates) == 1
        with pytest.raises(LayoutChanged, match="none of 2 results"):
            self.parse(page_of({}, 7))

    def test_refusals(self) -> None:
        with pytest.raises(Blocked, match="Sogou's captcha"):
            self.parse(b"<html><input id='seccodeInput'></html>")
        moved = self.response(b"<html></html>").replace(url="http://www.sogou.com/antispider/?from=x")
        with pytest.raises(Blocked):
            self.spider().parse_page(moved, self.stream())

    def test_a_page_that_repeats_itself_is_the_last(self) -> None:
        stream = self.stream()
        first = self.spider().parse_page(self.response(self.page), stream)
        stream.page, stream.cursor = 2, json.loads(json.dumps(first.cursor))
        again = self.spider().parse_page(self.response(self.page), stream)
        assert (first.done, again.done) == (False, True)

    def test_the_requests(self) -> None:
        spider, stream = self.spider(), self.stream()
        stream.page = 2
        request = spider.page_request(stream)
        assert request.url.startswith("https://pic.sogou.com/pics?query=")
        assert self.parameters(request) == {"query": self.query, "start": "48"}
        spider.options = sogou.SogouOptions(interface="json")
        request = spider.page_request(stream)
        assert request.url.startswith("https://pic.sogou.com/napi/pc/searchList?mode=1&")
        assert self.parameters(request) == {
            "mode": "1",
            "start": "48",
            "xml_len": "48",
            "query": self.query,
        }

    def test_the_simulated_json_form(self) -> None:
        spider = self.spider()
        spider.options = sogou.SogouOptions(interface="json")
        assert len(self.crawl(spider, 50)[0]) == 50
