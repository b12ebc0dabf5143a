from __future__ import annotations

import html
import json
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

import pytest
from pixcrawler_spiders import bing

from pixcrawler_core.sources import Blocked, LayoutChanged, SourceProblem
from pixcrawler_core.testing.web import SimulatedWeb
from tests.spiders.scraped_pages import PageContract, asked, plain_query, spider_of, stream_of, walk

SOURCE = next(bing.register_sources())


def link(number: int, **changes: Any) -> str:
    """A result's link as Bing writes it, made up."""
    told = {
        "sid": "",
        "cid": f"c{number}",
        "purl": f"https://pages.example/{number}?a=1&b=2",
        "murl": f"https://images.example/{number}.jpg",
        "turl": f"https://thumbs.example/th?id=OIP.{number}&pid=15.1",
        "md5": f"{number:032x}",
        "t": f"Panda &quot;number&quot; {number}",
        "mid": f"{number:040X}",
        "desc": "\ue000Panda\ue001 on a tree",
    } | changes
    copy = "https%3a%2f%2fcopies.example%2f1%3fpid%3dImgRaw"
    href = f"/images/search?view=detailV2&id=x&cdnurl={copy}&exph=600&expw=800&q=panda"
    return (
        f'<a aria-label="x" class="iusc" style="height:1px" m="{html.escape(json.dumps(told))}"'
        f' href="{html.escape(href)}" h="ID=images,1"><div class="img_cont hoff"><img class="mimg"'
        f' src="https://thumbs.example/s" alt="Image result for panda"/></div></a>'
    )


def row(number: int, size: str = "800&#215;600 &#183; jpeg", **changes: Any) -> str:
    info = (
        f'<div class="img_info hon"><span class="nowrap">{size}</span><div class="lnkw">'
        '<a title="site.example" target="_blank" href="https://pages.example/">'
        '<span class="cipl"><div class="cico"></div></span>site.example</a></div></div>'
    )
    return (
        f'<li data-idx = {number} style="width:197px"><div class="iuscp" style="height:1px"'
        f' data-evt="1"data-vie=1><div class="imgpt">{link(number, **changes)}{info}</div></div></li>'
    )


def grid(*rows: str, following: str | None = "/images/async?q=panda&first=36&count=35&mmasync=1") -> str:
    told = "" if following is None else f' data-nextUrl="{html.escape(following)}"'
    listed = f'<ul data-row = 0 class="dgControl_list ">{"".join(rows)}</ul>'
    return f'<div class="dgControl dtl hover"{told}>{listed}</div>'


def whole(content: str) -> bytes:
    head = "<!DOCTYPE html><html><head><title>panda - Search Images</title></head>"
    return f"{head}<body><script>var a='/cdn-cgi/challenge';</script>{content}</body></html>".encode()


OTHERS = "<li data-idx = 9><div class='sprs-container'>Related Products</div></li>"
ROWS = tuple(row(number) for number in range(1, 4))


