"""How the source walks through a site, and what it leaves alone."""

from __future__ import annotations

import asyncio
import gzip
import json
import tracemalloc
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pixcrawler_spiders import site
from pixcrawler_spiders.sitemaps import read_sitemap, unpacked
from pydantic import ValidationError
from scrapy import Request
from scrapy.exceptions import IgnoreRequest
from scrapy.http import TextResponse
from twisted.python.failure import Failure

from pixcrawler_core.errors import ConfigError
from pixcrawler_core.sources import Blocked, LayoutChanged, SourceProblem, Throttled, Unreachable
from pixcrawler_core.testing.odd import WEB_PAGE, Notebook
from pixcrawler_core.urls import url_key
from tests.spiders.walks import START, answer, candidates, parse, spider_of, stream_of, walk

SOURCE = next(site.register_sources())
KEY = url_key(START)
JPEG = b"\xff\xd8\xff\xe0" + b"\0" * 100


def links(*targets: str) -> str:
    return "<!doctype html><title>P</title>" + "".join(f"<a href='{target}'>x</a>" for target in targets)


def asked(web: Any, **options: Any) -> list[str]:
    return [url.removeprefix(START) for url in walk(spider_of(SOURCE, **options), web)[0]]


def test_it_walks_breadth_first_to_the_depth() -> None:
    web = {
        START: links("a", "b", "a", "./", "#top"),
        f"{START}a": links("a1", "b"),
        f"{START}b": links("b1"),
        f"{START}a1": links("deep"),
        f"{START}b1": links(),
    }
    assert asked(web, depth=0) == [""]
    assert asked(web) == ["", "a", "b"]
    assert asked(web, depth=2) == ["", "a", "b", "a1", "b1"]
    assert asked(web, depth=9) == ["", "a", "b", "a1", "b1", "deep"]
    assert asked(web, depth=9, max_pages=3) == ["", "a", "b"]


def test_which_links_are_followed() -> None:
    targets = (
        "https://www.zoo.example/www", "https://other.example/x", "https://cdn.zoo.net/c", "a.pdf", "b.zip",
        "c.html", "mailto:a@b", "javascript:x", "d.jpg", "https://zoo.example:8443/p", "http://[bad", "v1.2/",
    )  # fmt: skip
    web = {START: links(*targets)}
    same = ["", "https://www.zoo.example/www", "c.html", "https://zoo.example:8443/p", "v1.2/"]
    assert asked(web) == same
    assert asked(web, hosts=("zoo.net",)) == [*same[:2], "https://cdn.zoo.net/c", *same[2:]]
    assert len(asked(web, same_host=False)) == 7
    assert asked(web, include=(r"\.html$",)) == ["", "c.html"]
    assert asked(web, exclude=(r"\.html$", "www|:8443")) == ["", "v1.2/"]


def test_nofollow() -> None:
    page = "<title>x</title><a rel='external NoFollow' href=a>a</a><link rel=next href=n><area href=m>"
    assert asked({START: page}) == ["", "n", "m"]
    assert asked({START: "<meta name=Robots content='index,NOFOLLOW'>" + page}) == [""]
    assert asked({START: answer(START, page, X_Robots_Tag="nofollow")}) == [""]


@pytest.mark.parametrize(
    ("head", "headers", "directive"),
    [
        ("<meta name=robots content=noimageindex>", {}, "noimageindex"),
        ("<meta name=ROBOTS content='max-snippet:5, NoAI'>", {}, "noai"),
        ("<meta name=pixcrawler content=none>", {}, "none"),
        ("<meta name=robots content=noindex>", {}, "noindex"),
        ("<meta name=tdm-reservation content=1>", {}, "tdm-reservation"),
        ("", {"X_Robots_Tag": "pixcrawler: noindex"}, "noindex"),
        (
            "<meta name=googlebot content=noindex><meta name=tdm-reservation content=0>",
            {"X_Robots_Tag": "all"},
            None,
        ),
    ],
)
def test_pages_that_keep_their_images(head: str, headers: dict[str, Any], directive: str | None) -> None:
    spider = spider_of(SOURCE)
    response = answer(START, f"<html><head>{head}</head><img src=a.jpg></html>", **headers)
    if directive is None:
        assert len(spider.parse_page(response, stream_of(spider)).candidates) == 1
        return
    with pytest.raises(Blocked, match=f"asks with {directive} not to take its images"):
        spider.parse_page(response, stream_of(spider))


