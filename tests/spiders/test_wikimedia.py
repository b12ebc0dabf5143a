from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from pixcrawler_spiders import wikimedia

from pixcrawler_core.crawl.plan import Page
from pixcrawler_core.sources import Blocked, LayoutChanged, SourceProblem, Throttled
from pixcrawler_core.testing.sources import SourceContract

FILES = "https://upload.example/commons"


def about(**values: Any) -> dict[str, Any]:
    """An extmetadata object."""
    return {name: {"value": value, "source": "commons-desc-page"} for name, value in values.items()}


def result(number: int, info: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """A page of the File namespace in the shape of the interface, made up."""
    usual: dict[str, Any] = {
        "url": f"{FILES}/a/ab/Panda_{number}.jpg",
        "descriptionurl": f"https://commons.example/wiki/File:Panda_{number}.jpg",
        "thumburl": f"{FILES}/thumb/a/ab/Panda_{number}.jpg/640px-Panda_{number}.jpg",
        "thumbwidth": 640,
        "thumbheight": 480,
        "width": 4000,
        "height": 3000,
        "size": 5000000,
        "mime": "image/jpeg",
        "mediatype": "BITMAP",
        "sha1": "0" * 40,
        "user": "Uploader",
        "timestamp": "2020-02-02T02:02:02Z",
        "extmetadata": about(
            License="cc-by-sa-4.0",
            LicenseShortName="CC BY-SA 4.0",
            LicenseUrl="https://creativecommons.org/licenses/by-sa/4.0",
            Artist='<a href="//commons.example/wiki/User:Ann" title="User:Ann">Ann &amp; Bob</a>',
            ImageDescription="<p>A panda,</p><p>asleep</p>",
            DateTimeOriginal="2020-01-01",
        ),
    }
    page = {"pageid": number, "ns": 6, "title": f"File:Panda {number}.jpg", "index": number}
    return {**page, "imageinfo": [{**usual, **(info or {})}], **changes}


def answer(*pages: Any, **changes: Any) -> bytes:
    """A complete batch in version 2 of the format, with another one to come."""
    following = {"gsroffset": 50, "continue": "gsroffset||"}
    return json.dumps(
        {"batchcomplete": True, "continue": following, "query": {"pages": list(pages)}, **changes}
    ).encode()


class TestWikimedia(SourceContract):
    component = next(wikimedia.register_sources())
    page = answer(*(result(number) for number in (1, 2, 3)))
    results = ("query", "pages")

    def one(self, info: dict[str, Any] | None = None, **changes: Any) -> Any:
        (candidate,) = self.parse(answer(result(1, info, **changes))).candidates
        return candidate

    def follow(self, body: bytes, before: Page) -> Page:
        stream = self.stream()
        stream.page, stream.cursor = 2, before.cursor
        return self.spider().parse_page(self.response(body), stream)

    def test_fields(self) -> None:
        found = self.one()
        assert found.image_url == f"{FILES}/a/ab/Panda_1.jpg"
        assert found.thumbnail_url == f"{FILES}/thumb/a/ab/Panda_1.jpg/640px-Panda_1.jpg"
        assert (found.width, found.height, found.filesize_bytes) == (4000, 3000, 5000000)
        assert (found.format, found.title, found.alt) == ("image/jpeg", "Panda 1", "A panda, asleep")
        assert found.page_url == "https://commons.example/wiki/File:Panda_1.jpg"
        assert (found.license, found.creator) == ("cc-by-sa-4.0", "Ann & Bob")
        assert found.license_url == "https://creativecommons.org/licenses/by-sa/4.0"
        assert (found.date, found.engine_id, found.extra) == ("2020-01-01", "1", {"sha1": "0" * 40})

    def test_missing_metadata(self) -> None:
        found = self.one({"extmetadata": None, "thumburl": None})
        assert (found.license, found.license_url, found.alt, found.thumbnail_url) == (None,) * 4
        assert (found.creator, found.date) == ("Uploader", "2020-02-02T02:02:02Z")

    @pytest.mark.parametrize(
        ("told", "expected"),
        [
            ({"License": "pd", "LicenseShortName": "Public domain"}, "pd"),
            ({"License": "cc0"}, "cc0-1.0"),
            ({"LicenseShortName": "CC BY-SA 3.0 de"}, "cc-by-sa-3.0-de"),
            ({"LicenseShortName": "<b>GFDL 1.2+</b>"}, "gfdl-1.2+"),
            ({"License": "", "LicenseShortName": "../../etc"}, "..-..-etc"),
            ({"License": ["odd"]}, None),
        ],
    )
    def test_licences(self, told: dict[str, Any], expected: str | None) -> None:
        assert self.one({"extmetadata": about(**told)}).license == expected

    def test_hidden_parts_are_not_text(self) -> None:
        hidden = '<bdi>Unknown author</bdi><span style="display: none;">Unknown author</span>'
        date = '1891<div style="display: none;">date QS:P,+1891-00-00T00:00:00Z/9</div>'
        found = self.one({"extmetadata": about(Artist=hidden, DateTimeOriginal=date)})
        assert (found.creator, found.date) == ("Unknown author", "1891")

    def test_a_drawing_gives_its_thumbnail(self) -> None:
        drawing = {"url": f"{FILES}/a/ab/Map.svg", "mime": "image/svg+xml", "size": 999}
        found = self.one(drawing)
        assert found.image_url == found.thumbnail_url
        assert (found.width, found.height, found.format) == (640, 480, "image/png")
        assert found.filesize_bytes is None
        bare = self.one({**drawing, "thumburl": None})
        assert (bare.image_url, bare.format) == (f"{FILES}/a/ab/Map.svg", "image/svg+xml")

    def test_both_versions_of_the_format_give_the_same(self) -> None:
        pages = [result(number) for number in (3, 1, 2)]
        by_id = json.loads(answer())
        by_id["query"]["pages"] = {str(page["pageid"]): page for page in pages}
        listed = self.parse(answer(*pages)).candidates
        assert [each.engine_id for each in listed] == ["1", "2", "3"]
        assert self.parse(json.dumps(by_id).encode()).candidates == listed

    def test_pages_without_a_file_are_left_out(self) -> None:
        odd: list[Any] = [
            None,
            7,
            [],
            {},
            result(4, imageinfo=None),
            result(5, imageinfo=[]),
            result(6, {"url": None}),
        ]
        found = self.parse(answer(*odd, result(7))).candidates
        assert [each.engine_id for each in found] == ["7"]
        with pytest.raises(LayoutChanged, match="has an image's URL"):
            self.parse(answer(*odd))

    def test_properties_that_come_later_are_merged(self) -> None:
        following = {"iicontinue": "Panda_2.jpg|2020", "continue": "||"}
        first = json.loads(answer(result(1), result(2, imageinfo=None), **{"continue": following}))
        del first["batchcomplete"], first["query"]["pages"][1]["imageinfo"]
        before = self.parse(json.dumps(first).encode())
        assert (list(before.candidates), before.done) == ([], False)
        stream = self.stream()
        stream.page, stream.cursor = 2, before.cursor
        asked = parse_qs(urlsplit(self.spider().page_request(stream).url).query)
        assert (asked["iicontinue"], asked["continue"]) == (["Panda_2.jpg|2020"], ["||"])
        second = json.loads(answer(result(2)))
        second["query"]["pages"].append({"pageid": 1, "title": "File:Panda 1.jpg", "index": 1})
        after = self.follow(json.dumps(second).encode(), before)
        assert [each.engine_id for each in after.candidates] == ["1", "2"]
        assert after.cursor == {"continue": {"gsroffset": 50, "continue": "gsroffset||"}}

    def test_the_last_page(self) -> None:
        ended = json.loads(self.page)
        del ended["continue"]
        page = self.parse(json.dumps(ended).encode())
        assert (len(page.candidates), page.cursor, page.done) == (3, None, True)
        deep = answer(result(1), **{"continue": {"gsroffset": "10000", "continue": "gsroffset||"}})
        assert self.parse(deep).done

    def test_an_answer_that_leads_back_to_itself_is_the_last(self) -> None:
        assert not self.parse(self.page).done
        assert self.follow(self.page, self.parse(self.page)).done

    def test_no_hits(self) -> None:
        page = self.parse(b'{"batchcomplete": true}')
        assert (list(page.candidates), page.done) == ([], True)
        with pytest.raises(LayoutChanged, match="neither results nor an end"):
            self.parse(b'{"servedby": "mw1"}')

    @pytest.mark.parametrize(
        ("code", "problem"),
        [
            ("maxlag", Throttled),
            ("ratelimited", Throttled),
            ("blocked", Blocked),
            ("badvalue", SourceProblem),
        ],
    )
    def test_errors_in_answers(self, code: str, problem: type[SourceProblem]) -> None:
        body = json.dumps({"error": {"code": code, "info": "Because."}, "servedby": "mw1"}).encode()
        with pytest.raises(SourceProblem, match=f"{code}: Because") as caught:
            self.parse(body)
        assert type(caught.value) is problem

    def test_the_request(self) -> None:
        spider = self.spider()
        spider.options = wikimedia.WikimediaOptions(filetype="bitmap|drawing", min_side=500, page_size=7)
        asked = parse_qs(urlsplit(spider.page_request(self.stream()).url).query)
        assert asked["gsrsearch"] == [f"filetype:bitmap|drawing fileres:>500 {self.query}"]
        assert (asked["gsrlimit"], asked["gsrnamespace"], asked["maxlag"]) == (["7"], ["6"], ["5"])
