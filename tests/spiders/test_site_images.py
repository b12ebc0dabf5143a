"""How pages name their images, and what they tell of them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pixcrawler_spiders import site
from pixcrawler_spiders.markup import backgrounds, names_image, variants

from pixcrawler_core.records import Candidate
from pixcrawler_core.sources import SourceProblem
from tests.spiders.walks import START, candidates, parse

SOURCE = next(site.register_sources())
BY = "https://creativecommons.org/licenses/by/4.0/"
ZERO = "https://creativecommons.org/publicdomain/zero/1.0/"


def page(body: str, head: str = "") -> str:
    return f"<!doctype html><html><head><title>The zoo</title>{head}</head><body>{body}</body></html>"


def one(body: str, head: str = "", **options: Any) -> Candidate:
    (found,) = candidates(SOURCE, page(body, head), **options)
    return found


def addresses(body: str, head: str = "", **options: Any) -> list[str]:
    found = candidates(SOURCE, page(body, head), **options)
    return [each.image_url.removeprefix(START) for each in found]


def linked(**node: Any) -> str:
    return f'<script type="application/ld+json">{json.dumps(node)}</script>'


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("<img src=a.jpg>", ["a.jpg"]),
        ("<img src=' a\n.jpg '>", ["a.jpg"]),
        ("<img src='data:image/gif;base64,R0' data-src=a.jpg>", ["a.jpg"]),
        ("<img src=spacer.gif data-original=a.jpg>", ["a.jpg"]),
        ("<img src=s.jpg srcset='s.jpg 200w, l.jpg 900w, m.jpg 500w'>", ["l.jpg"]),
        ("<img src=s.jpg srcset='m.jpg 1.5x,l.jpg 2x'>", ["l.jpg"]),
        ("<img src=s.jpg data-srcset='l.jpg 900w'>", ["l.jpg"]),
        ("<img srcset='only.jpg'>", ["only.jpg"]),
        ("<picture><source srcset='a.avif 2x' type=image/avif><source srcset='a.webp 2x' type=image/webp>"
         "<img src=a.jpg></picture>", ["a.webp"]),
        ("<picture><source srcset='a.svg 9x' type=image/svg+xml><img src=a.jpg></picture>", ["a.jpg"]),
        ("<a href=big.jpg><img src=small.jpg></a>", ["big.jpg"]),
        ("<a href=page.html><img src=small.jpg></a>", ["small.jpg"]),
        ("<a href=/wiki/File:Panda.jpg><img src=small.jpg></a>", ["small.jpg"]),
        ("<a href=/wiki/Datei%3APanda.jpg><img src=small.jpg></a>", ["small.jpg"]),
        ("<a href=big.jpg>a picture</a>", ["big.jpg"]),
        ("<video poster=p.jpg></video>", ["p.jpg"]),
        ("<div style=\"background: #fff url('b.jpg') no-repeat\"></div>", ["b.jpg"]),
        ("<style>@font-face{src:url(f.woff)} p{background-image:url(b.jpg)}</style>", ["b.jpg"]),
        ("<span itemprop=image><meta itemprop='url image' content=m.jpg></span>", ["m.jpg"]),
        ("<a itemprop=contentUrl href=/download/7>get</a>", ["download/7"]),
        ("<noscript><img src=n.jpg></noscript>", ["n.jpg"]),
        ("<img src=a.svg><img src=favicon.ico><img src=blob:x><img src=javascript:1><img src=''>", []),
        ("<img src='http://[bad'><img src='ftp://x.example/a.jpg'><img>", []),
        ("<img src=a.jpg><img src=./a.jpg><img src=a.jpg#x>", ["a.jpg"]),
    ],
)  # fmt: skip
def test_ways_of_naming_an_image(body: str, expected: list[str]) -> None:
    assert addresses(body) == expected


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("<meta property=og:image content=o.jpg><meta name=twitter:image content=o.jpg>", ["o.jpg"]),
        ("<meta property=og:image content=http://x.example/o.jpg>"
         "<meta property=og:image:secure_url content=/o.jpg>", ["o.jpg"]),
        ("<meta property=og:image content=1.jpg><meta property=og:image content=2.jpg>", ["1.jpg", "2.jpg"]),
        ("<meta property=og:image:width content=5><meta property=og:title content=x>", []),
        ("<meta name=twitter:image:src content=t.jpg>", ["t.jpg"]),
        ("<link rel='image_src' href=l.jpg>", ["l.jpg"]),
        ("<meta property=og:image content=d.svg><meta property=og:image content=>", []),
    ],
)  # fmt: skip
def test_images_of_the_head(head: str, expected: list[str]) -> None:
    assert addresses("", head) == expected


def test_what_is_shown_comes_first() -> None:
    head = "<meta property=og:image content=o.jpg><style>p{background:url(b.jpg)}</style>"
    assert addresses("<img src=a.jpg>" + linked(image="l.jpg"), head) == ["a.jpg", "l.jpg", "o.jpg", "b.jpg"]


def test_fields_of_an_image() -> None:
    found = one('<img src=/a.jpg alt="A &amp; B" title=" T " width=300 height=200>')
    assert (found.engine, found.category, found.query) == ("site", "red-panda", "red panda")
    assert (found.title, found.alt, found.page_url, found.site) == ("T", "A & B", START, "zoo.example")
    assert (found.width, found.height) == (None, None), "the size of the box is not that of the image"
    assert found.extra == {"page_title": "The zoo"}


def test_a_thumbnail_and_its_original() -> None:
    found = one("<a href=big.jpg title=Big><img src=t.jpg alt=Panda width=20 height=20></a>", min_side=0)
    assert (found.thumbnail_url, found.title, found.alt) == (f"{START}t.jpg", "Big", "Panda")
    assert one("<img srcset='a.jpg 900w'>").width == 900


def test_base_and_captions() -> None:
    found = one("<figure><img src=a.jpg><figcaption>A <b>cap</b></figcaption></figure>", "<base href=/x/>")
    assert (found.image_url, found.title) == (f"{START}x/a.jpg", "A cap")
    figure = "<figure><img src=a.jpg title=T><figcaption>C</figcaption></figure>"
    assert one(figure).extra["caption"] == "C"


def test_icons_are_skipped() -> None:
    icons = "<img src=i.png width=16><img src=j.png height=1px><img src=a.jpg width=100% height=200>"
    assert addresses(icons) == ["a.jpg"]
    assert len(addresses(icons, min_side=0)) == 3
    assert (
        addresses("", "<meta property=og:image content=o.jpg><meta property=og:image:width content=32>") == []
    )


def test_linked_data() -> None:
    found = one(
        linked(
            **{"@context": "https://schema.org/", "@type": "ImageObject"},
            contentUrl="/a.jpg",
            thumbnailUrl="/t.jpg",
            width="1200px",
            height={"@type": "QuantitativeValue", "value": 800},
            contentSize="1.2 MB",
            encodingFormat="image/jpeg",
            name="A name",
            caption="A caption",
            keywords="zoo, bear",
            license=BY,
            acquireLicensePage="/buy",
            creditText="Agency",
            copyrightNotice="Ann 2024",
            creator={"@type": "Person", "name": "Ann", "url": "/ann"},
            datePublished="2024-05-06",
        )
    )
    assert (found.width, found.height, found.filesize_bytes, found.format) == (
        1200,
        800,
        1_200_000,
        "image/jpeg",
    )
    assert (found.title, found.tags, found.date) == ("A name", ("zoo", "bear"), "2024-05-06")
    assert (found.license, found.license_url) == ("cc-by-4.0", BY)
    assert (found.creator, found.creator_url) == ("Ann", f"{START}ann")
    assert found.thumbnail_url == f"{START}t.jpg"
    assert found.extra == {
        "caption": "A caption",
        "acquire_license_page": f"{START}buy",
        "credit": "Agency",
        "rights": "Ann 2024",
        "page_title": "The zoo",
    }


def test_linked_data_adds_to_what_is_shown() -> None:
    found = one(
        "<img src=a.jpg alt=Alt>" + linked(**{"@type": "ImageObject"}, url="a.jpg", license=BY, name="N")
    )
    assert (found.alt, found.title, found.license) == ("Alt", "N", "cc-by-4.0")


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        ({"image": "a.jpg"}, ["a.jpg"]),
        ({"image": ["a.jpg", {"url": "b.jpg"}, {"contentUrl": "c.jpg"}, {"@id": "#x"}, None, 7]},
         ["a.jpg", "b.jpg", "c.jpg"]),
        ({"@graph": [{"@type": ["Thing", "ImageObject"], "url": "a.jpg"}]}, ["a.jpg"]),
        ({"@type": "schema:ImageObject", "contentUrl": "a"}, ["a"]),
        ({"image": "a.jpg", "thumbnailUrl": "t.jpg"}, ["a.jpg"]),
        ({"@type": "VideoObject", "contentUrl": "v.mp4", "thumbnailUrl": ["t.jpg"]}, ["t.jpg"]),
        ({"publisher": {"logo": {"@type": "ImageObject", "url": "logo.png"}}}, []),
        ({"author": {"image": "me.jpg"}}, []),
        ({"contentUrl": "plain.jpg"}, ["plain.jpg"]),
        ({"@type": 7, "image": {"url": {"url": "a.jpg"}}}, []),
    ],
)  # fmt: skip
def test_shapes_of_linked_data(node: dict[str, Any], expected: list[str]) -> None:
    assert addresses(linked(**node)) == expected


@pytest.mark.parametrize("script", ["", "{", "[" * 50_000, "null", "7", '"x"', "{'a':1}", "<!-- {} -->"])
def test_linked_data_that_is_none(script: str) -> None:
    assert addresses(f'<script type="application/ld+json">{script}</script><img src=a.jpg>') == ["a.jpg"]


def test_wrapped_linked_data() -> None:
    told = '//<![CDATA[\n{"image":"a.jpg","name":"two\nlines"}\n//]]>'
    assert one(f'<script type="application/ld+json">\n{told}</script>').title == "two lines"


def test_the_licence_of_the_page() -> None:
    assert one("<img src=a.jpg>", f"<link rel=license href={BY}>").license == "cc-by-4.0"
    assert one(f"<img src=a.jpg><a rel='license nofollow' href={BY}>terms</a>").license_url == BY
    assert one("<img src=a.jpg><a rel=license href=/terms>terms</a>").license is None
    two = f"<img src=a.jpg><a rel=license href={BY}>1</a><a rel=license href={ZERO}>2</a>"
    assert one(two).license is None, "it is not said which of the two holds"


def test_the_licence_of_a_figure_is_its_own() -> None:
    figure = f"<figure><img src=f.jpg><a rel=license href={ZERO}>free</a></figure>"
    found = candidates(SOURCE, page(f"<img src=a.jpg>{figure}"))
    assert [each.license for each in found] == [None, "cc0-1.0"]
    found = candidates(SOURCE, page(f"<img src=a.jpg>{figure}", f"<link rel=license href={BY}>"))
    assert [each.license for each in found] == ["cc-by-4.0", "cc0-1.0"]


def test_only_what_matches() -> None:
    body = "<img src=red-panda.jpg><img src=1.jpg alt='A red panda'><img src=2.jpg alt=tiger>"
    assert addresses(body, match="keywords") == ["red-panda.jpg", "1.jpg"]
    assert len(addresses(body)) == 3


def test_deep_and_long_pages() -> None:
    assert addresses("<div>" * 1_500 + "<img src=deep.jpg>" + "</div>" * 1_500 + "<img src=a.jpg>") == [
        "deep.jpg",
        "a.jpg",
    ]
    assert len(addresses("".join(f"<img src={number}.jpg>" for number in range(11_000)))) == 10_000


def test_grammars() -> None:
    told = [
        (each.url, each.width, each.density)
        for each in variants("a,b.jpg 2x, , c.jpg 300w,d.jpg\t1.5x ,e, f 5h")
    ]
    assert told == [("a,b.jpg", 0, 2.0), ("c.jpg", 300, 1.0), ("d.jpg", 0, 1.5), ("e", 0, 1.0), ("f", 0, 1.0)]
    assert list(backgrounds('background:url( "a b.jpg" ),url(c.jpg);color:red')) == ["a b.jpg", "c.jpg"]
    assert names_image("https://x.example/a.JPEG?x=1")
    assert not names_image("https://x.example/a.html")


HOSTILE = page(
    "<picture><source srcset='a.jpg 1x,b.jpg 2x'><img src=c.jpg alt=c></picture>"
    "<a href=d.jpg><img src=e.jpg></a>"
    "<figure><img data-src=f.jpg><figcaption>F</figcaption></figure><i style='background:url(g.jpg)'></i>"
    + linked(image=[{"@type": "ImageObject", "url": "h.jpg", "license": BY}]),
    "<base href=/b/><meta property=og:image content=i.jpg><meta property=og:image:width content=99>",
).encode()


def check(body: bytes) -> None:
    """A page of the right shape, or a problem of the source."""
    try:
        found = parse(SOURCE, body)
    except SourceProblem:
        return
    for each in found.candidates:
        assert each.image_url.startswith(("http://", "https://"))
        assert all(value is None or 0 < value < 2**53 for value in (each.width, each.height))
        assert all(value is None or value.strip() for value in (each.title, each.alt, each.license))
    json.dumps(found.cursor)


@settings(max_examples=150, deadline=None, database=None)
@given(st.binary(max_size=40), st.integers(0, len(HOSTILE)), st.integers(0, 60))
def test_damaged_pages(garbage: bytes, start: int, length: int) -> None:
    check(HOSTILE[:start])
    check(HOSTILE[:start] + garbage + HOSTILE[start + length :])


PIECES = (
    "<img src=", "a.jpg", " srcset='", "'", '"', ">", "<a href=", "</a>", "<picture>", "<source ",
    "<base href=", "<meta property=og:image content=", "<script type=application/ld+json>", "</script>",
    "{", "}", '"image":', "<!--", "-->", "<![CDATA[", "]]>", "&", "&#0;", "&#xd800;", "//[", "\0", "\ud800",
    "<svg>", "<noscript>", "style='background:url(", ")", ",", " 1x", " 9w", "<figure>", "<figcaption>",
    "<template>", "\u202e",
)  # fmt: skip


@settings(max_examples=150, deadline=None, database=None)
@given(st.lists(st.sampled_from(PIECES), max_size=40))
def test_pieces_of_pages(pieces: list[str]) -> None:
    check(("<html>" + "".join(pieces)).encode("utf-8", "surrogatepass"))
