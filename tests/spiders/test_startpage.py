from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pixcrawler_spiders import startpage

from pixcrawler_core.crawl.plan import Page
from pixcrawler_core.sources import Blocked, LayoutChanged
from pixcrawler_core.testing.web.engines.startpage import Simulated
from tests.spiders.embedded import EmbeddedContract

HOME = b"<html><form id='search'><input type='hidden' name='sc' value='token20'></form></html>"
PROXIED = "/av/proxy-image?piurl=https%3A%2F%2Fphotos.example%2F1.jpg%3Fa%3D1%26b%3D2&sp=167"


def result(number: int, **changes: Any) -> dict[str, Any]:
    """A row in the shape of the component's properties, made up."""
    usual = {
        "title": f"\ue000Panda\ue001 {number}",
        "altClickUrl": f"https://zoo.example/{number}",
        "rawImageUrl": f"https://photos.example/{number}.jpg",
        "clickUrl": PROXIED,
        "thumbnailUrl": "/av/proxy-image?piurl=https%3A%2F%2Fthumbs.example%2Fth%3Fid%3D1&sp=167",
        "thumbnailWidth": 200,
        "thumbnailHeight": 150,
        "width": "800",
        "height": 600,
        "filesize": "233.5kB",
        "format": "jpeg",
    }
    return {**usual, **changes}


def page_of(*rows: Any, pages: Any = ..., **render: Any) -> bytes:
    """The properties of the component."""
    blocks = [
        {"display_type": "ads", "results": [{"title": "Buy"}]},
        {"display_type": "images-bing", "results": list(rows)},
        {"display_type": "aylf-bing-images", "results": [{"title": "Related"}]},
    ]
    presenter: dict[str, Any] = {"regions": {"mainline": blocks}}
    if pages is not ...:
        presenter["pagination"] = {"pages": pages}
    return json.dumps({"render": {"search_sc": "next20", "presenter": presenter, **render}}).encode()


