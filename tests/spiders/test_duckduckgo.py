from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from pixcrawler_spiders import duckduckgo
from scrapy.http import HtmlResponse, TextResponse

from pixcrawler_core.sources import Blocked, LayoutChanged, SourceProblem
from pixcrawler_core.testing.sources import SourceContract
from pixcrawler_core.testing.web import SimulatedWeb
from tests.spiders.scraped_pages import TERMS, asked, fetched, spider_of, stream_of, walk

SOURCE = next(duckduckgo.register_sources())
TOKEN = "4-" + "12345678901234567890" * 2
HOME = (
    f'<!DOCTYPE html><html><title>panda at DuckDuckGo</title><script>fq=0;vqd="{TOKEN}";x=1</script></html>'
)


def result(number: int, **changes: Any) -> dict[str, Any]:
    """A result in the shape of `i.js`, made up."""
    usual = {
        "height": 600,
        "image": f"https://images.example/{number}.jpg",
        "source": "Bing",
        "thumbnail": f"https://thumbs.example/th?id=OIP.{number}&pid=Api",
        "title": f"Panda &amp; <b>friend</b> {number}",
        "url": f"https://pages.example/{number}",
        "width": 800,
    }
    return {**usual, **changes}


def answer(*results: Any, **changes: Any) -> bytes:
    """A page of results."""
    usual = {
        "ads": None,
        "next": "i.js?q=red%20panda&o=json&p=-1&s=100&u=bing&f=,,,,,&l=us-en",
        "query": "red panda",
        "queryEncoded": "red%20panda",
        "response_type": "places",
        "results": list(results),
        "vqd": {"red panda": TOKEN},
    }
    return json.dumps({**usual, **changes}).encode()


class TestDuckDuckGo(SourceContract):
    component = SOURCE
    page = answer(*(result(number) for number in range(3)))
    results = ("results",)
    options = TERMS

    def test_fields(self) -> None:
        found = self.parse(self.page).candidates[1]
        assert found.image_url == "https://images.example/1.jpg"
        assert found.thumbnail_url == "https://thumbs.example/th?id=OIP.1&pid=Api"
        assert (found.width, found.height) == (800, 600)
        assert found.title == "Panda & friend 1"
        assert found.page_url == "https://pages.example/1"
        assert found.extra == {"found_by": "Bing"}

    def test_results_without_an_image_are_left_out(self) -> None:
        odd: list[Any] = [
            None,
            7,
            "x",
            [],
            {},
            result(2, image=None),
            result(3, image="data:image/gif;base64,"),
        ]
        assert len(self.parse(answer(*odd, result(4))).candidates) == 1
        with pytest.raises(LayoutChanged, match="none of 7 results"):
            self.parse(answer(*odd))

    def test_no_results(self) -> None:
        """`next` stands in the answer even then."""
        page = self.parse(answer())
        assert (list(page.candidates), page.done) == ([], True)

    def test_another_object(self) -> None:
        with pytest.raises(LayoutChanged, match="no list of results"):
            self.parse(b'{"unexpected": []}')


def home(body: str, url: str = "https://duckduckgo.com/", status: int = 200) -> HtmlResponse:
    return HtmlResponse(url, body=body.encode(), encoding="utf-8", status=status)


def parse(response: TextResponse, cursor: Any = None, page: int = 1) -> Any:
    return spider_of(SOURCE, TERMS).parse_page(response, stream_of("duckduckgo", page=page, cursor=cursor))


