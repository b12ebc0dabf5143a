from __future__ import annotations

import json
from typing import Any

import pytest
from pixcrawler_spiders import brave

from pixcrawler_core.sources import Blocked, LayoutChanged
from pixcrawler_core.testing.web.engines.brave import Simulated
from tests.spiders.embedded import EmbeddedContract

LITERAL = r"""<!doctype html><script>
  kit.start(app, element, {
    node_ids: [0, 19],
    data: [{type:"data",data:{theme:void 0,list:[1,void 0,2,]},uses:{}},{type:"data",data:{noResults:!1,body:{
      type:"images",response:{results:[
        {title:"It\u0027s \x3Cb>one\x3C/b> & \"two\"",url:"https:\/\/zoo.example\/1",source:void 0,
         description:null,
         thumbnail:{src:"https://thumbs.example/1",logo:!1},properties:{url:'https://photos.example/1.jpg?a=1&b=2',
         width:8e2,height:0x258,placeholder:void 0,format:"jpeg"}, date: new Date(1700000000000)},
        {title:void 0,properties:{url:"https://photos.example/2.jpg",},},
        {title:"no image",properties:void 0},
      ]}}},uses:{search_params:["q"],route:1,url:1}}],
    form: null,
    error: null
  });
</script>"""


def result(number: int, **changes: Any) -> dict[str, Any]:
    """A row in the shape of the page's data, made up."""
    usual = {
        "title": f"Panda {number}",
        "url": f"https://zoo.example/{number}",
        "source": "zoo.example",
        "description": "Of pandas",
        "page_age": "2024-02-03T00:00:00",
        "thumbnail": {"src": f"https://thumbs.example/{number}"},
        "properties": {
            "url": f"https://photos.example/{number}.jpg",
            "width": 800,
            "height": 600,
            "format": "jpeg",
            "content_size": "12.5kB",
        },
    }
    return {**usual, **changes}


def page_of(*rows: Any) -> bytes:
    """The results of a page."""
    return json.dumps({"results": list(rows)}).encode()


class TestBrave(EmbeddedContract):
    component = next(brave.register_sources())
    options = {"accept_terms": True}  # noqa: RUF012  # as the contract has it
    page = page_of(*(result(number) for number in range(3)))
    results = ("results",)
    simulated = Simulated
    has, gives = 120, 100

    def wrap(self, body: bytes) -> bytes:
        head = b'<!doctype html><script>kit.start(app, element, {data: [{type:"data",data:null},'
        return head + b'{type:"data",data:{body:{response:' + body + b"}}}],form:null});</script>"

    def test_it_asks_on_the_web_for_page_after_page(self) -> None:
        """It has one page only."""
        assert self.parse(self.page).done

    def one(self, **changes: Any) -> Any:
        (candidate,) = self.parse(page_of(result(1, **changes))).candidates
        return candidate

    def test_fields(self) -> None:
        found = self.one()
        assert found.image_url == "https://photos.example/1.jpg"
        assert found.thumbnail_url == "https://thumbs.example/1"
        assert (found.width, found.height, found.format) == (800, 600, "jpeg")
        assert (found.filesize_bytes, found.date) == (12500, "2024-02-03T00:00:00")
        assert (found.title, found.alt, found.site) == ("Panda 1", "Of pandas", "zoo.example")
        assert found.page_url == "https://zoo.example/1"

    def test_a_javascript_literal(self) -> None:
        first, second = self.parse(LITERAL.encode()).candidates
        assert first.image_url == "https://photos.example/1.jpg?a=1&b=2"
        assert (first.title, first.alt, first.site) == ('It\'s one & "two"', None, "zoo.example")
        assert (first.width, first.height, first.format) == (800, 600, "jpeg")
        assert (second.title, second.width) == (None, None)

    def test_older_pages(self) -> None:
        rows = json.dumps([{"data": {}}, {"data": {"body": {"response": {"results": [result(1)]}}}}])
        whole = f"<script>\nconst data = {rows};\n</script>"
        assert len(self.parse(whole.encode()).candidates) == 1
        bare = json.dumps([{"type": "data", "data": {"response": {"results": [result(1)]}}}])
        assert len(self.parse(f"<script>x({{data: {bare}}})</script>".encode()).candidates) == 1

    def test_no_results(self) -> None:
        for body in (page_of(), b"<script>f({data: [{type:'data',data:{noResults:!0}}]})</script>"):
            page = self.parse(body)
            assert (list(page.candidates), page.done) == ([], True)
        with pytest.raises(LayoutChanged, match="none of 2 results"):
            self.parse(page_of({}, result(1, properties={"url": "javascript:x"})))

    def test_refusals(self) -> None:
        with pytest.raises(Blocked, match="captcha"):
            self.parse(b"<html><title>PoW Captcha</title></html>")
        assert self.ending(b"<html></html>", 429, Retry_After="86400").startswith("throttled: ")

    def test_the_request(self) -> None:
        request = self.spider().page_request(self.stream())
        assert request.url.startswith("https://search.brave.com/images?q=")
        assert self.parameters(request) == {"q": self.query, "source": "web", "spellcheck": "0"}
        assert request.headers[b"Accept-Encoding"] == b"gzip, deflate"
        assert request.cookies == {
            "safesearch": "moderate",
            "country": "all",
            "useLocation": "0",
            "summarizer": "0",
            "ui_lang": "en-us",
        }
        spider = self.spider()
        spider.options = brave.BraveOptions(spellcheck=True)
        assert self.parameters(spider.page_request(self.stream()))["spellcheck"] == "1"

    @pytest.mark.parametrize("level", ["off", "moderate", "strict"])
    def test_filters(self, level: str) -> None:
        request = self.filtered(safe_search=level, region="de").page_request(self.stream())
        cookies: Any = request.cookies
        assert (cookies["safesearch"], cookies["country"]) == (level, "de")
