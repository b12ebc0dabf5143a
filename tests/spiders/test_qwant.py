from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pixcrawler_spiders import qwant

from pixcrawler_core.sources import Blocked, LayoutChanged, SourceProblem, Throttled
from pixcrawler_core.testing.web.engines.qwant import Simulated
from tests.spiders.embedded import ScrapedContract


def result(number: int, **changes: Any) -> dict[str, Any]:
    """A row in the shape of the interface, made up."""
    usual = {
        "title": f"Panda {number}",
        "media": f"https://photos.example/{number}.jpg",
        "thumbnail": f"https://s1.proxy.example/thumbr/th.jpg?u=https%3A%2F%2Fcopies.example%2F{number}",
        "thumb_width": 200,
        "thumb_height": 150,
        "width": "800",
        "height": 600,
        "size": "171202 B",
        "url": f"https://zoo.example/{number}",
        "b_id": f"bid{number}",
    }
    return {**usual, **changes}


def answer(*rows: Any, **changes: Any) -> bytes:
    """An answer with results."""
    result = {"total": 500, "items": list(rows), "lastPage": False} | changes
    return json.dumps({"status": "success", "data": {"query": {}, "result": result}}).encode()


def refusal(**data: Any) -> bytes:
    """An answer with an error."""
    return json.dumps({"status": "error", "data": data}).encode()


class TestQwant(ScrapedContract):
    component = next(qwant.register_sources())
    options = {"accept_terms": True}  # noqa: RUF012  # as the contract has it
    page = answer(*(result(number) for number in range(3)))
    results = ("data", "result", "items")
    simulated = Simulated

    def one(self, **changes: Any) -> Any:
        (candidate,) = self.parse(answer(result(1, **changes))).candidates
        return candidate

    def test_fields(self) -> None:
        found = self.one()
        assert found.image_url == "https://photos.example/1.jpg"
        assert found.thumbnail_url == result(1)["thumbnail"]
        assert (found.width, found.height, found.filesize_bytes) == (800, 600, 171202)
        assert (found.title, found.engine_id) == ("Panda 1", "bid1")
        assert (found.page_url, found.site) == ("https://zoo.example/1", "zoo.example")

    def test_older_answers(self) -> None:
        found = self.one(
            media=None,
            media_fullsize="//photos.example/full.jpg",
            media_preview="//photos.example/small.jpg",
            thumbnail=None,
            size=12,
            url="https://[",
        )
        assert found.image_url == "https://photos.example/full.jpg"
        assert found.thumbnail_url == "https://photos.example/small.jpg"
        assert (found.filesize_bytes, found.site) == (12, None)

    def test_no_results(self) -> None:
        page = self.parse(answer())
        assert (list(page.candidates), page.done) == ([], True)
        with pytest.raises(LayoutChanged, match="none of 3 results"):
            self.parse(answer({}, None, result(1, media="data:image/png;base64,")))

    def test_results_for_web_pages(self) -> None:
        with pytest.raises(LayoutChanged, match="a search for web pages"):
            self.parse(answer(items={"mainline": [{"type": "web"}]}))

    @pytest.mark.parametrize("code", [24, "24"])
    def test_too_many_requests(self, code: Any) -> None:
        with pytest.raises(Throttled, match="error 24: too fast"):
            self.parse(refusal(error_code=code, message=["too fast"]))

    @pytest.mark.parametrize(
        "body",
        [
            refusal(error_code=27, error_data={"captchaUrl": "https://geo.captcha.example/"}),
            b'{"url": "https://geo.captcha-delivery.example/captcha/?initialCid=1"}',
            b"<html>no</html>",
        ],
    )
    def test_refusals(self, body: bytes) -> None:
        with pytest.raises(Blocked):
            self.parse(body)

    def test_other_errors(self) -> None:
        with pytest.raises(SourceProblem, match="error 22: wrong locale") as told:
            self.parse(refusal(error_data={"error_code": 22}, message="wrong locale"))
        assert told.type is SourceProblem
        for body in (b"{}", b'{"status": "success"}', b'{"status": "success", "data": {"result": []}}'):
            with pytest.raises(LayoutChanged):
                self.parse(body)

    @pytest.mark.parametrize(("page", "last", "done"), [(1, False, False), (1, True, True), (5, False, True)])
    def test_the_last_page(self, page: int, last: bool, done: bool) -> None:
        stream = self.stream()
        stream.page = page
        body = self.response(answer(result(1), lastPage=last))
        assert self.spider().parse_page(body, stream).done is done

    def test_the_request(self) -> None:
        stream = self.stream()
        stream.page = 3
        request = self.spider().page_request(stream)
        assert request.url.startswith("https://api.qwant.com/v3/search/images?q=")
        asked = self.parameters(request)
        assert list(asked.items()) == [
            ("q", self.query),
            ("count", "50"),
            ("locale", "en_US"),
            ("offset", "100"),
            ("tgp", "1"),
            ("device", "desktop"),
            ("safesearch", "1"),
            ("displayed", "true"),
            ("llm", "true"),
        ]
        assert request.headers[b"Origin"] == b"https://www.qwant.com"
        assert request.headers[b"Referer"] == b"https://www.qwant.com/"

    @pytest.mark.parametrize(
        ("filters", "expected"),
        [
            ({"size": "wallpaper"}, {"size": "large"}),
            ({"color": "color"}, {"color": "coloronly"}),
            ({"color": "teal"}, {"color": "teal"}),
            ({"color": "transparent"}, {}),
            ({"type": "animated"}, {"imagetype": "animatedgif"}),
            ({"type": "face"}, {}),
            ({"license": "public-domain"}, {"license": "public"}),
            ({"license": "commercial-modification"}, {"license": "modifycommercially"}),
            ({"license": "any"}, {"license": "share"}),
            ({"since": datetime.now(UTC).date()}, {"freshness": "day"}),
            ({"since": datetime.now(UTC).date() - timedelta(days=20)}, {"freshness": "month"}),
            ({"since": "2001-01-01"}, {}),
            ({"safe_search": "strict"}, {"safesearch": "2"}),
            ({"safe_search": "off"}, {"safesearch": "0"}),
            ({"language": "de"}, {"locale": "de_DE"}),
            ({"language": "ja"}, {"locale": "ja_JP"}),
            ({"region": "gb"}, {"locale": "en_GB"}),
            ({"region": "fr"}, {"locale": "fr_FR"}),
            ({"language": "fr", "region": "be"}, {"locale": "fr_BE"}),
        ],
    )
    def test_filters(self, filters: dict[str, Any], expected: dict[str, str]) -> None:
        usual = self.parameters(self.spider().page_request(self.stream()))
        asked = self.parameters(self.filtered(**filters).page_request(self.stream()))
        assert dict(asked.items() - usual.items()) == expected
