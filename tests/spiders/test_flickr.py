from __future__ import annotations

import json
from typing import Any

import pytest
from pixcrawler_spiders import flickr
from pixcrawler_spiders.flickr_common import LICENCES, licence

from pixcrawler_core.sources import Blocked, LayoutChanged, SourceProblem, Throttled
from pixcrawler_core.testing.sources import SourceContract
from pixcrawler_core.testing.web.engine import KEY
from pixcrawler_core.testing.web.engines.flickr import LICENCES as IDS
from pixcrawler_core.testing.web.engines.flickr import Simulated
from tests.spiders import talk


def photo(number: int, **changes: Any) -> dict[str, Any]:
    """A photo in the shape of the interface, made up."""
    usual = {
        "id": str(number),
        "owner": "1234567@N00",
        "secret": "abcdef0123",
        "server": "65535",
        "farm": 66,
        "title": f"Panda number {number}",
        "ispublic": 1,
        "license": "11",
        "description": {"_content": "A <b>red</b> panda &amp; a tree"},
        "dateupload": "1500000000",
        "datetaken": "2017-07-13 10:20:30",
        "datetakenunknown": "0",
        "ownername": "Ann Example",
        "pathalias": "ann-example",
        "o_width": "4000",
        "o_height": "3000",
        "tags": "red panda zoo",
        "media": "photo",
        "url_t": f"https://live.example/65535/{number}_abcdef0123_t.jpg",
        "width_t": 100,
        "height_t": 75,
        "url_l": f"https://live.example/65535/{number}_abcdef0123_b.jpg",
        "width_l": "1024",
        "height_l": "768",
    }
    return {**usual, **changes}


def answer(*photos: Any, **changes: Any) -> bytes:
    """A page of photos."""
    held = {"page": 1, "pages": 5, "perpage": 250, "total": "1200", "photo": list(photos)}
    return json.dumps({"photos": {**held, **changes}, "stat": "ok"}).encode()


def fail(code: Any, message: str = "Something is wrong") -> bytes:
    return json.dumps({"stat": "fail", "code": code, "message": message}).encode()


