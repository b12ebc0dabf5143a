from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pixcrawler_spiders import flickr_web
from scrapy.http import HtmlResponse

from pixcrawler_core.crawl.plan import Page, Plan, Question, Stream
from pixcrawler_core.errors import ConfigError
from pixcrawler_core.sources import Blocked, LayoutChanged, SourceProblem
from pixcrawler_core.testing.odd import ODD_VALUES, Notebook, changed, paths
from pixcrawler_core.testing.web.engines.flickr_web import Simulated
from tests.spiders import talk

MODEL = "search-photos-lite-models"


def photo(number: int, **changes: Any) -> dict[str, Any]:
    """A photo as the page holds it, made up."""
    sizes = {
        name: {
            "data": {
                "displayUrl": f"//live.example/65535/{number}_abc{suffix}.jpg",
                "url": f"//live.example/65535/{number}_abc{suffix}.jpg",
                "width": width,
                "height": width * 3 // 4,
                "key": name,
            }
        }
        for name, suffix, width in (("sq", "_s", 75), ("n", "_n", 320), ("l", "_b", 1024), ("m", "", 500))
    }
    usual = {
        "_flickrModelRegistry": "photo-lite-models",
        "id": str(number),
        "title": f"Panda%20number%20{number}",
        "description": "A%20%3Cb%3Ered%3C/b%3E%20panda%20%u5409%uD83D%uDC3C",
        "username": "ann%20e",
        "realname": "Ann%20Ex%E9mple",
        "pathAlias": "ann-example",
        "ownerNsid": "1234567@N00",
        "license": 5,
        "media": "photo",
        "sizes": {"data": sizes},
    }
    return {**usual, **changes}


def exported(*photos: Any, total: Any = 60) -> dict[str, Any]:
    """The data of a page: of each photo the legend tells the path."""
    held = [{"data": each} for each in photos]
    path = [MODEL, "0", "data", "photos", "data", "_data"]
    return {
        "legend": [[MODEL, "0"], *([*path, str(place), "data"] for place in range(len(held)))],
        "main": {MODEL: [{"data": {"photos": {"data": {"_data": held, "totalItems": total}}}}]},
    }


def page_of(export: Any) -> bytes:
    """A page that holds the data."""
    told = export if isinstance(export, str) else json.dumps(export)
    return (
        "<!DOCTYPE html>\n<html><head><title>Search: panda | Flickr</title></head><body>\n"
        f"<script class='modelExport'>\nY.ClientApp.init({{\n\t\tmodelExport: {told},\n"
        "\t\tauth: {signedIn: false},\n});\n</script><script src='/recaptcha/api.js'></script></body></html>"
    ).encode("utf-8", "replace")


NOTHING_FOUND = page_of(exported(total=0))


def spider(**options: Any) -> flickr_web.FlickrWebSpider:
    made = flickr_web.FlickrWebSpider()
    made.options = flickr_web.FlickrWebOptions(accept_terms=True, **options)
    made.session = Notebook(plan=Plan(wanted={}, default_wanted=None, questions=()))
    return made


def stream(page: int = 1, query: str = "red panda") -> Stream:
    question = Question(category="red-panda", engine="flickr_web", query=query)
    return Stream(order=0, question=question, page=page)


def parse(body: bytes, page: int = 1, url: str = "https://www.flickr.com/search/?text=panda") -> Page:
    return spider().parse_page(HtmlResponse(url, body=body), stream(page))


def test_fields() -> None:
    (found,) = parse(page_of(exported(photo(1)))).candidates
    assert (found.engine, found.category, found.query) == ("flickr_web", "red-panda", "red panda")
    assert found.image_url == "https://live.example/65535/1_abc_b.jpg"
    assert found.thumbnail_url == "https://live.example/65535/1_abc_n.jpg"
    assert (found.width, found.height, found.format) == (1024, 768, "jpg")
    assert (found.title, found.alt) == ("Panda number 1", "A red panda 吉🐼")
    assert found.page_url == "https://www.flickr.com/photos/1234567@N00/1"
    assert (found.site, found.engine_id) == ("flickr.com", "1")
    assert found.license == "cc-by-sa-2.0"
    assert found.license_url == "https://creativecommons.org/licenses/by-sa/2.0/"
    assert found.creator == "Ann Exémple"
    assert found.creator_url == "https://www.flickr.com/photos/ann-example/"


