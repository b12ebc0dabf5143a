"""The images of feeds, whatever their format and their faults."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pixcrawler_spiders import feed
from pixcrawler_spiders.feed_images import stem
from pydantic import ValidationError

from pixcrawler_core.errors import ConfigError
from pixcrawler_core.records import Candidate
from pixcrawler_core.sources import Blocked, LayoutChanged, SourceProblem
from tests.spiders.walks import START, answer, candidates, parse, spider_of, stream_of, walk

SOURCE = next(feed.register_sources())
BY = "https://creativecommons.org/licenses/by/4.0/"
SPACES = """xmlns:media="http://search.yahoo.com/mrss/" xmlns:content="http://purl.org/rss/1.0/modules/content/"
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:atom="http://www.w3.org/2005/Atom"
 xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"
 xmlns:creativeCommons="http://backend.userland.com/creativeCommonsRssModule" """


def rss(*items: str, channel: str = "") -> str:
    rows = "".join(f"<item>{item}</item>" for item in items)
    head = f'<?xml version="1.0"?><rss version="2.0" {SPACES}>'
    return f"{head}<channel><title>Zoo</title>{channel}{rows}</channel></rss>"


def one(item: str, **options: Any) -> Candidate:
    (found,) = candidates(SOURCE, rss(item), **options)
    return found


def addresses(item: str, **options: Any) -> list[str]:
    return [each.image_url.removeprefix(START) for each in candidates(SOURCE, rss(item), **options)]


def test_fields_of_media_rss() -> None:
    found = one(
        """<title>One &amp; &eacute;</title><link>https://blog.example/1</link><guid>g1</guid>
        <pubDate>Mon, 06 May 2024 07:08:09 +0200</pubDate><dc:creator>Ann</dc:creator><category>zoo</category>
        <media:content url="/1.jpg" type="image/jpeg" width="1000" height="800" fileSize="1234">
        <media:title>Its own</media:title><media:description>A &lt;b&gt;bear&lt;/b&gt;</media:description>
        <media:keywords>zoo, bear</media:keywords><media:thumbnail url="/t.jpg"/>
        <media:credit role="photographer">Bob</media:credit><media:copyright>2024 Bob</media:copyright>
        <media:license type="text/html" href="https://creativecommons.org/licenses/by/4.0/">BY</media:license>
        </media:content>"""
    )
    assert (found.engine, found.image_url, found.thumbnail_url) == ("feed", f"{START}1.jpg", f"{START}t.jpg")
    assert (found.width, found.height, found.filesize_bytes, found.format) == (1000, 800, 1234, "image/jpeg")
    assert (found.title, found.tags, found.creator) == ("Its own", ("zoo", "bear"), "Bob")
    assert (found.license, found.license_url) == ("cc-by-4.0", BY)
    assert (found.page_url, found.site, found.engine_id) == ("https://blog.example/1", "blog.example", "g1")
    assert found.date == "2024-05-06T07:08:09+02:00"
    assert found.extra == {"caption": "A bear", "rights": "2024 Bob", "page_title": "Zoo"}


def test_what_the_item_says_holds_for_its_images() -> None:
    found = one(
        "<title>One &amp; &eacute;</title><category>zoo</category><category>zoo</category>"
        "<dc:creator>Ann</dc:creator>"
        "<creativeCommons:license>https://creativecommons.org/licenses/by/4.0/</creativeCommons:license>"
        '<enclosure url="/1.jpg" length="55" type="image/jpeg"/>'
    )
    assert (found.title, found.tags, found.creator, found.license) == (
        "One & é",
        ("zoo",),
        "Ann",
        "cc-by-4.0",
    )
    assert (found.filesize_bytes, found.format) == (55, "image/jpeg")


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ('<enclosure url="1.jpg" type="image/jpeg"/><enclosure url="2.mp3" type="audio/mpeg"/>', ["1.jpg"]),
        ('<enclosure url="1.jpg"/><enclosure url="2"/>', ["1.jpg"]),
        ('<media:content url="1" medium="image"/><media:content url="2" medium="video"/>', ["1"]),
        ('<media:content url="1.mp4"/><media:content url="2.png"/><media:content url="photo?id=3"/>',
         ["2.png", "photo?id=3"]),
        ('<media:group><media:content url="s.jpg" width="100" height="100"/>'
         '<media:content url="l.jpg" width="900" height="900"/></media:group>', ["l.jpg"]),
        ('<media:content url="a?w=1" width="140" medium="image"/><media:content url="a?w=2" width="460" '
         'medium="image"/>', ["a?w=2"]),
        ('<media:thumbnail url="t.jpg"/>', ["t.jpg"]),
        ('<media:thumbnail url="t.jpg"/><media:content url="1.jpg"/>', ["1.jpg"]),
        ('<itunes:image href="c.jpg"/>', ["c.jpg"]),
        ('<itunes:image href="c.jpg"/><enclosure url="1.jpg" type="image/jpeg"/>', ["1.jpg"]),
        ("<image><url>1.jpg</url></image>", ["1.jpg"]),
        ("<description>&lt;p&gt;&lt;img src='1.jpg'&gt;</description>", ["1.jpg"]),
        ("<content:encoded><![CDATA[<a href=b.jpg><img src=1.jpg></a> & ]]></content:encoded>", ["b.jpg"]),
        ("<content:encoded><![CDATA[<img src=1.gif width=1 height=1>]]></content:encoded>", []),
        ('<media:content url="panda.jpg"/><description>&lt;img src="panda-300x200.jpg"&gt;'
         '&lt;img src="tiger.jpg"&gt;</description>', ["panda.jpg", "tiger.jpg"]),
        ('<media:content url="s.jpg" width="16"/><enclosure url="d.svg" type="image/svg+xml"/>', []),
        ("<description>plain words</description>", []),
        ("", []),
    ],
)  # fmt: skip
def test_where_images_are(item: str, expected: list[str]) -> None:
    assert addresses(item) == expected


def test_the_logo_of_a_channel_is_no_image_of_it() -> None:
    body = rss("<title>x</title>", channel="<image><url>/logo.png</url></image><itunes:image href='/c.jpg'/>")
    page = parse(SOURCE, body)
    assert (list(page.candidates), page.done) == ([], True)


ATOM = """<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom"
 xml:base="https://blog.example/x/"><title>Zoo</title><id>urn:zoo</id><link rel="self" href="feed"/>