def test_the_log_says_once_a_host_why_images_are_not_taken(caplog: pytest.LogCaptureFixture) -> None:
    shy = "<meta name=robots content=noai><img src=a.jpg>"
    walk(spider_of(SOURCE), {START: links("a", "b"), f"{START}a": shy, f"{START}b": shy})
    told = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert told == [f"site: passed over: {START}a asks with noai not to take its images"]


def test_links_of_a_page_that_keeps_its_images_are_followed() -> None:
    web = {
        START: "<meta name=robots content=noimageindex><img src=a.jpg><a href=b>b</a>",
        f"{START}b": "<title>b</title><img src=b.jpg>",
    }
    urls, found = walk(spider_of(SOURCE), web)
    assert len(urls) == 2
    assert [each.image_url for each in found] == [f"{START}b.jpg"]


def test_pages_that_fail_are_passed_over() -> None:
    web: dict[str, Any] = {
        START: links("gone", "no", "broken", "b"),
        f"{START}no": 403,
        f"{START}broken": 500,
    }
    web[f"{START}b"] = "<title>b</title><img src=b.jpg>"
    urls, found = walk(spider_of(SOURCE), web)
    assert [url.removeprefix(START) for url in urls] == ["", "gone", "no", "broken", "b", "broken"]
    assert len(found) == 1


@pytest.mark.parametrize(
    ("there", "kind", "told"),
    [
        (404, SourceProblem, "HTTP 404 from https://zoo.example/"),
        (403, Blocked, "HTTP 403"),
        ("%PDF-1.7", LayoutChanged, "a PDF document"),
        ("<?xml version='1.0'?><rss/>", LayoutChanged, "a feed"),
        (WEB_PAGE, Blocked, "a Cloudflare challenge"),
        ("", LayoutChanged, "white space"),
    ],
)
def test_a_walk_that_comes_to_nothing_ends_with_the_reason(
    there: bytes | str | int, kind: type[SourceProblem], told: str
) -> None:
    with pytest.raises(kind, match=told):
        walk(spider_of(SOURCE), {START: there})


def test_the_first_problem_is_told() -> None:
    with pytest.raises(Blocked, match=r"403 from https://zoo\.example/$"):
        walk(spider_of(SOURCE, start=(START, f"{START}second")), {START: 403})


def test_a_throttled_page_is_waited_for() -> None:
    spider = spider_of(SOURCE)
    with pytest.raises(Throttled) as caught:
        spider.parse_page(answer(START, "", 503, Retry_After="7"), stream_of(spider))
    assert caught.value.seconds == 7
    assert 429 not in spider.expected_status


def test_it_gives_up_after_many_failures_in_a_row() -> None:
    web: dict[str, Any] = {START: links(*(f"p{number}" for number in range(30)))}
    web |= {f"{START}p{number}": 403 for number in range(30)}
    with pytest.raises(Blocked, match="p9"):
        walk(spider_of(SOURCE), web)


def test_an_interrupted_walk_goes_on() -> None:
    web = {START: links("a", "b"), f"{START}a": links("c"), f"{START}b": links(), f"{START}c": links()}
    spider = spider_of(SOURCE, depth=3)
    stream = stream_of(spider)
    page = spider.parse_page(answer(START, web[START]), stream)
    told = json.dumps(page.cursor)
    again = stream_of(spider)
    again.page, again.cursor = 2, json.loads(told)
    assert spider.page_request(again).url == f"{START}a"
    assert len(told) < 500


def test_new_starting_addresses_are_visited_when_it_goes_on() -> None:
    spider = spider_of(SOURCE, depth=0)
    stream = stream_of(spider)
    stream.cursor = spider.parse_page(answer(START, links()), stream).cursor
    wider = spider_of(SOURCE, depth=0, start=(START, f"{START}new"))
    assert wider.page_request(stream).url == f"{START}new"
    with pytest.raises(SourceProblem, match="no address is left"):
        spider.page_request(stream)