class TestBing(PageContract):
    component = SOURCE
    page = whole(grid(*ROWS, OTHERS))
    rows: ClassVar[tuple[bytes, ...]] = tuple(each.encode() for each in ROWS)

    def one(self, size: str = "", **changes: Any) -> Any:
        body = grid(row(1, size, **changes)).replace("&amp;exph=600&amp;expw=800", "") if size else None
        (candidate,) = self.parse((body or grid(row(1, **changes))).encode()).candidates
        return candidate

    def test_fields(self) -> None:
        found = self.parse(self.page).candidates[0]
        assert found.image_url == "https://images.example/1.jpg"
        assert found.thumbnail_url == "https://thumbs.example/th?id=OIP.1&pid=15.1"
        assert (found.width, found.height, found.format) == (800, 600, "jpeg")
        assert (found.title, found.alt) == ('Panda "number" 1', "Image result for panda")
        assert found.page_url == "https://pages.example/1?a=1&b=2"
        assert found.site == "site.example"
        assert found.engine_id == f"{1:040X}"
        assert found.extra == {
            "md5": f"{1:032x}",
            "description": "Panda on a tree",
            "copy": "https://copies.example/1?pid=ImgRaw",
        }

    def test_a_fragment_is_read_as_the_page_is(self) -> None:
        assert self.parse(grid(*ROWS).encode()) == self.parse(self.page)

    @pytest.mark.parametrize(
        ("size", "expected"),
        [
            ("1024&#215;768", (1024, 768, "jpg")),
            ("1024\u00d7768 · png", (1024, 768, "png")),
            ("12 x 7 | WEBP", (12, 7, "webp")),
            ("large", (None, None, "jpg")),
        ],
    )
    def test_the_size_is_read_from_the_text_too(self, size: str, expected: tuple[Any, ...]) -> None:
        found = self.one(size)
        assert (found.width, found.height, found.format) == expected

    @pytest.mark.parametrize(
        ("address", "expected"),
        [
            ("https://a.example/x.PNG?w=1", "png"),
            ("https://a.example/x", None),
            ("https://a.example/.jpgs", None),
        ],
    )
    def test_the_format_may_be_the_ending(self, address: str, expected: str | None) -> None:
        assert self.one("-", murl=address).format == expected

    @pytest.mark.parametrize("odd", [None, 7, [], {}, "", "ftp://a.example/1.jpg", "<b>"])
    def test_links_without_an_image_are_left_out(self, odd: Any) -> None:
        body = grid(row(1, murl=odd), row(2)).encode()
        assert [each.engine_id for each in self.parse(body).candidates] == [f"{2:040X}"]
        with pytest.raises(LayoutChanged, match="none of 1 results"):
            self.parse(grid(row(1, murl=odd)).encode())

    @pytest.mark.parametrize("odd", ["", "{", "[]", "null", "7", '"x"', "[" * 5000, "{" * 5000, '{"murl":'])
    def test_odd_data_is_left_out(self, odd: str) -> None:
        body = f'<li><a class="iusc" m="{html.escape(odd)}"></a></li>{row(2)}'
        assert len(self.parse(body.encode()).candidates) == 1

    def test_bare_links_are_enough(self) -> None:
        """Neither the list around them nor what stands beside them is needed."""
        found = self.parse("".join(link(number) for number in range(3)).encode()).candidates
        assert [each.width for each in found] == [800] * 3
        assert found[0].site is None

    def test_related_searches_within_a_result_do_not_end_the_page(self) -> None:
        inner = grid(row(8), following="")
        page = self.parse(whole(grid(row(1), f"<li>{inner}</li>")))
        assert len(page.candidates) == 2
        assert page.cursor["next"].startswith("/images/async?q=panda&first=36")
        assert not page.done

    @pytest.mark.parametrize(
        "body",
        [
            grid(),
            grid(OTHERS),
            grid(following=""),
            "<title>x</title><div class='no_results'>Sorry</div>",
            "<title>x</title><p>There are no results for <b>xyz</b></p>",
        ],
    )
    def test_an_empty_page(self, body: str) -> None:
        page = self.parse(body.encode())
        assert (list(page.candidates), page.done) == ([], True)

    def test_a_page_that_was_cut_is_not_empty(self) -> None:
        with pytest.raises(LayoutChanged):
            self.parse(b"<!doctype html><html><title>x</title><body>" + grid().encode())

    def test_an_empty_fragment_is_the_end_but_no_beginning(self) -> None:
        spider = self.spider()
        assert spider.parse_page(self.response(b" "), stream_of("bing", page=2)).done
        for body in (b"", b"<p></p>"):
            with pytest.raises(LayoutChanged):
                self.parse(body)
        with pytest.raises(LayoutChanged):
            spider.parse_page(self.response(b"<html><title>Bing</title>"), stream_of("bing", page=2))

    @pytest.mark.parametrize("body", ["<div class='captcha'>", "<p>Please verify that you are not a robot"])
    def test_a_captcha(self, body: str) -> None:
        for page in (1, 2):
            with pytest.raises(Blocked, match="Bing captcha"):
                self.spider().parse_page(self.response(whole(body)), stream_of("bing", page=page))

    def test_a_deep_page_takes_no_time(self) -> None:
        self.check_any((f"<li><div>{link(1)}" * 3000).encode())