class TestFlickr(SourceContract):
    component = next(flickr.register_sources())
    page = answer(*(photo(number) for number in range(3)))
    results = ("photos", "photo")
    options = {"key": "k"}  # noqa: RUF012

    def one(self, **changes: Any) -> Any:
        (candidate,) = self.parse(answer(photo(1, **changes))).candidates
        return candidate

    def test_fields(self) -> None:
        found = self.one()
        assert found.image_url == "https://live.example/65535/1_abcdef0123_b.jpg"
        assert found.thumbnail_url == "https://live.example/65535/1_abcdef0123_t.jpg"
        assert (found.width, found.height, found.format) == (1024, 768, "jpg")
        assert (found.title, found.alt) == ("Panda number 1", "A red panda & a tree")
        assert found.tags == ("red", "panda", "zoo")
        assert found.page_url == "https://www.flickr.com/photos/1234567@N00/1"
        assert (found.site, found.engine_id) == ("flickr.com", "1")
        assert found.license == "cc-by-4.0"
        assert found.license_url == "https://creativecommons.org/licenses/by/4.0/"
        assert found.creator == "Ann Example"
        assert found.creator_url == "https://www.flickr.com/photos/ann-example/"
        assert found.date == "2017-07-13 10:20:30"
        assert found.extra == {"original_width": 4000, "original_height": 3000}

    def test_the_largest_size_is_taken(self) -> None:
        original = self.one(url_o="https://live.example/1_o.png", width_o=4000, height_o="3000", url_k="x")
        assert (original.image_url, original.format) == ("https://live.example/1_o.png", "png")
        assert (original.width, original.height) == (4000, 3000)
        large = self.one(url_k="https://live.example/1_k.jpg", width_k=2048, url_h="https://live.example/1_h")
        assert (large.image_url, large.width, large.height) == ("https://live.example/1_k.jpg", 2048, None)

    def test_without_addresses_they_are_made_from_the_parts(self) -> None:
        bare = {"url_t": None, "url_l": None}
        assert self.one(**bare).image_url == "https://live.staticflickr.com/65535/1_abcdef0123.jpg"
        whole = self.one(**bare, originalsecret="0a1b", originalformat="png")
        assert whole.image_url == "https://live.staticflickr.com/65535/1_0a1b_o.png"
        assert (whole.width, whole.height, whole.format) == (4000, 3000, "png")
        with pytest.raises(LayoutChanged, match="none of 1 photos"):
            self.parse(answer(photo(1, **bare, server="../etc")))

    def test_videos_and_placeholders_are_left_out(self) -> None:
        gone = photo(2, url_l="https://live.example/images/photo_unavailable.png")
        found = self.parse(answer(photo(1, media="video"), gone, photo(3))).candidates
        assert [each.engine_id for each in found] == ["3"]

    @pytest.mark.parametrize(
        ("number", "code"),
        [
            ("0", "all-rights-reserved"),
            (1, "cc-by-nc-sa-2.0"),
            ("4", "cc-by-2.0"),
            ("7", "no-known-restrictions"),
            ("8", "us-gov"),
            (9, "cc0-1.0"),
            ("10", "pdm"),
            ("12", "cc-by-sa-4.0"),
            ("16", "cc-by-nc-nd-4.0"),
            ("17", "flickr-17"),
            (None, None),
            ("x", None),
            (True, None),
        ],
    )
    def test_licences(self, number: Any, code: str | None) -> None:
        assert self.one(license=number).license == code

    def test_every_licence_has_an_address_but_all_rights_reserved(self) -> None:
        assert [number for number in LICENCES if licence(number)[1] is None] == ["0"]

    def test_dates(self) -> None:
        assert self.one(datetaken="0000-00-00 00:00:00").date == "2017-07-14T02:40:00+00:00"
        assert self.one(datetaken=None, dateupload="x").date is None

    def test_other_lists_and_wrapped_answers(self) -> None:
        album = json.dumps({"photoset": {"photo": [photo(1)], "pages": 1}, "stat": "ok"}).encode()
        assert len(self.parse(album).candidates) == 1
        wrapped = self.parse(b"jsonFlickrApi(" + answer(photo(1)) + b")\n")
        assert [each.engine_id for each in wrapped.candidates] == ["1"]

    @pytest.mark.parametrize(
        ("page", "changes", "done"),
        [
            (1, {}, False),
            (5, {}, True),
            (1, {"pages": "1"}, True),
            (15, {"pages": 900}, False),
            (16, {"pages": 900}, True),
            (8, {"pages": 900, "perpage": "500"}, True),
        ],
    )
    def test_the_last_page(self, page: int, changes: dict[str, Any], done: bool) -> None:
        stream = self.stream()
        stream.page = page
        body = answer(photo(1), **changes)
        assert self.spider().parse_page(self.response(body), stream).done is done

    def test_no_results(self) -> None:
        page = self.parse(answer(pages=0, total="0"))
        assert (list(page.candidates), page.done) == ([], True)

    def test_errors(self) -> None:
        with pytest.raises(Blocked, match="error 100: Invalid API Key"):
            self.parse(fail(100, "Invalid API Key (Key not found)"))
        for code in (10, "105", 106):
            with pytest.raises(Throttled):
                self.parse(fail(code))
        with pytest.raises(SourceProblem, match="error 3: Something is wrong") as caught:
            self.parse(fail(3))
        assert type(caught.value) is SourceProblem
        with pytest.raises(SourceProblem, match="error None, without a reason"):
            self.parse(b'{"stat": "fail"}')

    def test_the_request(self) -> None:
        request = self.spider().page_request(self.stream())
        assert request.url.startswith("https://api.flickr.com/services/rest/?")
        told = talk.asked(request)
        assert "url_o" in told.pop("extras").split(",")
        assert told == {
            "method": "flickr.photos.search",
            "api_key": "k",
            "format": "json",
            "nojsoncallback": "1",
            "text": self.query,
            "media": "photos",
            "sort": "relevance",
            "per_page": "250",
            "page": "1",
            "safe_search": "2",
        }

    @pytest.mark.parametrize(
        ("filters", "expected"),
        [
            ({"license": "public-domain"}, {"license": "7,8,9,10"}),
            ({"license": "commercial-modification"}, {"license": "4,5,7,8,9,10,11,12"}),
            ({"license": "any"}, {"license": ",".join(map(str, range(1, 17)))}),
            ({"color": "red"}, {"color_codes": "0"}),
            ({"color": "monochrome"}, {"styles": "blackandwhite"}),
            ({"color": "transparent"}, {}),
            ({"type": "photo"}, {"content_types": "0"}),
            ({"type": "face"}, {}),
            ({"aspect": "wide"}, {"orientation": "landscape,panorama"}),
            ({"aspect": "tall"}, {"orientation": "portrait"}),
            ({"safe_search": "strict"}, {"safe_search": "1"}),
            ({"safe_search": "off"}, {"safe_search": "3"}),
            ({"size": "large"}, {"dimension_search_mode": "min", "width": "1024", "height": "1024"}),
            ({"size": "small"}, {}),
            ({"min_width": 800}, {"dimension_search_mode": "min", "width": "800", "height": "0"}),
            ({"since": "2020-01-02"}, {"min_taken_date": "2020-01-02 00:00:00"}),
            ({"until": "2020-01-02"}, {"max_taken_date": "2020-01-02 23:59:59"}),
        ],
    )
    def test_filters(self, filters: dict[str, Any], expected: dict[str, str]) -> None:
        assert set(filters) <= flickr.FlickrSpider.filters
        usual = talk.asked(talk.wanting(self.spider()).page_request(self.stream()))
        told = talk.asked(talk.wanting(self.spider(), **filters).page_request(self.stream()))
        assert told == usual | expected

    def test_own_options(self) -> None:
        spider = self.spider()
        spider.options = flickr.FlickrOptions(key="k", tags="panda,zoo", user_id="1@N00", commons=True)  # type: ignore[arg-type]  # read as a secret
        told = talk.asked(spider.page_request(self.stream()))
        assert (told["tags"], told["tag_mode"]) == ("panda,zoo", "all")
        assert (told["user_id"], told["is_commons"]) == ("1@N00", "1")

    def talker(self, **options: Any) -> Any:
        """A spider for the simulated source."""
        spider = self.spider()
        spider.options = flickr.FlickrOptions(**({"endpoint": talk.endpoint("flickr"), "key": KEY} | options))
        return spider

    def test_page_by_page_to_the_end(self) -> None:
        engine, stream = Simulated(talk.collection(), talk.PORT), self.stream()
        stream.question = type(stream.question)(category="birds", engine="flickr", query="birds")
        pages = talk.walk(self.talker(page_size=4), engine, stream)
        found = [candidate for page in pages for candidate in page.candidates]
        expected = engine.search("birds")
        assert [each.engine_id for each in found] == [str(engine.number_of(each)) for each in expected]
        assert [each.width for each in found] == [each.width for each in expected]
        ids = [str(IDS.get((each.licence.code, each.licence.version), 0)) for each in expected]
        assert [each.license for each in found] == [LICENCES[number] for number in ids]
        assert len(pages) == -(-len(expected) // 4) > 1

    def test_the_simulated_source_refuses_as_flickr_does(self) -> None:
        engine = Simulated(talk.collection(), talk.PORT)
        with pytest.raises(Blocked, match="error 100"):
            talk.next_page(self.talker(key="wrong"), engine, self.stream())
        with pytest.raises(Blocked, match="error 100"):
            self.parse(bytes(engine.block().body))  # type: ignore[arg-type]  # bytes, as it was made
        with pytest.raises(LayoutChanged):
            self.parse(bytes(engine.layout().body))  # type: ignore[arg-type]  # bytes, as it was made
        empty = talk.next_page(self.talker(), engine, self.stream())
        assert (list(empty.candidates), empty.done) == ([], True)

    def test_the_key_is_told_to_nobody(self) -> None:
        assert self.parse(self.page).cursor is None
        assert "secret-key" not in repr(self.talker(key="secret-key").options)
