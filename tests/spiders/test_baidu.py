from __future__ import annotations

import json
from typing import Any

import pytest
from pixcrawler_spiders import baidu

from pixcrawler_core.crawl.plan import Page
from pixcrawler_core.sources import Blocked, LayoutChanged
from pixcrawler_core.testing.web.engines.baidu import Simulated
from tests.spiders.embedded import PLAIN, ScrapedContract

HOME = b"<!doctype html><title>Pictures</title><script src='//www.baidu.com/x.js'></script>"
CIPHERED = "ippr_z2C$qAzdH3FAzdH3Fri5p5f_z&e3Bjxw4rsjAzdH3F8_z&e3B3r2"
"""http://photos.example/1.jpg"""


def result(number: int, **changes: Any) -> dict[str, Any]:
    """A row in the shape of the interface, made up."""
    usual = {
        "adType": "0",
        "objURL": CIPHERED.replace("F8_z", f"F{'-8dn'[number]}_z"),
        "fromURL": "ippr_z2C$qAzdH3FAzdH3Ffptss_z&e3Bjxw4rsjAzdH3Frw2j",
        "fromURLHost": "still.example",
        "thumbURL": "https://img0.copies.example/thumb.jpg",
        "middleURL": "https://img0.copies.example/middle.jpg",
        "hoverURL": "",
        "replaceUrl": [
            {"ObjURL": "https://copies.example/it.jpg", "FromURL": "https://copies.example/"},
            {"ObjURL": "https://other.example/1.jpg", "FromURL": "https://other.example/page"},
        ],
        "width": 800,
        "height": 600,
        "filesize": "",
        "type": "jpg",
        "fromPageTitle": "<strong>Red panda</strong> 1",
        "fromPageTitleEnc": "Red panda 1",
        "bdImgnewsDate": "2024-03-01 08:00",
        "di": "7100000000000000001",
        "cs": "1,2",
    }
    return {**usual, **changes}


def answer(*rows: Any, **changes: Any) -> bytes:
    """An answer without its faults."""
    body = {"queryExt": "panda", "listNum": 90, "displayNum": 900, "bdFmtDispNum": "900", "data": list(rows)}
    return json.dumps({**body, **changes}).encode()