class TestPaging:
    def parse(self, body: str, cursor: Any = None, page: int = 1) -> Any:
        response = TestBing().response(body.encode())
        return spider_of(SOURCE, {"accept_terms": True}).parse_page(
            response, stream_of("bing", page=page, cursor=cursor)
        )

    def test_the_link_to_the_next_fragment_is_followed(self) -> None:
        page = self.parse(grid(row(1)))
        request = asked(SOURCE, stream_of("bing", page=2, cursor=page.cursor))
        assert request.url == (
            "https://www.bing.com/images/async?q=panda&first=36&count=35&mmasync=1&adlt=moderate"
        )

    @pytest.mark.parametrize(
        "following",
        [
            "https://www.bing.com/images/async?q=panda&first=36",
            "//evil.example/images/async?q=panda&first=36",
        ],
    )
    def test_the_link_never_leads_elsewhere(self, following: str) -> None:
        page = self.parse(grid(row(1), following=following))
        request = asked(SOURCE, stream_of("bing", page=2, cursor=page.cursor))
        assert request.url.startswith("https://www.bing.com/images/async?q=panda&first=36&adlt")

    def test_without_links_the_pages_are_counted(self) -> None:
        cursor = None
        for first in (36, 71, 106):
            page = self.parse(grid(row(first), following=None), cursor)
            assert page.cursor["first"] == first
            assert not page.done
            cursor = page.cursor
        request = asked(SOURCE, stream_of("bing", page=4, cursor=cursor))
        told = {"q": "red+panda", "first": "106", "count": "35", "async": "1", "adlt": "moderate"}
        assert plain_query(request) == told

    def test_an_empty_link_is_the_end(self) -> None:
        assert self.parse(grid(row(1), following="")).done

    def test_nothing_new_is_the_end(self) -> None:
        first = self.parse(grid(row(1), row(2)))
        second = self.parse(grid(row(2), row(3)), first.cursor, 2)
        third = self.parse(grid(row(1), row(3)), second.cursor, 3)
        assert [page.done for page in (first, second, third)] == [False, False, True]

    def test_the_depth_is_the_end(self) -> None:
        following = "/images/async?q=panda&first=1016"
        assert self.parse(grid(row(1), following=following)).done

    @pytest.mark.parametrize("cursor", [None, 7, "x", [], {}, {"next": 7, "first": "x", "seen": 3}])
    def test_odd_cursors_begin_anew(self, cursor: Any) -> None:
        assert "first=1&" in asked(SOURCE, stream_of("bing", cursor=cursor)).url


