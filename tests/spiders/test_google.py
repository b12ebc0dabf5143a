from __future__ import annotations

import json
from datetime import date
from typing import Any, ClassVar
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from pixcrawler_spiders import google
from scrapy.http import HtmlResponse

from pixcrawler_core.sources import Blocked, LayoutChanged, SourceProblem
from pixcrawler_core.testing.sources import SourceContract
from pixcrawler_core.testing.web import SimulatedWeb
from tests.spiders.scraped_pages import TERMS, PageContract, asked, plain_query, spider_of, stream_of, walk

SOURCE = next(google.register_sources())
NOSCRIPT = "<noscript><meta content='0;url=/httpservice/retry/enablejs?sei=x' http-equiv=refresh></noscript>"


def card(number: int) -> str:
    """The visible part of a result, made up."""
    return (
        f'<div class="ivg-i" data-attrid="images universal" data-docid="docID_{number}-x"'
        f' data-lpage="https://pages.example/{number}?a=1&amp;b=2" jsname="x"><h3><a role="link">'
        f'<img alt="" src="data:image/gif;base64,"><img alt="Panda &amp; friend {number}"></a></h3></div>'
    )


def array(number: int, about: str = "") -> str:
    """The part of a result in the scripts: height before width."""
    thumb = f'["https://thumbs.example/images?q\\u003dtbn:{number}\\u0026s",183,275]'
    original = f'["https://images.example/{number}.jpg?w\\u003d1\\u0026h\\u003d2",600,800]'
    return f'[1,[0,"docID_{number}-x",{thumb},{original},null,0,"rgb(1,2,3)",null,0{about}]]'


def whole(cards: str, *arrays: str, script: str = 'var m={{"a":[{}]}};') -> bytes:
    scripts = script.format(",".join(arrays))
    return (
        "<!doctype html><html><head><title>panda - Google Search</title></head><body>"
        f'{NOSCRIPT}<div id="search">{cards}</div><script nonce="x">{scripts}</script></body></html>'
    ).encode()


NUMBERS = (1, 2, 3)
CARDS = "".join(card(number) for number in NUMBERS)
ARRAYS = tuple(array(number) for number in NUMBERS)