def test_the_largest_size_is_taken_whatever_its_name() -> None:
    sizes = {
        "n": {"data": {"url": "//live.example/n.jpg", "width": "320", "height": "240"}},
        "x": {"data": {"url": "//live.example/x.jpg", "width": 9999, "height": 9999}},
        "o": {"data": {"url": "//live.example/o.png", "width": 4000, "height": 3000}},
    }
    (found,) = parse(page_of(exported(photo(1, sizes={"data": sizes})))).candidates
    assert (found.image_url, found.width, found.format) == ("https://live.example/o.png", 4000, None)
    unmeasured = {name: {"data": {"url": f"//live.example/{name}.jpg"}} for name in ("t", "z", "h")}
    (found,) = parse(page_of(exported(photo(1, sizes={"data": unmeasured})))).candidates
    assert (found.image_url, found.width) == ("https://live.example/h.jpg", None)


def test_the_order_is_that_of_the_legend() -> None:
    export = exported(photo(1), photo(2), photo(3))
    export["legend"].reverse()
    assert [each.engine_id for each in parse(page_of(export)).candidates] == ["3", "2", "1"]


def test_legend_that_leads_nowhere() -> None:
    export = exported(photo(1), photo(2))
    export["legend"] += [None, [], 7, [MODEL, "9"], [MODEL, "x", "data"], ["gone", 0, "data"], [MODEL, 0, {}]]
    assert [each.engine_id for each in parse(page_of(export)).candidates] == ["1", "2"]
    export["legend"] = []
    assert [each.engine_id for each in parse(page_of(export)).candidates] == ["1", "2"]
    del export["legend"]
    assert [each.engine_id for each in parse(page_of(export)).candidates] == ["1", "2"]


def test_the_older_form_without_wrapping() -> None:
    sizes = {"k": {"url": "//live.example/1_k.jpg", "width": 2048, "height": 1536, "key": "k"}}
    held = {"photos": {"_data": [None, photo(1, sizes=sizes)]}, "totalItems": 2}
    export = {"legend": [[MODEL, "0", "photos", "_data", "1"]], "main": {MODEL: [held]}}
    page = parse(page_of(export))
    assert [each.image_url for each in page.candidates] == ["https://live.example/1_k.jpg"]
    assert page.done


@pytest.mark.parametrize("word", ["undefined", "void 0"])
def test_javascript_that_is_no_json(word: str) -> None:
    told = json.dumps(exported(photo(1, title="say%20undefined"), photo(2, license="?")))
    body = page_of(told.replace('"?"', word).replace('"media": "photo"', f'"media": {word}'))
    found = parse(body).candidates
    assert [(each.title, each.license) for each in found] == [
        ("say undefined", "cc-by-sa-2.0"),
        ("Panda number 2", None),
    ]


def test_videos_placeholders_and_empty_places_are_left_out() -> None:
    gone = {
        "l": {"data": {"url": "//live.example/images/photo_unavailable.png", "width": 500, "height": 500}}
    }
    export = exported(photo(1, media="video"), photo(2, sizes={"data": gone}), photo(3), None, {}, photo(4))
    assert [each.engine_id for each in parse(page_of(export)).candidates] == ["3", "4"]


def test_what_is_odd_in_one_photo_does_not_spoil_the_others() -> None:
    whole = exported(photo(1), photo(2), photo(3))
    first = (("main", MODEL, 0, "data", "photos", "data", "_data", 0, "data"), photo(1))
    for path in list(paths(first[1])):
        for odd in (..., *ODD_VALUES):
            found = parse(page_of(changed(whole, (*first[0], *path), odd))).candidates
            assert {"2", "3"} <= {each.engine_id for each in found}, f"{path} = {odd!r}"


def test_odd_data_are_problems_of_the_source() -> None:
    whole = exported(photo(1))
    for path in list(paths(whole))[:60]:
        for odd in (..., *ODD_VALUES):
            try:
                found = parse(page_of(changed(whole, path, odd))).candidates
            except SourceProblem:
                continue
            assert all(each.image_url.startswith("http") for each in found), f"{path} = {odd!r}"


BODY = page_of(exported(*(photo(number) for number in range(3))))


@settings(max_examples=120, deadline=None, database=None)
@given(st.binary(max_size=30), st.integers(0, len(BODY)), st.integers(0, 60))
def test_damaged_pages_are_problems_of_the_source(garbage: bytes, start: int, length: int) -> None:
    for body in (BODY[:start], BODY[start:], BODY[:start] + garbage + BODY[start + length :]):
        try:
            page = parse(body)
        except SourceProblem:
            continue
        assert all(each.image_url.startswith("https://") for each in page.candidates)