class TestBaidu(ScrapedContract):
    component = next(baidu.register_sources())
    options = {"accept_terms": True}  # noqa: RUF012  # as the contract has it
    page = answer(*(result(number) for number in range(1, 4)))
    results = ("data",)
    simulated = Simulated

    def one(self, **changes: Any) -> Any:
        (candidate,) = self.parse(answer(result(1, **changes))).candidates
        return candidate

    def test_fields(self) -> None:
        found = self.one()
        assert found.image_url == "http://photos.example/1.jpg"
        assert found.page_url == "http://still.example/page"
        assert found.thumbnail_url == "https://img0.copies.example/thumb.jpg"
        assert (found.width, found.height, found.filesize_bytes, found.format) == (800, 600, None, "jpg")
        assert (found.title, found.site) == ("Red panda 1", "still.example")
        assert (found.date, found.engine_id) == ("2024-03-01 08:00", "7100000000000000001")

    def test_addresses_without_a_cipher(self) -> None:
        found = self.one(objURL=None, fromURL=None, fromURLHost=None)
        assert found.image_url == "https://other.example/1.jpg"
        assert (found.page_url, found.site) == ("https://other.example/page", "other.example")
        assert self.one(objURL="https://plain.example/z2C.jpg").image_url == "https://plain.example/z2C.jpg"
        copy = self.one(objURL="", replaceUrl=[])
        assert (copy.image_url, copy.width) == ("https://img0.copies.example/middle.jpg", None)

    def test_values_in_other_types(self) -> None:
        found = self.one(
            width="800", filesize="12.5kB", fromPageTitleEnc=None, bdImgnewsDate="1970-01-01 08:00", di=None
        )
        assert (found.width, found.filesize_bytes, found.title) == (800, 12500, "Red panda 1")
        assert (found.date, found.engine_id) == (None, "1,2")

    def test_json_with_faults(self) -> None:
        title = "it\\'s\ta \\\\'panda\\\\'\x01\n \\d \\u0041"
        body = answer(result(1), {}).replace(b"Red panda 1", title.encode())
        assert self.parse(body).candidates[0].title == "it's a \\'panda\\' d A"

    def test_newer_answers_write_names_small(self) -> None:
        row = {"objurl": "https://photos.example/9.jpg", "thumburl": "https://t.example/9", "width": "10"}
        (found,) = self.parse(answer(data={"images": [row]})).candidates
        assert (found.image_url, found.thumbnail_url, found.width) == (
            "https://photos.example/9.jpg",
            "https://t.example/9",
            10,
        )

    def test_empty_rows_and_advertisements_are_left_out(self) -> None:
        page = self.parse(answer(result(1), {}, result(2, adType="1"), None, 7, "text"))
        assert len(page.candidates) == 1
        with pytest.raises(LayoutChanged, match="none of 1 results"):
            self.parse(answer({"di": "1"}))

    @pytest.mark.parametrize("data", [[], [{}], None, [result(1, adType="2")]])
    def test_no_results(self, data: Any) -> None:
        page = self.parse(answer(data=data))
        assert (list(page.candidates), page.done) == ([], True)

    @pytest.mark.parametrize("body", [b"{}", b'{"data": 7}', b'{"data": {"images": 7}, "listNum": 3}', b"[]"])
    def test_other_objects_are_another_layout(self, body: bytes) -> None:
        with pytest.raises(LayoutChanged):
            self.parse(body)

    @pytest.mark.parametrize(
        "body",
        [
            b'{"antiFlag": 1, "message": "Forbid spider access"}',
            b'{"antiFlag": "1"}',
            b'{"message": "Forbid spider access"}',
            "<html><title>百度安全验证</title></html>".encode(),
        ],
    )
    def test_refusals(self, body: bytes) -> None:
        with pytest.raises(Blocked):
            self.parse(body)

    def test_the_home_page_is_a_step(self) -> None:
        assert self.parse(HOME) == Page(candidates=(), cursor={"offset": 0})
        with pytest.raises(LayoutChanged):
            self.parse(PLAIN)
        stream = self.stream()
        stream.cursor = {"offset": 30}
        with pytest.raises(Blocked, match="a web page instead of results"):
            self.spider().parse_page(self.response(HOME), stream)

    @pytest.mark.parametrize(
        ("offset", "count", "done"),
        [
            (0, 90, False),
            (30, 90, False),
            (60, 90, True),
            (0, None, False),
            (960, 5000, False),
            (970, 0, True),
        ],
    )
    def test_paging(self, offset: int, count: int | None, done: bool) -> None:
        stream = self.stream()
        stream.cursor = {"offset": offset}
        page = self.spider().parse_page(self.response(answer(result(1), listNum=count)), stream)
        assert (page.cursor, page.done) == ({"offset": offset + 30}, done)

    def test_the_requests(self) -> None:
        spider, stream = self.spider(), self.stream()
        home = spider.page_request(stream)
        assert (home.url, home.headers[b"Accept-Language"]) == (
            "https://image.baidu.com/",
            b"zh-CN,zh;q=0.9",
        )
        stream.cursor = {"offset": 30}
        request = spider.page_request(stream)
        assert request.url.startswith("https://image.baidu.com/search/acjson?tn=resultjson_com&ipn=rj&")
        asked = self.parameters(request)
        assert (asked["word"], asked["queryWord"]) == (self.query, self.query)
        told = {name: asked[name] for name in ("pn", "rn", "gsm", "z", "ic")}
        assert told == {"pn": "30", "rn": "30", "gsm": "1e", "z": "", "ic": "0"}
        referer = request.headers[b"Referer"]
        assert referer is not None
        assert referer.startswith(b"https://image.baidu.com/search/index?tn=baiduimage&")

    @pytest.mark.parametrize(
        ("filters", "expected"),
        [
            ({"size": "small"}, {"z": "1"}),
            ({"size": "wallpaper"}, {"z": "9"}),
            ({"color": "teal"}, {"ic": "8"}),
            ({"color": "monochrome"}, {"ic": "2048"}),
            ({"color": "gray"}, {"ic": "0"}),
            ({"type": "face"}, {"face": "1"}),
            ({"type": "clipart"}, {"st": "1"}),
            ({"type": "lineart"}, {"st": "2"}),
            ({"type": "animated"}, {"lm": "6"}),
            ({"type": "photo"}, {"lm": "-1", "st": "-1", "face": "0"}),
        ],
    )
    def test_filters(self, filters: dict[str, str], expected: dict[str, str]) -> None:
        stream = self.stream()
        stream.cursor = {"offset": 0}
        asked = self.parameters(self.filtered(**filters).page_request(stream))
        assert {name: asked[name] for name in expected} == expected

    def test_options(self) -> None:
        spider, stream = self.spider(), self.stream()
        spider.options = baidu.BaiduOptions(hd=True, latest=True, page_size=60)
        stream.cursor = {"offset": 0}
        asked = self.parameters(spider.page_request(stream))
        assert (asked["hd"], asked["latest"], asked["rn"]) == ("1", "1", "60")