class TestPage(PageContract):
    """The result page: cards, and arrays in scripts."""

    component = SOURCE
    page = whole(CARDS, *ARRAYS)
    rows: ClassVar[tuple[bytes, ...]] = tuple(each.encode() for each in ARRAYS)

    def test_fields(self) -> None:
        found = self.parse(self.page).candidates[0]
        assert found.image_url == "https://images.example/1.jpg?w=1&h=2"
        assert found.thumbnail_url == "https://thumbs.example/images?q=tbn:1&s"
        assert (found.width, found.height) == (800, 600)
        assert (found.title, found.alt) == ("Panda & friend 1", "Panda & friend 1")
        assert found.page_url == "https://pages.example/1?a=1&b=2"
        assert found.engine_id == "docID_1-x"

    def test_arrays_without_cards_are_results(self) -> None:
        found = self.parse(whole("", *ARRAYS)).candidates
        assert [each.engine_id for each in found] == ["docID_1-x", "docID_2-x", "docID_3-x"]
        assert found[0].page_url is None

    def test_the_same_result_twice_is_one(self) -> None:
        found = self.parse(whole(CARDS, *ARRAYS, *reversed(ARRAYS))).candidates
        assert [each.engine_id for each in found] == ["docID_1-x", "docID_2-x", "docID_3-x"]

    def test_spaces_and_lines_in_the_arrays(self) -> None:
        spaced = array(1).replace(",", ",\n ").replace("[", "[ ")
        assert len(self.parse(whole(card(1), spaced)).candidates) == 1

    @pytest.mark.parametrize(("written", "quotes"), [("\\x22", "\\x3d"), ('\\"', "\\\\u003d")])
    def test_arrays_within_strings(self, written: str, quotes: str) -> None:
        body = whole(CARDS, *(each.replace('"', written).replace("\\u003d", quotes) for each in ARRAYS))
        found = self.parse(body).candidates
        assert [each.image_url for each in found][:1] == ["https://images.example/1.jpg?w=1&h=2"]
        assert len(found) == 3

    def test_the_callbacks_of_2020_to_2023(self) -> None:
        title = 'A \\"panda\\" \\ud83d\\udc3c'
        told = f'[null,"refID","https://old.example/\\u0026","{title}"]'
        about = ',{"2000":[null,"x","1KB"],"2003":' + told + "}"
        script = "AF_initDataCallback({{key: 'ds:1', hash: '2', data:[{}], sideChannel: {{}}}});"
        found = self.parse(whole("", array(1, about), array(2), script=script)).candidates
        assert found[0].page_url == "https://old.example/&"
        assert found[0].title == 'A "panda" \U0001f43c'
        assert (found[1].page_url, found[1].title) == (None, None)

    def test_cards_that_cannot_be_read_are_a_new_layout(self) -> None:
        """Ordinary pages have the address for browsers without scripts too: no captcha."""
        with pytest.raises(LayoutChanged, match="results without an image's URL"):
            self.parse(whole(CARDS))

    @pytest.mark.parametrize(
        "words", ["did not match any image results.", "There aren&#39;t any matches for"]
    )
    def test_no_results(self, words: str) -> None:
        page = self.parse(whole(f"<p>Your search - x - {words}</p>"))
        assert (list(page.candidates), page.done) == ([], True)

    def test_an_empty_page_later_is_the_end(self) -> None:
        spider = self.spider()
        assert spider.parse_page(self.response(whole("")), stream_of("google", page=2)).done

    @pytest.mark.parametrize(
        "body",
        [
            "<form id='captcha-form'><div id='recaptcha' data-sitekey=x></div></form>",
            "<p>Our systems have detected unusual traffic from your computer network.</p>",
            f"{NOSCRIPT}<div id=main></div>",
            "<form action='https://consent.google.com/save'><button>Reject all</button></form>",
            "<a href='https://www.google.com/sorry/index'>here</a>",
        ],
    )
    def test_pages_for_programs(self, body: str) -> None:
        with pytest.raises(Blocked):
            self.parse(f"<!doctype html><html><title>Google</title><body>{body}".encode())

    @pytest.mark.parametrize(
        "url", ["https://consent.google.com/m?continue=x", "https://www.google.com/sorry/index?q=x"]
    )
    def test_redirections(self, url: str) -> None:
        for page in (1, 2):
            with pytest.raises(Blocked):
                spider_of(SOURCE, TERMS).parse_page(
                    HtmlResponse(url, body=b"<p>x"), stream_of("google", page=page)
                )

    def test_a_captcha_with_status_429_is_not_waited_for(self) -> None:
        assert self.ending(b"<form id='captcha-form'>", 429).startswith("blocked: a Google captcha")

    def test_hostile_pages_take_no_time(self) -> None:
        for odd in (
            '[0,"a",["',
            '[0,"a",["h",1,1],["',
            '<div data-docid="a">',
            '<a href="/imgres?imgurl=x">',
        ):
            self.check_any(whole("", odd * 5000))
            self.check_any(odd.encode() * 5000)


def link(number: int, **changes: str) -> str:
    told = {
        "imgurl": f"https://images.example/{number}.jpg?a=1&b=2",
        "imgrefurl": f"https://pages.example/{number}",
        "h": "600",
        "w": "800",
        "tbnid": f"TBN{number}",
        "tbnh": "90",
    } | changes
    href = "/imgres?" + "&amp;".join(f"{name}={quote(value, safe='')}" for name, value in told.items())
    return f'<p><a href="{href}"><img src="" alt=""/></a></p>'


LINKS = tuple(link(number) for number in NUMBERS)


class TestWml(PageContract):
    """The page for old telephones."""

    component = SOURCE
    options: ClassVar[dict[str, Any]] = {"accept_terms": True, "layout": "wml"}
    page = f'<?xml version="1.0" encoding="utf-8"?>\n<html><body>{"".join(LINKS)}</body></html>'.encode()
    rows: ClassVar[tuple[bytes, ...]] = tuple(each.encode() for each in LINKS)

    def test_fields(self) -> None:
        found = self.parse(self.page).candidates[0]
        assert found.image_url == "https://images.example/1.jpg?a=1&b=2"
        assert found.thumbnail_url == "https://encrypted-tbn0.gstatic.com/images?q=tbn:TBN1"
        assert (found.width, found.height, found.engine_id) == (800, 600, "TBN1")
        assert found.page_url == "https://pages.example/1"
        assert found.title is None

    def test_a_thumbnail_that_is_shown(self) -> None:
        body = link(1).replace('src=""', 'src="https://thumbs.example/1"')
        assert self.parse(body.encode()).candidates[0].thumbnail_url == "https://thumbs.example/1"

    def test_links_without_an_image(self) -> None:
        assert len(self.parse((link(1, imgurl="x") + link(2)).encode()).candidates) == 1
        with pytest.raises(LayoutChanged):
            self.parse(link(1, imgurl="x").encode())