class TestToken:
    @pytest.mark.parametrize("written", ['vqd="{}"', "vqd='{}'", "x&vqd={}&p_ent=", 'vqd="{}";rpl=1'])
    def test_the_page_with_the_token_is_a_step(self, written: str) -> None:
        page = parse(home(f"<html><script>{written.format(TOKEN)}</script>"))
        assert (list(page.candidates), page.done, page.cursor["vqd"]) == ([], False, TOKEN)
        assert abs(page.cursor["at"] - time.time()) < 10

    def test_a_page_without_a_token_is_a_refusal(self) -> None:
        with pytest.raises(Blocked, match="without a token"):
            parse(home("<html><title>DuckDuckGo</title></html>"))

    def test_a_page_of_someone_else_is_a_new_layout(self) -> None:
        with pytest.raises(LayoutChanged):
            parse(home("<html><title>x</title></html>"))

    @pytest.mark.parametrize(
        "body",
        [
            "<form id='challenge-form'>",
            "<form action='//duckduckgo.com/anomaly.js'>",
            "<p>bots use DuckDuckGo too",
        ],
    )
    def test_a_challenge(self, body: str) -> None:
        for url in ("https://duckduckgo.com/", "https://duckduckgo.com/i.js?q=x"):
            with pytest.raises(Blocked, match="a DuckDuckGo challenge"):
                parse(home(f"<html>{body}", url))

    def test_status_202_is_a_challenge(self) -> None:
        with pytest.raises(Blocked, match=r"HTTP 202 from https://duckduckgo\.com/,"):
            parse(home("", "https://duckduckgo.com/?q=x", 202))

    def test_a_page_in_the_place_of_results_is_a_refusal(self) -> None:
        """Even with a token: asking for it again and again would never end."""
        with pytest.raises(Blocked, match=r"from https://duckduckgo.com/i\.js$"):
            parse(home(HOME, "https://duckduckgo.com/i.js?vqd=1"), {"vqd": TOKEN})

    def test_an_old_token_is_asked_for_again(self) -> None:
        """A later run goes on where the earlier one stopped, with a new token."""
        old = {"vqd": "4-1", "at": int(time.time()) - 4000, "next": "i.js?q=red%20panda&s=300", "seen": [7]}
        assert asked(SOURCE, stream_of("duckduckgo", page=4, cursor=old)).url.startswith(
            "https://duckduckgo.com/?q="
        )
        step = parse(home(HOME), old, 4)
        assert not step.done
        request = asked(SOURCE, stream_of("duckduckgo", page=5, cursor=step.cursor))
        assert request.url == f"https://duckduckgo.com/i.js?q=red+panda&s=300&vqd={TOKEN}"


class TestPaging:
    def fresh(self, **more: Any) -> dict[str, Any]:
        return {"vqd": TOKEN, "at": int(time.time())} | more

    def test_three_requests(self) -> None:
        first = asked(SOURCE, stream_of("duckduckgo", 'pandas & "bär"'))
        parts = urlsplit(first.url)
        assert f"{parts.scheme}://{parts.netloc}{parts.path}" == "https://duckduckgo.com/"
        assert parse_qs(parts.query) == {"q": ['pandas & "bär"'], "iar": ["images"], "t": ["h_"]}
        second = asked(SOURCE, stream_of("duckduckgo", page=2, cursor=self.fresh()))
        assert second.url == (
            f"https://duckduckgo.com/i.js?q=red+panda&o=json&u=bing&l=wt-wt&p=-1&f=,,,,,&vqd={TOKEN}"
        )
        assert second.headers["Referer"] == b"https://duckduckgo.com/"
        response = TextResponse(second.url, body=answer(result(1)))
        page = parse(response, self.fresh(), 2)
        third = asked(SOURCE, stream_of("duckduckgo", page=3, cursor=page.cursor))
        assert third.url == (
            f"https://duckduckgo.com/i.js?q=red+panda&o=json&p=-1&s=100&u=bing&f=,,,,,&l=us-en&vqd={TOKEN}"
        )

    def test_next_never_leads_elsewhere(self) -> None:
        cursor = self.fresh(next="https://evil.example/i.js?q=x&s=100")
        url = asked(SOURCE, stream_of("duckduckgo", page=2, cursor=cursor)).url
        assert url == f"https://duckduckgo.com/i.js?q=x&s=100&vqd={TOKEN}"

    def test_the_token_of_the_answer_is_taken(self) -> None:
        body = answer(result(1), vqd={"other": None, "red panda": "4-99999"})
        assert (
            parse(TextResponse("https://duckduckgo.com/i.js", body=body), self.fresh()).cursor["vqd"]
            == "4-99999"
        )
        body = answer(result(1), vqd=None)
        assert (
            parse(TextResponse("https://duckduckgo.com/i.js", body=body), self.fresh()).cursor["vqd"] == TOKEN
        )

    def test_the_end(self) -> None:
        url = "https://duckduckgo.com/i.js"
        assert parse(TextResponse(url, body=answer(result(1), next=None))).done
        first = parse(TextResponse(url, body=answer(result(1), result(2))))
        again = parse(TextResponse(url, body=answer(result(2))), first.cursor, 2)
        assert (first.done, again.done) == (False, True)

    @pytest.mark.parametrize("cursor", [7, "x", [], {"vqd": None}, {"vqd": TOKEN, "at": "x"}, {"vqd": TOKEN}])
    def test_odd_cursors_begin_anew(self, cursor: Any) -> None:
        assert asked(SOURCE, stream_of("duckduckgo", cursor=cursor)).url.startswith(
            "https://duckduckgo.com/?q="
        )


