from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from pixcrawler_spiders import wikimedia

from pixcrawler_core.crawl.plan import Page, Plan
from pixcrawler_core.filters import Filters
from pixcrawler_core.sources import Blocked, LayoutChanged, SourceProblem, Throttled
from pixcrawler_core.testing.odd import Notebook
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
            Categories="Pandas|Zoos &amp; parks|Pandas|",
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
        assert found.creator_url == "https://commons.example/wiki/User:Ann"
        assert (found.site, found.tags) == ("commons.wikimedia.org", ("Pandas", "Zoos & parks"))
        assert found.license_url == "https://creativecommons.org/licenses/by-sa/4.0"
        assert (found.date, found.engine_id, found.extra) == ("2020-01-01", "1", {"sha1": "0" * 40})

    def test_missing_metadata(self) -> None:
        found = self.one({"extmetadata": None, "thumburl": None})
        assert (found.license, found.license_url, found.alt, found.thumbnail_url) == (None,) * 4
        assert (found.creator, found.date) == ("Uploader", "2020-02-02T02:02:02Z")

    @pytest.mark.parametrize(
        ("told", "expected"),
        [
            ({"License": "pd", "LicenseShortName": "Public domain"}, "pdm"),
            ({"LicenseShortName": "PD-old-70"}, "pdm"),
            ({"LicenseUrl": "https://creativecommons.org/publicdomain/zero/1.0/deed.en"}, "cc0-1.0"),
            ({"UsageTerms": "Creative Commons Attribution-Share Alike 4.0"}, "cc-by-sa-4.0"),
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

    def step(self, given: int, waiting: int, following: dict[str, str], **changes: Any) -> bytes:
        """A batch of files of which the last ones lack their imageinfo."""
        pages = [result(number) for number in range(1, given + 1)]
        bare = [
            {name: value for name, value in result(number).items() if name != "imageinfo"}
            for number in range(given + 1, given + waiting + 1)
        ]
        body = json.loads(answer(*pages, *bare, **{"continue": following, **changes}))
        del body["batchcomplete"]
        return json.dumps(body).encode()

    def test_files_are_given_as_soon_as_their_addresses_are_there(self) -> None:
        before = self.parse(self.step(1, 1, {"iicontinue": "Panda_2.jpg|2020", "continue": "||"}))
        assert ([each.engine_id for each in before.candidates], before.done) == (["1"], False)
        assert list(before.cursor["pages"]) == ["2"]
        stream = self.stream()
        stream.page, stream.cursor = 2, before.cursor
        asked = parse_qs(urlsplit(self.spider().page_request(stream).url).query)
        assert (asked["iicontinue"], asked["continue"]) == (["Panda_2.jpg|2020"], ["||"])
        after = self.follow(answer(result(1), result(2)), before)
        assert [each.engine_id for each in after.candidates] == ["2"]
        assert after.cursor == {"continue": {"gsroffset": 50, "continue": "gsroffset||"}}

    def test_what_was_told_of_waiting_files_is_kept(self) -> None:
        before = self.parse(self.step(0, 2, {"iicontinue": "Panda_1.jpg|2020", "continue": "||"}))
        assert (list(before.candidates), before.done) == ([], False)
        bare = [{"pageid": number, "imageinfo": result(number)["imageinfo"]} for number in (2, 1)]
        after = self.follow(answer(*bare), before)
        assert [each.title for each in after.candidates] == ["Panda 1", "Panda 2"]

    def test_later_properties_give_no_file_twice(self) -> None:
        late = {"gucontinue": "Panda_1.jpg|wiki|1", "continue": "||imageinfo"}
        before = self.parse(self.step(2, 0, late))
        assert (len(before.candidates), before.done) == (2, False)
        again = self.follow(self.step(2, 0, {**late, "gucontinue": "Panda_2.jpg|wiki|1"}), before)
        assert (list(again.candidates), again.done) == ([], False)
        ended = json.loads(answer(result(1), result(2)))
        del ended["continue"]
        last = self.follow(json.dumps(ended).encode(), again)
        assert (list(last.candidates), last.cursor, last.done) == ([], None, True)

    def test_files_that_never_come_are_a_changed_layout_if_none_came(self) -> None:
        bare = {"pageid": 1, "title": "File:Panda 1.jpg"}
        none = self.parse(self.step(0, 1, {"iicontinue": "x", "continue": "||"}))
        with pytest.raises(LayoutChanged, match="none of 1 results"):
            self.follow(answer(bare), none)
        some = self.parse(self.step(1, 1, {"iicontinue": "x", "continue": "||"}))
        assert list(self.follow(answer({**bare, "pageid": 2}), some).candidates) == []

    def test_all_images_as_generator_and_as_list(self) -> None:
        following = {"gaicontinue": "Panda_3.jpg", "continue": "gaicontinue||"}
        generated = json.loads(answer(result(1), result(2), **{"continue": following}))
        del generated["batchcomplete"]
        page = self.parse(json.dumps(generated).encode())
        assert (len(page.candidates), page.cursor) == (2, {"continue": following})
        rows = [{"title": each["title"], **each["imageinfo"][0]} for each in (result(1), result(2))]
        listed = {"batchcomplete": "", "query": {"allimages": [*rows, None, 7, {}]}}
        found = self.parse(json.dumps(listed).encode())
        assert [each.title for each in found.candidates] == ["Panda 1", "Panda 2"]
        assert found.candidates[0].license == "cc-by-sa-4.0"

    def test_a_search_without_files_asks_for_them(self) -> None:
        rows = [{"ns": 6, "title": f"File:Panda {number}.jpg", "pageid": number} for number in range(1, 31)]
        following = {"sroffset": 30, "continue": "-||"}
        told = {"batchcomplete": "", "continue": following, "query": {"search": [None, {}, *rows]}}
        page = self.parse(json.dumps(told).encode())
        assert (list(page.candidates), page.done) == ([], False)
        asked = [parse_qs(urlsplit(request.url).query) for request in page.details]
        assert [len(each["pageids"][0].split("|")) for each in asked] == [25, 5]
        assert all(each["prop"] == ["imageinfo"] and "generator" not in each for each in asked)

    def test_missing_pages_are_no_changed_layout(self) -> None:
        missing = {"title": "File:Gone.jpg", "missing": True}
        assert list(self.parse(answer(missing)).candidates) == []
        by_id = {"batchcomplete": "", "query": {"pages": {"-1": {**missing, "missing": ""}}}}
        assert self.parse(json.dumps(by_id).encode()).done

    def test_what_is_no_image(self) -> None:
        film = self.one({"url": f"{FILES}/a/ab/Panda.webm", "mime": "video/webm", "mediatype": "VIDEO"})
        assert (film.image_url, film.format, film.width) == (film.thumbnail_url, None, 640)
        sound = result(2, {"mime": "application/ogg", "mediatype": "AUDIO"})
        assert [each.engine_id for each in self.parse(answer(result(1), sound)).candidates] == ["1"]
        assert self.parse(answer(sound)).candidates == []

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

    def test_errors_of_the_newer_form(self) -> None:
        body = {
            "errors": [{"code": "ratelimited", "html": "<b>Too</b> fast"}, None],
            "docref": "See the API.",
        }
        with pytest.raises(Throttled, match="ratelimited: Too fast") as caught:
            self.parse(json.dumps(body).encode())
        assert caught.value.seconds == 5

    def asked(self, wanted: dict[str, Any], **options: Any) -> dict[str, str]:
        """The parameters of a request for a first page."""
        spider, model = self.spider(), wikimedia.WikimediaOptions(**options)
        filters, engines = Filters(**wanted), {spider.name: model}
        plan = Plan(wanted={}, default_wanted=None, questions=(), options=engines, filters=filters)
        spider.options, spider.session = model, Notebook(plan=plan)
        query = parse_qs(urlsplit(spider.page_request(self.stream()).url).query, strict_parsing=True)
        return {name: value for name, (value,) in query.items()}

    @pytest.mark.parametrize(
        ("wanted", "keywords"),
        [
            ({}, "filetype:bitmap"),
            ({"type": "photo"}, "filetype:bitmap"),
            ({"type": "lineart"}, "filetype:drawing"),
            ({"type": "illustration"}, "filetype:drawing"),
            ({"type": "face"}, "filetype:bitmap"),
            ({"min_width": 800, "min_height": 600}, "filetype:bitmap filew:>799 fileh:>599"),
            ({"size": "small"}, "filetype:bitmap fileres:<400"),
            ({"size": "medium"}, "filetype:bitmap fileres:300,1199"),
            ({"size": "large"}, "filetype:bitmap fileres:>900"),
            ({"size": "wallpaper"}, "filetype:bitmap fileres:>1200"),
        ],
    )
    def test_filters(self, wanted: dict[str, Any], keywords: str) -> None:
        assert self.asked(wanted)["gsrsearch"] == f"{keywords} {self.query}"

    def test_the_language(self) -> None:
        for wanted, options, expected in (
            ({}, {}, "en"),
            ({"language": "de"}, {}, "de"),
            ({"language": "de"}, {"language": "zh-hans"}, "zh-hans"),
            ({"language": "de"}, {"language": "en"}, "en"),
        ):
            asked = self.asked(wanted, **options)
            assert (asked["uselang"], asked["iiextmetadatalanguage"]) == (expected, expected)

    def test_options_win_over_filters(self) -> None:
        wanted = {"type": "lineart", "size": "small"}
        asked = self.asked(wanted, filetype="bitmap", min_side=500)
        assert asked["gsrsearch"] == f"filetype:bitmap fileres:>500 {self.query}"
        assert self.asked(wanted, filetype="")["gsrsearch"] == f"fileres:<400 {self.query}"

    def test_the_request(self) -> None:
        spider = self.spider()
        spider.options = wikimedia.WikimediaOptions(filetype="bitmap|drawing", min_side=500, page_size=7)
        asked = parse_qs(urlsplit(spider.page_request(self.stream()).url).query)
        assert asked["gsrsearch"] == [f"filetype:bitmap|drawing fileres:>500 {self.query}"]
        assert (asked["gsrlimit"], asked["gsrnamespace"], asked["maxlag"]) == (["7"], ["6"], ["5"])