def result(number: int, **changes: Any) -> dict[str, Any]:
    usual = {
        "original_image": {"url": f"https://images.example/{number}.jpg", "width": 800, "height": 600},
        "thumbnail": {"url": f"https://thumbs.example/{number}", "width": 80, "height": 60},
        "result": {
            "referrer_url": f"https://pages.example/{number}",
            "page_title": f"Panda {number}",
            "site_title": "Pages",
            "freshness_date": "2 days ago",
            "iptc": {"creator": ["Ann Example"], "copyright_notice": "(c) Ann"},
        },
        "text_in_grid": {"snippet": "A panda"},
        "gsa": {"file_size": "123.5KB"},
    }
    return {**usual, **changes}


def answer(*results: Any) -> bytes:
    """JSON behind junk."""
    body = json.dumps({"ischj": {"metadata": list(results)}}, separators=(",", ":"))
    return b")]}'\n7b;" + body.encode()


class TestJson:
    """What Google's own app got."""

    def parse(self, body: bytes) -> Any:
        return spider_of(SOURCE, TERMS).parse_page(
            HtmlResponse("https://www.google.com/search", body=body), stream_of("google")
        )

    def test_fields(self) -> None:
        found = self.parse(answer(*(result(number) for number in NUMBERS))).candidates[0]
        assert (found.image_url, found.width, found.height) == ("https://images.example/1.jpg", 800, 600)
        assert found.thumbnail_url == "https://thumbs.example/1"
        assert (found.title, found.alt, found.site) == ("Panda 1", "A panda", "Pages")
        assert (found.page_url, found.filesize_bytes) == ("https://pages.example/1", 123500)
        assert (found.creator, found.date) == ("Ann Example", "2 days ago")
        assert found.extra == {"copyright": "(c) Ann"}

    @pytest.mark.parametrize(
        "odd", [None, 7, "x", [], {}, {"original_image": None}, {"original_image": {"url": 7}}]
    )
    def test_odd_rows_are_left_out(self, odd: Any) -> None:
        assert len(self.parse(answer(odd, result(1))).candidates) == 1
        with pytest.raises(LayoutChanged, match="none of 1 results"):
            self.parse(answer(odd))

    @pytest.mark.parametrize("name", ["thumbnail", "result", "text_in_grid", "gsa"])
    @pytest.mark.parametrize("odd", [None, 7, "x", [], {}, {"iptc": 3, "url": []}])
    def test_odd_values(self, name: str, odd: Any) -> None:
        (found,) = self.parse(answer(result(1, **{name: odd}))).candidates
        SourceCheck().check_candidate(found)

    def test_no_results(self) -> None:
        assert self.parse(answer()).done

    @pytest.mark.parametrize(
        "body", [b'{"ischj":', b'{"ischj":7}', b'{"ischj":{}}', b'{"ischj":' + b"[" * 99999]
    )
    def test_broken_json_is_a_new_layout(self, body: bytes) -> None:
        with pytest.raises(LayoutChanged, match="no list of results in the JSON"):
            self.parse(body)


class SourceCheck(SourceContract):
    """Only the check of a candidate; its name keeps pytest away."""

    component = SOURCE
    query = "red panda"