class TestFilters:
    @pytest.mark.parametrize(
        ("filters", "slots"),
        [
            ({"size": "wallpaper"}, ",size:Wallpaper,,,,"),
            ({"color": "monochrome"}, ",,color:Monochrome,,,"),
            ({"color": "color"}, ",,color:color,,,"),
            ({"color": "teal"}, ",,color:Teal,,,"),
            ({"color": "transparent"}, ",,,type:transparent,,"),
            ({"type": "animated"}, ",,,type:gif,,"),
            ({"type": "lineart"}, ",,,type:line,,"),
            ({"type": "face"}, ",,,,,"),
            ({"aspect": "square"}, ",,,,layout:Square,"),
            ({"license": "any"}, ",,,,,license:Any"),
            ({"license": "public-domain"}, ",,,,,license:Public"),
            ({"license": "commercial"}, ",,,,,license:ShareCommercially"),
            ({"license": "modification"}, ",,,,,license:Modify"),
            ({"license": "commercial-modification"}, ",,,,,license:ModifyCommercially"),
        ],
    )
    def test_slots(self, filters: dict[str, Any], slots: str) -> None:
        assert self.told(**filters)["f"] == [slots]

    @pytest.mark.parametrize(("days", "word"), [(0, "Day"), (3, "Week"), (20, "Month"), (99, "Year")])
    def test_since(self, days: int, word: str) -> None:
        day = datetime.now(UTC).date() - timedelta(days=days)
        assert self.told(since=day)["f"] == [f"time:{word},,,,,"]

    @pytest.mark.parametrize(("how", "value"), [("strict", "1"), ("moderate", "-1"), ("off", "-2")])
    def test_safe_search(self, how: str, value: str) -> None:
        assert self.told(safe_search=how)["p"] == [value]

    @pytest.mark.parametrize(
        ("region", "language", "name"),
        [
            (None, None, "wt-wt"),
            ("gb", None, "uk-en"),
            ("ch", None, "ch-de"),
            ("ch", "fr", "ch-fr"),
            ("ch", "en", "ch-de"),
            (None, "ja", "jp-jp"),
            (None, "xx", "wt-wt"),
            ("aq", "de", "wt-wt"),
        ],
    )
    def test_regions(self, region: str | None, language: str | None, name: str) -> None:
        assert self.told(region=region, language=language)["l"] == [name]

    def told(self, **filters: Any) -> dict[str, list[str]]:
        stream = stream_of("duckduckgo", page=2, cursor={"vqd": TOKEN, "at": int(time.time())})
        return parse_qs(urlsplit(asked(SOURCE, stream, **filters).url).query)


class TestSimulated:
    def test_all_pages(self, web: SimulatedWeb) -> None:
        pages = list(walk(web, SOURCE, ""))
        found = [each.image_url for page in pages for each in page.candidates]
        assert len(found) == len(set(found)) == len(web.photographs()) > 100
        assert [len(page.candidates) for page in pages][:2] == [0, 100]

    def test_filters_narrow_the_results(self, web: SimulatedWeb) -> None:
        (_, page, *_) = walk(web, SOURCE, "", aspect="tall")
        assert page.candidates
        assert all((each.height or 0) > (each.width or 0) for each in page.candidates)

    def test_no_results(self, web: SimulatedWeb) -> None:
        (_, page) = walk(web, SOURCE, "no such thing")
        assert page.done

    def test_a_wrong_token_is_refused(self, web: SimulatedWeb) -> None:
        spider = spider_of(SOURCE, TERMS | {"endpoint": web.engine_url("duckduckgo")})
        cursor = {"vqd": "4-1", "at": int(time.time())}
        assert fetched(spider.page_request(stream_of("duckduckgo", page=2, cursor=cursor))).status == 403

    @pytest.mark.parametrize(("how", "expected"), [("block", Blocked), ("layout", LayoutChanged)])
    def test_failures(self, web: SimulatedWeb, how: str, expected: type[SourceProblem]) -> None:
        web.fail("duckduckgo", how=how)
        with pytest.raises(expected):
            next(walk(web, SOURCE, "mammals"))