class TestStartpage(EmbeddedContract):
    component = next(startpage.register_sources())
    options = {"accept_terms": True}  # noqa: RUF012  # as the contract has it
    page = page_of(*(result(number) for number in range(3)))
    results = ("render", "presenter", "regions", "mainline", 1, "results")  # type: ignore[assignment]  # a place
    simulated = Simulated

    def wrap(self, body: bytes) -> bytes:
        script = b"ReactDOM.hydrate(React.createElement(UIStartpage.AppSerpImages, " + body + b"), root);"
        return b"<!doctype html><body><div id='root'></div><script>" + script + b"</script></body>"

    def one(self, **changes: Any) -> Any:
        (candidate,) = self.parse(page_of(result(1, **changes))).candidates
        return candidate

    def test_fields(self) -> None:
        found = self.one()
        assert found.image_url == "https://photos.example/1.jpg"
        assert found.thumbnail_url == "https://thumbs.example/th?id=1"
        assert (found.width, found.height, found.filesize_bytes, found.format) == (800, 600, 233500, "jpeg")
        assert (found.title, found.site) == ("Panda 1", "zoo.example")
        assert found.page_url == "https://zoo.example/1"

    def test_the_proxy_is_left_out(self) -> None:
        found = self.one(rawImageUrl=None, format="unknown")
        assert (found.image_url, found.format) == ("https://photos.example/1.jpg?a=1&b=2", None)
        whole = f"https://www.startpage.com{PROXIED}"
        assert self.one(rawImageUrl="", clickUrl=whole).image_url == "https://photos.example/1.jpg?a=1&b=2"
        direct = self.one(rawImageUrl="", clickUrl="https://photos.example/9.jpg")
        assert direct.image_url == "https://photos.example/9.jpg"
        other = self.one(thumbnailUrl="/thumb/1", altClickUrl="https://[")
        assert (other.thumbnail_url, other.page_url) == ("https://www.startpage.com/thumb/1", None)
        with pytest.raises(LayoutChanged, match="none of 1 results"):
            self.parse(page_of(result(1, rawImageUrl=None, clickUrl="/av/proxy-image?sp=1")))

    def test_no_results(self) -> None:
        page = self.parse(page_of())
        assert (list(page.candidates), page.done) == ([], True)

    def test_the_home_page_is_a_step(self) -> None:
        assert self.parse(HOME) == Page(candidates=(), cursor={"sc": "token20", "page": 1})
        stream = self.stream()
        stream.cursor = {"sc": "token20", "page": 1}
        with pytest.raises(LayoutChanged):
            self.spider().parse_page(self.response(HOME), stream)

    @pytest.mark.parametrize(
        "body",
        [
            b"<html><form action='/sp/captcha'></form></html>",
            b"<html><title>Access Denied - Startpage</title></html>",
            b"<html><script id='anubis_challenge' type='application/json'>{}</script></html>",
            b'<html><script>var data = {"query":"x","sgt":"y"};</script></html>',
        ],
    )
    def test_refusals(self, body: bytes) -> None:
        with pytest.raises(Blocked, match="in the place of an answer"):
            self.parse(body)

    @pytest.mark.parametrize(
        ("page", "pages", "done"),
        [
            (1, ..., False),
            (1, [{"name": "Next", "url": "/sp/search?page=2"}], False),
            (1, [{"nextPrev": True, "number": 2}], False),
            (2, [{"name": "1", "number": 1}, {"name": "2", "number": 2}], True),
            (1, [None, 7], True),
            (20, [{"name": "Next"}], True),
        ],
    )
    def test_paging(self, page: int, pages: Any, done: bool) -> None:
        stream = self.stream()
        stream.cursor = {"sc": "token20", "page": page}
        found = self.spider().parse_page(self.response(page_of(result(1), pages=pages)), stream)
        assert (found.cursor, found.done) == ({"sc": "next20", "page": page + 1}, done)
        old = self.spider().parse_page(self.response(page_of(result(1), search_sc=None)), stream)
        assert old.cursor["sc"] == "token20"

    def test_the_requests(self) -> None:
        spider, stream = self.spider(), self.stream()
        home = spider.page_request(stream)
        assert (home.method, home.url) == ("GET", "https://www.startpage.com/")
        stream.page, stream.cursor = 3, {"sc": "token20", "page": 2}
        request = spider.page_request(stream)
        assert (request.method, request.url) == ("POST", "https://www.startpage.com/sp/search")
        assert self.parameters(request) == {
            "query": self.query,
            "cat": "images",
            "t": "device",
            "sc": "token20",
            "abd": "1",
            "abe": "1",
            "qsr": "all",
            "qadf": "moderate",
            "with_date": "",
            "language": "english",
            "lui": "english",
            "page": "2",
            "segment": "startpage.udog",
        }
        assert request.headers[b"Origin"] == b"https://www.startpage.com"
        cookies: Any = request.cookies
        assert "disable_family_filterEEE0N1N" in cookies["preferences"]
        stream.question = type(stream.question)(category="", engine="startpage", query="half \ud800")
        assert self.parameters(spider.page_request(stream))["query"] == "half ?"

    @pytest.mark.parametrize(
        ("filters", "expected"),
        [
            ({"size": "wallpaper"}, {"flimgsize": "Wallpaper"}),
            ({"color": "monochrome"}, {"flimgcolor": "ic:gray"}),
            ({"color": "teal"}, {"flimgcolor": "ic:specific,isc:teal"}),
            ({"type": "lineart"}, {"flimgtype": "Line"}),
            ({"type": "face"}, {}),
            ({"license": "public-domain"}, {"flimglicense": "p"}),
            ({"license": "commercial-modification"}, {"flimglicense": "mc"}),
            ({"since": datetime.now(UTC).date() - timedelta(days=3)}, {"with_date": "w"}),
            ({"since": "2001-01-01"}, {}),
            ({"safe_search": "strict"}, {"qadf": "heavy"}),
            ({"language": "fr"}, {"language": "francais"}),
            ({"region": "gb"}, {"qsr": "en-GB_GB"}),
        ],
    )
    def test_filters(self, filters: dict[str, Any], expected: dict[str, str]) -> None:
        stream = self.stream()
        stream.cursor = {"sc": "token20", "page": 1}
        usual = self.parameters(self.spider().page_request(stream))
        asked = self.parameters(self.filtered(**filters).page_request(stream))
        assert dict(asked.items() - usual.items()) == expected

    def test_settings(self) -> None:
        spider = self.filtered(safe_search="off", language="de", region="at")
        cookies: Any = spider.page_request(self.stream()).cookies
        told = dict(each.split("EEE") for each in cookies["preferences"].split("N1N"))
        assert (told["disable_family_filter"], told["language"]) == ("1", "deutsch")
        assert told["search_results_region"] == "de_AT"