class TestRequests:
    def test_the_result_page(self) -> None:
        request = asked(SOURCE, stream_of("google", 'panda & "bär"'))
        parts = urlsplit(request.url)
        assert (parts.netloc, parts.path) == ("www.google.com", "/search")
        told = {"q": ['panda & "bär"'], "udm": ["2"], "hl": ["en"], "safe": ["active"]}
        assert parse_qs(parts.query) == told
        assert request.cookies in ({}, [])

    def test_the_other_layouts(self) -> None:
        wml = spider_of(SOURCE, {"layout": "wml"}, language="de", region="at")
        request = wml.page_request(stream_of("google", page=2, cursor={"start": 10}))
        assert request.url == (
            "https://www.google.com/wml/search?q=red+panda&tbm=isch&ie=utf8&oe=utf8&sca_esv=1&start=10"
            "&hl=en&safe=active"
        )
        app = spider_of(SOURCE, {"layout": "json"})
        request = app.page_request(stream_of("google", page=3, cursor={"start": 20}))
        assert "&tbm=isch&asearch=isch&async=_fmt:json,p:1,ijn:2&" in request.url

    def test_the_cookie_of_the_users_own_browser(self) -> None:
        request = spider_of(SOURCE, {"consent_cookie": "abc"}).page_request(stream_of("google"))
        assert request.cookies == {"SOCS": "abc"}

    @pytest.mark.parametrize(
        ("filters", "tbs"),
        [
            ({"size": "small"}, "isz:i"),
            ({"size": "wallpaper"}, "isz:lt,islt:2mp"),
            ({"min_width": 1600, "min_height": 1200}, "isz:lt,islt:2mp"),
            ({"min_width": 1599, "min_height": 1200}, "isz:lt,islt:xga"),
            ({"min_width": 10, "min_height": 10}, None),
            ({"min_width": 5000}, None),
            ({"color": "pink"}, "ic:specific,isc:pink"),
            ({"color": "monochrome"}, "ic:gray"),
            ({"color": "transparent", "type": "transparent"}, "ic:trans"),
            ({"type": "lineart"}, "itp:lineart"),
            ({"type": "illustration"}, None),
            ({"aspect": "tall"}, "iar:t"),
            ({"license": "any"}, "sur:cl"),
            ({"license": "commercial"}, None),
            ({"since": date(2024, 2, 3)}, "cdr:1,cd_min:2/3/2024"),
            ({"until": date(2024, 12, 31)}, "cdr:1,cd_max:12/31/2024"),
            (
                {"size": "large", "type": "face", "since": date(2024, 2, 3), "until": date(2024, 2, 4)},
                "isz:l,itp:face,cdr:1,cd_min:2/3/2024,cd_max:2/4/2024",
            ),
        ],
    )
    def test_filters(self, filters: dict[str, Any], tbs: str | None) -> None:
        assert plain_query(asked(SOURCE, **filters)).get("tbs") == tbs

    def test_where_and_for_whom(self) -> None:
        request = asked(SOURCE, language="de", region="at", safe_search="off")
        told = plain_query(request)
        assert (told["hl"], told["lr"], told["gl"]) == ("en", "lang_de", "at")
        assert "safe" not in told
        assert plain_query(asked(SOURCE, safe_search="strict"))["safe"] == "active"
        assert request.headers["Accept-Language"] == b"de;q=0.9"


class TestPaging:
    def parse(self, numbers: range, cursor: Any = None, page: int = 1) -> Any:
        body = whole("", *(array(number) for number in numbers))
        response = HtmlResponse("https://www.google.com/search", body=body, encoding="utf-8")
        return spider_of(SOURCE, TERMS).parse_page(response, stream_of("google", page=page, cursor=cursor))

    def test_it_counts_what_it_got(self) -> None:
        first = self.parse(range(10))
        second = self.parse(range(10, 13), first.cursor, 2)
        assert (first.cursor["start"], second.cursor["start"]) == (10, 20)
        assert self.parse(range(97)).cursor["start"] == 97
        assert plain_query(asked(SOURCE, stream_of("google", page=2, cursor=first.cursor)))["start"] == "10"

    def test_nothing_new_is_the_end(self) -> None:
        first = self.parse(range(10))
        assert not first.done
        assert self.parse(range(5, 10), first.cursor, 2).done

    def test_fifty_pages_are_the_end(self) -> None:
        assert [self.parse(range(9), None, page).done for page in (49, 50)] == [False, True]

    @pytest.mark.parametrize("cursor", [7, "x", [], {"start": "x", "seen": 1}])
    def test_odd_cursors_begin_anew(self, cursor: Any) -> None:
        assert "start" not in plain_query(asked(SOURCE, stream_of("google", cursor=cursor)))


class TestSimulated:
    @pytest.mark.parametrize("layout", ["html", "wml", "json"])
    def test_all_pages(self, web: SimulatedWeb, layout: str) -> None:
        pages = list(walk(web, SOURCE, "", options={"layout": layout}))
        found = [each.image_url for page in pages for each in page.candidates]
        assert len(found) == len(set(found)) == len(web.photographs())
        assert all(each.width and each.page_url for page in pages for each in page.candidates)

    def test_filters_narrow_the_results(self, web: SimulatedWeb) -> None:
        (page, *_) = walk(web, SOURCE, "", aspect="tall")
        assert page.candidates
        assert all((each.height or 0) > (each.width or 0) for each in page.candidates)

    @pytest.mark.parametrize("layout", ["html", "wml", "json"])
    def test_no_results(self, web: SimulatedWeb, layout: str) -> None:
        (page,) = walk(web, SOURCE, "no such thing", options={"layout": layout})
        assert page.done

    @pytest.mark.parametrize(("how", "expected"), [("block", Blocked), ("layout", LayoutChanged)])
    def test_failures(self, web: SimulatedWeb, how: str, expected: type[SourceProblem]) -> None:
        web.fail("google", how=how)
        with pytest.raises(expected):
            next(walk(web, SOURCE, "mammals"))