def test_redirects() -> None:
    spider = spider_of(SOURCE)
    stream = stream_of(spider)
    page = spider.parse_page(answer("https://elsewhere.example/x", links("y") + "<img src=a.jpg>"), stream)
    assert len(page.candidates) == 1, "the user named this page, wherever it is"
    assert page.cursor["todo"] == [["https://elsewhere.example/y", 1, 0]]
    stream.cursor = {"todo": [[f"{START}a", 1, 0]], "seen": [KEY], "read": 1}
    spider.options = SOURCE.options(start=(START,))
    page = spider.parse_page(answer("https://stranger.example/x", "<img src=a.jpg>"), stream)
    assert not page.candidates


def test_answers_that_are_no_pages() -> None:
    (found,) = candidates(SOURCE, JPEG, f"{START}image?id=1")
    assert (found.image_url, found.page_url, found.site) == (f"{START}image?id=1", None, "zoo.example")
    web = {START: links("doc", "data"), f"{START}doc": b"%PDF-1.7", f"{START}data": '{"a": 1}'}
    assert asked(web) == ["", "doc", "data"]


URLSET = """<?xml version="1.0" encoding="UTF-8"?>
<!-- made up --><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"
 xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">
<url><loc> https://zoo.example/p1?a=1&b=2 </loc><lastmod>2024-01-01</lastmod>
 <image:image><image:loc>https://cdn.example/1.jpg</image:loc><image:title>One &eacute;</image:title>
 <image:caption><![CDATA[C & d]]></image:caption>
 <image:license>https://creativecommons.org/licenses/by/4.0/</image:license></image:image>
 <image:image><image:loc>/2.jpg</image:loc></image:image></url>
<url><loc>https://other.example/p2</loc></url><url/><url><loc>mailto:a@b</loc></url></urlset>"""


def test_a_sitemap() -> None:
    page = parse(SOURCE, URLSET, f"{START}sitemap.xml", start=(f"{START}sitemap.xml",))
    first, second = page.candidates
    assert (first.image_url, first.page_url) == ("https://cdn.example/1.jpg", f"{START}p1?a=1&b=2")
    assert (first.title, first.extra, first.license) == ("One é", {"caption": "C & d"}, "cc-by-4.0")
    assert second.image_url == f"{START}2.jpg"
    assert page.cursor["todo"] == [[f"{START}p1?a=1&b=2", 1, 0]]


def test_an_index_of_sitemaps_that_are_packed() -> None:
    index = "<sitemapindex><sitemap><loc>/s.xml.gz</loc></sitemap></sitemapindex>"
    web = {START: index, f"{START}s.xml.gz": gzip.compress(URLSET.encode()), f"{START}p1?a=1&b=2": links()}
    assert asked(web) == ["", "s.xml.gz", "p1?a=1&b=2"]
    assert asked(web, depth=0) == ["", "s.xml.gz"]


def test_sitemaps_that_robots_txt_names() -> None:
    robots = f"User-agent: *\nSitemap: {START}map.xml\nsitemap:/second.xml\nDisallow: /x"
    web = {START: links("a"), f"{START}robots.txt": robots, f"{START}map.xml": URLSET}
    assert asked(web) == ["", "a"]
    expected = ["", "robots.txt", "sitemap.xml", "a", "map.xml", "second.xml", "p1?a=1&b=2"]
    assert asked(web, sitemaps=True) == expected
    spider = spider_of(SOURCE, sitemaps=True)
    stream = stream_of(spider)
    stream.cursor = {"todo": [[f"{START}robots.txt", 0, 0]], "seen": [KEY]}
    assert spider.page_request(stream).meta["dont_obey_robotstxt"] is True


def test_a_packed_bomb() -> None:
    bomb = gzip.compress(b"<urlset>" + b" " * 200 * 2**20)
    tracemalloc.start()
    with pytest.raises(SourceProblem, match="more than 50 MiB"):
        unpacked(bomb)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 200 * 2**20
    with pytest.raises(SourceProblem, match="damaged gzip"):
        unpacked(b"\x1f\x8bjunk")