<link rel="next" href="feed?page=2"/><author><name>Ann</name><uri>/ann</uri></author>
<rights>2024 Ann. All rights reserved.</rights>
<entry><title type="html">Red &amp;lt;i&amp;gt;panda&amp;lt;/i&amp;gt;</title>
<id>urn:1</id><link href="1.html"/>
<published>2024-05-06T07:08:09Z</published><category term="zoo"/>
<link rel="license" href="https://creativecommons.org/licenses/by/4.0/"/>
<link rel="enclosure" type="image/png" length="55" href="1.png"/>
<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><img src="2.jpg" alt="Two"/></div></content>
</entry>
<entry><title>Three</title><content type="image/jpeg" src="3.jpg"/></entry></feed>"""


def test_atom() -> None:
    first, second, third = candidates(SOURCE, ATOM)
    assert first.image_url == "https://blog.example/x/1.png"
    assert (first.title, first.tags, first.filesize_bytes) == ("Red <i>panda</i>", ("zoo",), 55)
    assert (first.page_url, first.engine_id) == ("https://blog.example/x/1.html", "urn:1")
    assert (first.license, first.date) == ("cc-by-4.0", "2024-05-06T07:08:09Z")
    assert (first.creator, first.creator_url) == ("Ann", "https://blog.example/ann")
    assert (second.image_url, second.alt) == ("https://blog.example/x/2.jpg", "Two")
    assert (third.image_url, third.license) == ("https://blog.example/x/3.jpg", "all-rights-reserved")


def test_rss_1() -> None:
    body = f"""<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
    xmlns:cc="http://web.resource.org/cc/" {SPACES}><channel><title>Zoo</title></channel>
    <image rdf:about="/logo.png"><url>/logo.png</url></image><item rdf:about="https://blog.example/1">
    <title>One</title><dc:date>2024-05-06</dc:date><cc:license rdf:resource="{BY}"/>
    <media:content url="/1.jpg"/></item></rdf:RDF>"""
    (found,) = candidates(SOURCE, body)
    assert (found.page_url, found.date, found.license) == (
        "https://blog.example/1",
        "2024-05-06",
        "cc-by-4.0",
    )


JSON_FEED: dict[str, Any] = {
    "version": "https://jsonfeed.org/version/1.1",
    "title": "Zoo",
    "next_url": "/json?page=2",
    "authors": [{"name": "Ann", "url": "/ann"}],
    "items": [
        {
            "id": "1",
            "url": "/1.html",
            "title": "One",
            "tags": ["zoo"],
            "date_published": "2024-05-06T07:08:09Z",
            "image": "/1.jpg",
            "banner_image": "/b.jpg",
            "content_html": "<img src='/2.jpg'><img src='/1-300x200.jpg'>",
            "attachments": [
                {"url": "/a.png", "mime_type": "image/png", "size_in_bytes": 55, "title": "A"},
                {"url": "/a.mp3", "mime_type": "audio/mpeg"},
            ],
        }
    ],
}


def test_json_feed() -> None:
    page = parse(SOURCE, json.dumps(JSON_FEED))
    names = [each.image_url.removeprefix(START) for each in page.candidates]
    assert names == ["1.jpg", "b.jpg", "a.png", "2.jpg"]
    first, attachment = page.candidates[0], page.candidates[2]
    assert (first.title, first.tags, first.creator, first.engine_id) == ("One", ("zoo",), "Ann", "1")
    assert (first.page_url, first.date) == (f"{START}1.html", "2024-05-06T07:08:09Z")
    assert (attachment.title, attachment.format, attachment.filesize_bytes) == ("A", "image/png", 55)
    assert page.cursor["todo"] == [[f"{START}json?page=2", 1, 0]]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_encodings_of_json_feeds(encoding: str) -> None:
    item, spider = {"title": "Löwe", "image": "/1.jpg"}, spider_of(SOURCE)
    body = json.dumps({"items": [item]}, ensure_ascii=False).encode(encoding)
    told = answer(START, body, Content_Type=f"application/json; charset={encoding}")
    (found,) = spider.parse_page(told, stream_of(spider)).candidates
    assert (found.title, found.image_url) == ("Löwe", f"{START}1.jpg")


def test_what_an_item_of_a_json_feed_says_holds_for_its_images() -> None:
    item = {
        "summary": "Two",
        "external_url": "https://blog.example/2",
        "content_html": "<img src=/2.jpg alt=2>",
    }
    attachments = [{"url": "/3", "mime_type": "image/png"}, {"url": "/4.jpg?w=1"}, {"url": "/4.svg"}]
    page = parse(SOURCE, json.dumps({"items": [item | {"attachments": attachments}]}))
    assert [each.image_url.removeprefix(START) for each in page.candidates] == ["3", "4.jpg?w=1", "2.jpg"]
    assert {each.title for each in page.candidates} == {"Two"}
    assert {each.page_url for each in page.candidates} == {"https://blog.example/2"}


@pytest.mark.parametrize(
    "items",
    [
        [None, 7, "x", [], {}],
        [{"image": 7, "attachments": {}, "tags": "x", "authors": None, "content_html": []}],
    ],
)
def test_odd_items_of_json_feeds(items: list[Any]) -> None:
    page = parse(SOURCE, json.dumps({**JSON_FEED, "items": items}))
    assert not page.candidates


def test_it_reads_on_to_the_end() -> None:
    more = '<atom:link rel="next" href="/?page=2&x=1"/><atom:link rel="prev-archive" href="/old"/>'
    item = '<enclosure url="{}.jpg"/>'
    web = {
        START: rss(item.format(1), channel=more),
        f"{START}?page=2&x=1": rss(item.format(2), channel='<atom:link rel="next" href="/"/>'),
        f"{START}old": rss(item.format(3)),
    }
    asked, found = walk(spider_of(SOURCE), web)
    assert asked == list(web)
    assert [each.image_url.removeprefix(START) for each in found] == ["1.jpg", "2.jpg", "3.jpg"]
    assert len(walk(spider_of(SOURCE, max_pages=2), web)[0]) == 2


def test_a_page_leads_to_its_feeds() -> None:
    head = '<link rel="alternate" type="application/atom+xml" href="/atom"><link rel=alternate href=/de>'
    web = {START: f"<!doctype html><title>Blog</title>{head}", f"{START}atom": ATOM}
    asked, found = walk(spider_of(SOURCE, max_pages=2), web)
    assert asked == [START, f"{START}atom"]
    assert len(found) == 3


def test_one_feed_that_fails_does_not_end_the_others() -> None:
    spider = spider_of(SOURCE, start=(START, f"{START}b", f"{START}c"))
    asked, found = walk(
        spider, {START: 404, f"{START}b": "no feed", f"{START}c": rss('<enclosure url="1.jpg"/>')}
    )
    assert (len(asked), len(found)) == (3, 1)


@pytest.mark.parametrize(
    ("body", "kind", "told"),
    [
        ("<!doctype html><title>Blog</title>", LayoutChanged, "neither a feed nor a page that links to one"),
        ("words", LayoutChanged, "plain text"),
        ('{"items": 7}', LayoutChanged, "JSON"),
        ("{", LayoutChanged, "JSON"),
        ("", LayoutChanged, "white space"),
        (403, Blocked, "HTTP 403"),
        (404, SourceProblem, "HTTP 404"),
    ],
)
def test_what_is_no_feed(body: str | int, kind: type[SourceProblem], told: str) -> None:
    with pytest.raises(kind, match=told):
        walk(spider_of(SOURCE), {START: body})


def test_only_what_matches() -> None:
    body = rss(
        '<title>Red pandas</title><enclosure url="1.jpg"/>',
        '<title>x</title><category>red</category><category>panda</category><enclosure url="2.jpg"/>',
        '<title>Tiger</title><enclosure url="3.jpg"/>',
    )
    assert len(candidates(SOURCE, body, match="keywords")) == 2
    assert len(candidates(SOURCE, body)) == 3


def test_entities_of_strangers() -> None:
    lines = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    lines += '<!ENTITY f SYSTEM "file:///etc/passwd">'
    item = '<item><title>T &e11; &f; &nbsp;&unknown; a & b</title><enclosure url="1.jpg"/></item>'
    bomb = f'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY e0 "ha">{lines}]><rss><channel>{item}</channel></rss>'
    (found,) = candidates(SOURCE, bomb)
    assert found.title is not None
    assert len(found.title) < 100
    assert "root" not in found.title


def test_namespaces_that_are_not_declared() -> None:
    body = '<rss><channel><item><media:content url="1.jpg" width="900"/></item></channel></rss>'
    (found,) = candidates(SOURCE, body)
    assert found.width == 900


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://x.example/a/Panda-300x200.jpg?x", "panda"),
        ("https://x.example/panda_b.jpg", "panda"),
        ("https://x.example/panda@2x.png", "panda"),
        ("https://x.example/panda-scaled-1.jpg", "panda"),
        ("https://x.example/red-panda.jpg", "red-panda"),
        ("https://x.example/123.jpg", "123"),
    ],
)
def test_names_without_sizes(url: str, expected: str) -> None:
    assert stem(url) == expected


WHOLE = [
    ATOM.encode(),
    json.dumps(JSON_FEED).encode(),
    rss('<media:content url="1.jpg" width="9"/>').encode(),
]


@settings(max_examples=150, deadline=None, database=None)
@given(st.sampled_from(WHOLE), st.binary(max_size=30), st.integers(0, 1500), st.integers(0, 60))
def test_damaged_feeds(whole: bytes, garbage: bytes, start: int, length: int) -> None:
    for body in (whole[:start], whole[:start] + garbage + whole[start + length :]):
        try:
            page = parse(SOURCE, body)
        except SourceProblem:
            continue
        json.dumps(page.cursor)
        assert all(each.image_url.startswith("http") for each in page.candidates)


def test_options() -> None:
    SOURCE.options()
    with pytest.raises(ConfigError, match="needs addresses to begin with"):
        SOURCE.spider.check(SOURCE.options())
    with pytest.raises(ValidationError):
        SOURCE.options(start=("feed.xml",))
    assert all(each.description for each in SOURCE.options.model_fields.values())