class TestRequests:
    def test_the_first_request(self) -> None:
        request = asked(SOURCE, stream_of("bing", 'red panda & "bär" #1'))
        parts = urlsplit(request.url)
        assert (parts.netloc, parts.path) == ("www.bing.com", "/images/async")
        assert parse_qs(parts.query) == {
            "q": ['red panda & "bär" #1'],
            "first": ["1"],
            "count": ["35"],
            "async": ["1"],
            "adlt": ["moderate"],
        }
        assert request.headers["Accept-Language"] == b"en;q=0.9"

    def test_the_page_may_come_first(self) -> None:
        spider = spider_of(SOURCE, {"accept_terms": True, "first_page": "page"})
        request = spider.page_request(stream_of("bing"))
        assert request.url == "https://www.bing.com/images/search?q=red+panda&first=1&adlt=moderate"

    @pytest.mark.parametrize(
        ("filters", "expected"),
        [
            ({"size": "large"}, "imagesize-large"),
            ({"size": "wallpaper", "min_width": 5, "min_height": 5}, "imagesize-wallpaper"),
            ({"min_width": 800, "min_height": 600}, "imagesize-custom_800_600"),
            ({"min_width": 800}, ""),
            ({"color": "red"}, "color2-FGcls_RED"),
            ({"color": "monochrome"}, "color2-bw"),
            ({"color": "color"}, "color2-color"),
            ({"color": "transparent", "type": "transparent"}, "photo-transparent"),
            ({"type": "photo"}, "photo-photo"),
            ({"type": "lineart"}, "photo-linedrawing"),
            ({"type": "animated"}, "photo-animatedgif"),
            ({"type": "face"}, "face-face"),
            ({"type": "illustration"}, ""),
            ({"aspect": "tall"}, "aspect-tall"),
            ({"license": "any"}, "licenseType-Any"),
            ({"license": "public-domain"}, "license-L1"),
            ({"license": "commercial"}, "license-L2_L3_L4"),
            ({"license": "modification"}, "license-L2_L3_L5_L6"),
            ({"license": "commercial-modification"}, "license-L2_L3"),
        ],
    )
    def test_filters(self, filters: dict[str, Any], expected: str) -> None:
        """Plus signs and colons stand in the address as they are."""
        query = urlsplit(asked(SOURCE, **filters).url).query
        assert query.partition("&qft=")[2] == (f"+filterui:{expected}" if expected else "")

    def test_several_filters_and_the_next_page(self) -> None:
        day = datetime.now(UTC).date() - timedelta(days=3)
        filters: dict[str, Any] = {"size": "small", "aspect": "wide", "since": day}
        qft = "&qft=+filterui:imagesize-small+filterui:aspect-wide+filterui:age-lt10080"
        assert asked(SOURCE, **filters).url.endswith(qft)
        following = stream_of("bing", page=2, cursor={"next": "/images/async?q=x&first=36"})
        assert asked(SOURCE, following, **filters).url.endswith(f"?q=x&first=36&adlt=moderate{qft}")
        kept = stream_of("bing", page=2, cursor={"next": "/images/async?q=x&qft=%2bfilterui%3ax&adlt=off"})
        assert asked(SOURCE, kept, **filters).url.endswith("?q=x&qft=%2bfilterui%3ax&adlt=off")

    def test_where_and_for_whom(self) -> None:
        request = asked(SOURCE, language="de", region="ch", safe_search="off")
        told = plain_query(request)
        assert (told["mkt"], told["setlang"], told["cc"], told["adlt"]) == ("de-CH", "de", "CH", "off")
        assert request.headers["Accept-Language"] == b"de-CH,de;q=0.9"
        assert "mkt" not in plain_query(asked(SOURCE, region="ch"))


class TestSimulated:
    @pytest.mark.parametrize("first", ["fragment", "page"])
    def test_all_pages(self, web: SimulatedWeb, first: str) -> None:
        pages = list(walk(web, SOURCE, "", options={"first_page": first}))
        found = [each.image_url for page in pages for each in page.candidates]
        assert len(found) == len(set(found)) == len(web.photographs())
        assert len(pages) == -(-len(found) // 35) > 2

    def test_filters_narrow_the_results(self, web: SimulatedWeb) -> None:
        (page, *_) = walk(web, SOURCE, "", aspect="tall")
        assert page.candidates
        assert all((each.height or 0) > (each.width or 0) for each in page.candidates)

    def test_no_results(self, web: SimulatedWeb) -> None:
        (page,) = walk(web, SOURCE, "no such thing")
        assert page.done

    @pytest.mark.parametrize(("how", "expected"), [("block", Blocked), ("layout", LayoutChanged)])
    def test_failures(self, web: SimulatedWeb, how: str, expected: type[SourceProblem]) -> None:
        web.fail("bing", how=how)
        with pytest.raises(expected):
            next(walk(web, SOURCE, "mammals"))