def test_entities_of_strangers() -> None:
    lines = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    bomb = (
        f'<?xml version="1.0"?><!DOCTYPE u [<!ENTITY e0 "ha">{lines}<!ENTITY f SYSTEM "file:///etc/passwd">]>'
    )
    listed = read_sitemap(
        bomb + "<urlset><url><loc>/a&e11;</loc></url><url><loc>/b&f;</loc></url></urlset>", START
    )
    assert all(len(page) < 100 and "root" not in page for page in listed.pages)


@settings(max_examples=100, deadline=None, database=None)
@given(st.binary(max_size=30), st.integers(0, len(URLSET.encode())), st.integers(0, 60))
def test_damaged_sitemaps(garbage: bytes, start: int, length: int) -> None:
    whole = URLSET.encode()
    for body in (whole[:start], whole[:start] + garbage + whole[start + length :]):
        try:
            page = parse(SOURCE, body)
        except SourceProblem:
            continue
        assert json.loads(json.dumps(page.cursor)) == page.cursor
        assert all(each.image_url.startswith("http") for each in page.candidates)


# What comes instead of an answer.


def failed(error: Exception, url: str = START) -> Failure:
    failure = Failure(error)  # type: ignore[no-untyped-call]
    failure.request = Request(url, cb_kwargs={"stream": None, "throttles": 9})  # type: ignore[attr-defined]
    return failure


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (IgnoreRequest("Forbidden by robots.txt"), "blocked: https://zoo.example/: Forbidden by robots.txt"),
        (TimeoutError("took too long"), "unreachable: https://zoo.example/: took too long"),
    ],
)
def test_no_answer_at_all(error: Exception, expected: str) -> None:
    spider = spider_of(SOURCE)
    stream = stream_of(spider)
    stream.cursor = {"todo": [[START, 0, 1]], "seen": [KEY]}
    failure = failed(error)
    failure.request.cb_kwargs["stream"] = stream  # type: ignore[attr-defined]

    async def receive() -> None:
        async for _ in spider.on_error(failure):
            raise AssertionError("something came of no answer")

    asyncio.run(receive())
    assert isinstance(spider.session, Notebook)
    assert spider.session.failures == [expected]
    assert not any(report.final for report in spider.session.reports), "other sites may still be asked"


def test_a_page_without_answer_is_tried_again_at_the_end() -> None:
    spider = spider_of(SOURCE)
    stream = stream_of(spider)
    stream.cursor = {"todo": [[f"{START}a", 1, 0], [f"{START}b", 1, 0]], "seen": [KEY], "read": 1}
    page = spider.parse_page(TextResponse(f"{START}a", status=0, flags=["unreachable", "x"]), stream)
    assert page.cursor["todo"][:2] == [[f"{START}b", 1, 0], [f"{START}a", 1, 1]]
    assert page.cursor["misses"] == 1
    stream.cursor = {"todo": [[f"{START}a", 1, 1]], "seen": [KEY], "read": 0}
    with pytest.raises(Unreachable):
        spider.parse_page(TextResponse(f"{START}a", status=0, flags=["unreachable", "x"]), stream)


# Options.


def test_options() -> None:
    SOURCE.options()
    with pytest.raises(ConfigError, match="needs addresses to begin with"):
        SOURCE.spider.check(SOURCE.options())
    with pytest.raises(ConfigError, match="raise max_pages"):
        SOURCE.spider.check(SOURCE.options(start=(START, f"{START}a"), max_pages=1))
    SOURCE.spider.check(SOURCE.options(start=(START,)))
    silent = [name for name, each in SOURCE.options.model_fields.items() if not each.description]
    assert not silent
    for wrong in (
        {"start": ("ftp://x",)}, {"start": ("https://a b",)}, {"include": ("(",)}, {"exclude": ("x" * 201,)},
        {"hosts": ("a/b",)}, {"max_pages": 0}, {"unknown": 1},
    ):  # fmt: skip
        with pytest.raises(ValidationError):
            SOURCE.options(**wrong)


def test_a_browser_is_asked_for() -> None:
    spider = spider_of(SOURCE, render="browser")
    assert spider.prepared(spider.page_request(stream_of(spider))).meta["playwright"] is True
    plain = spider_of(SOURCE).prepared(Request(START))
    assert "playwright" not in plain.meta
    assert "dont_obey_robotstxt" not in plain.meta