@pytest.mark.parametrize(
    ("page", "total", "done"),
    [
        (1, 60, False),
        (2, "60", False),
        (3, 60, True),
        (159, 9999, False),
        (160, 9999, True),
        (1, None, False),
    ],
)
def test_the_last_page(page: int, total: Any, done: bool) -> None:
    assert parse(page_of(exported(photo(1), total=total)), page).done is done


def test_nothing_found() -> None:
    page = parse(NOTHING_FOUND)
    assert (list(page.candidates), page.done) == ([], True)
    told = parse(b"<html><h3>Oops! There are no matches for panda.</h3></html>")
    assert (list(told.candidates), told.done) == ([], True)
    beyond = parse(page_of(exported(None, None, total=60)), page=4)
    assert (list(beyond.candidates), beyond.done) == ([], True)


def test_unknown_forms_are_changed_layouts() -> None:
    unreadable = copy.deepcopy(exported(photo(1, sizes={}), photo(2, sizes=None)))
    renamed = exported(photo(1))
    renamed["main"] = {"search-photos-models-2": renamed["main"][MODEL]}
    for body in (b"<html>Hello</html>", page_of("{}"), page_of(unreadable), page_of(renamed), b"", b"{}"):
        with pytest.raises(LayoutChanged):
            parse(body)
    with pytest.raises(LayoutChanged):
        parse(page_of(exported(total=60)))


def test_blocks() -> None:
    challenge = b"<html><title>Just a moment...</title><div class='cf-turnstile-response'></div></html>"
    with pytest.raises(Blocked, match="Cloudflare"):
        parse(challenge)
    for body in (b"<form action='/x' id='challenge-form'></form>", b"<div data-sitekey='x'></div>"):
        with pytest.raises(Blocked):
            parse(body)


def test_the_request() -> None:
    request = spider().page_request(stream(2))
    assert request.url.startswith("https://www.flickr.com/search/?")
    usual = {"text": "red panda", "page": "2", "media": "photos", "sort": "relevance", "safe_search": "2"}
    assert talk.asked(request) == usual


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"license": "commercial"}, {"license": "4,5,6,7,8,9,10,11,12,13"}),
        ({"color": "teal"}, {"color_codes": "7"}),
        ({"aspect": "square"}, {"orientation": "square"}),
        ({"type": "illustration"}, {"content_types": "2"}),
        ({"size": "medium"}, {"dimension_search_mode": "min", "width": "640", "height": "640"}),
        (
            {"min_width": 900, "min_height": 2000, "size": "large"},
            {"dimension_search_mode": "min", "width": "1024", "height": "2000"},
        ),
        ({"safe_search": "strict"}, {"safe_search": "1"}),
        ({"since": "2020-01-02"}, {"min_upload_date": "1577923200"}),
        ({"until": "2020-01-02"}, {"max_upload_date": "1578009599"}),
    ],
)
def test_filters(filters: dict[str, Any], expected: dict[str, str]) -> None:
    assert set(filters) <= flickr_web.FlickrWebSpider.filters
    usual = talk.asked(talk.wanting(spider()).page_request(stream()))
    assert talk.asked(talk.wanting(spider(), **filters).page_request(stream())) == usual | expected


def test_it_is_off_until_its_terms_are_accepted() -> None:
    source = next(flickr_web.register_sources())
    assert source.terms
    assert source.spider.name == source.name
    assert not [name for name, field in source.options.model_fields.items() if not field.description]
    with pytest.raises(ConfigError, match="accept_terms"):
        source.spider.check(source.options())


def test_page_by_page_to_the_end() -> None:
    engine, asking = Simulated(talk.collection(), talk.PORT), spider(endpoint=talk.endpoint("flickr_web"))
    pages = talk.walk(asking, engine, stream(query=""))
    found = [candidate for page in pages for candidate in page.candidates]
    expected = engine.search("")
    assert [each.engine_id for each in found] == [str(engine.number_of(each)) for each in expected]
    assert [(each.title, each.width) for each in found] == [(each.title, each.width) for each in expected]
    assert [each.creator or "" for each in found] == [each.creator for each in expected]
    assert len(pages) == -(-len(expected) // 25) > 1


def test_the_simulated_source_refuses_as_flickr_does() -> None:
    engine, asking = Simulated(talk.collection(), talk.PORT), spider(endpoint=talk.endpoint("flickr_web"))
    with pytest.raises(Blocked):
        parse(bytes(engine.block().body))  # type: ignore[arg-type]  # bytes, as it was made
    with pytest.raises(LayoutChanged):
        parse(bytes(engine.layout().body))  # type: ignore[arg-type]  # bytes, as it was made
    empty = talk.next_page(asking, engine, stream(query="no such thing"))
    assert (list(empty.candidates), empty.done) == ([], True)
