from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from pixcrawler_spiders import internet_archive

from pixcrawler_core.crawl.plan import Page, Plan
from pixcrawler_core.filters import Filters
from pixcrawler_core.sources import Blocked, LayoutChanged, SourceProblem, Throttled
from pixcrawler_core.testing.odd import WEB_PAGE, Notebook
from pixcrawler_core.testing.sources import SourceContract


def original(number: int, **changes: Any) -> dict[str, Any]:
    """An uploaded file of an item, in the shape of the interface, made up."""
    usual = {
        "name": f"Red Panda {number}.jpg",
        "source": "original",
        "format": "JPEG",
        "size": "123456",
        "width": "800",
        "height": "600",
        "sha1": f"{number:040}",
    }
    return {**usual, **changes}


ABOUT = {
    "identifier": "red-panda_2004",
    "mediatype": "image",
    "collection": ["opensource_image"],
    "title": "Red pandas",
    "creator": ["Ann Example", "Bo Example"],
    "subject": ["panda; zoo", "animals"],
    "description": "<p>Two pandas</p>",
    "date": "2004-05-06",
    "licenseurl": "https://creativecommons.org/licenses/by-sa/3.0/",
}


def item(*files: Any, **changes: Any) -> bytes:
    """The record of an item."""
    about = {**ABOUT, **changes}
    return json.dumps({"created": 1, "dir": "/1/items/x", "files": list(files), "metadata": about}).encode()


def found(*identifiers: Any, **changes: Any) -> bytes:
    """An answer of the search."""
    items = [{"identifier": each, "title": "Item"} for each in identifiers]
    response = {"numFound": 100, "start": 0, "docs": items, **changes}
    return json.dumps({"responseHeader": {"status": 0}, "response": response}).encode()


class TestInternetArchive(SourceContract):
    component = next(internet_archive.register_sources())
    page = item(*(original(number) for number in range(3)))
    results = ("files",)

    def one(self, **changes: Any) -> Any:
        (candidate,) = self.parse(item(original(1), **changes)).candidates
        return candidate

    def names(self, *files: Any) -> list[str]:
        return [each.image_url.rpartition("/")[2] for each in self.parse(item(*files)).candidates]

    def searched(self, page: int, body: bytes) -> Page:
        stream = self.stream()
        stream.page = page
        return self.spider().parse_page(self.response(body), stream)

    def asked(self, filters: dict[str, Any], query: str = "", **options: Any) -> dict[str, list[str]]:
        spider, stream = self.spider(), self.stream()
        spider.options = internet_archive.InternetArchiveOptions(**options)
        plan = Plan(wanted={}, default_wanted=None, questions=(), filters=Filters(**filters))
        spider.session = Notebook(plan=plan)
        stream.question = stream.question.__class__(category="", engine="", query=query or "red panda")
        return parse_qs(urlsplit(spider.page_request(stream).url).query)

    def test_fields(self) -> None:
        found = self.one()
        assert found.image_url == "https://archive.org/download/red-panda_2004/Red%20Panda%201.jpg"
        assert found.thumbnail_url == "https://archive.org/services/img/red-panda_2004"
        assert (found.width, found.height, found.filesize_bytes, found.format) == (800, 600, 123456, "jpg")
        assert (found.title, found.alt, found.date) == ("Red pandas", "Two pandas", "2004-05-06")
        assert found.tags == ("panda", "zoo", "animals")
        assert found.page_url == "https://archive.org/details/red-panda_2004"
        assert found.license == "cc-by-sa-3.0"
        assert found.license_url == "https://creativecommons.org/licenses/by-sa/3.0/"
        assert (found.creator, found.site) == ("Ann Example; Bo Example", "archive.org")
        assert found.engine_id == "red-panda_2004/Red Panda 1.jpg"
        assert found.extra == {"sha1": f"{1:040}"}

    def test_originals_are_taken_and_what_the_archive_made_is_not(self) -> None:
        files = (
            original(0, name="__ia_thumb.jpg", format="Item Tile"),
            original(1, name="a.tif", format="TIFF"),
            original(2, name="a.jpg", source="derivative", original="a.tif"),
            original(3, name="a_thumb.jpg", format="JPEG Thumb", source="derivative", original="a.tif"),
            original(4, name="x_meta.xml", format="Metadata"),
            original(5, name="x.png", source="metadata"),
            original(6, name="sound_spectrogram.png", format="Spectrogram"),
            original(7, name="secret.jpg", private="true"),
            original(8, name="B.PNG", format="PNG"),
            "odd",
        )
        assert self.names(*files) == ["a.tif", "B.PNG"]
        first, second = self.parse(item(*files)).candidates
        assert first.thumbnail_url == "https://archive.org/download/red-panda_2004/a_thumb.jpg"
        assert second.thumbnail_url == "https://archive.org/services/img/red-panda_2004"
        assert (first.format, second.format) == ("tif", "png")

    def test_derivatives_where_no_original_is_an_image(self) -> None:
        pdf = original(1, name="book.pdf", format="Image Container PDF")
        page = original(2, name="book_0001.jpg", source="derivative")
        assert self.names(pdf, page) == ["book_0001.jpg"]
        assert self.names(pdf) == []

    def test_no_more_files_of_an_item_than_wanted(self) -> None:
        assert len(self.names(*(original(number) for number in range(30)))) == 10
        spider = self.spider()
        spider.options = internet_archive.InternetArchiveOptions(per_item=1)
        assert len(spider.parse_page(self.response(self.page), self.stream()).candidates) == 1

    def test_names_are_quoted(self) -> None:
        assert self.names(original(1, name='100% "wild" #1?.jpg')) == ["100%25%20%22wild%22%20%231%3F.jpg"]
        (found,) = self.parse(item(original(1, name="folder/a b.jpg"))).candidates
        assert found.image_url.endswith("/red-panda_2004/folder/a%20b.jpg")
        assert self.names(original(1, name="\ud800.jpg")) == ["%3F.jpg"]

    @pytest.mark.parametrize(
        ("address", "rights", "code"),
        [
            ("http://creativecommons.org/publicdomain/zero/1.0/", None, "cc0-1.0"),
            ("http://creativecommons.org/licenses/publicdomain/", None, "pdm"),
            (None, "Public Domain.", "pdm"),
            (None, "No known copyright restrictions", "no-known-restrictions"),
            (None, "CC BY 4.0", "cc-by-4.0"),
            (None, "This is not in the public domain", None),
            (None, ["All rights reserved"], "all-rights-reserved"),
            (["https://creativecommons.org/licenses/by/2.0/"], None, "cc-by-2.0"),
        ],
    )
    def test_licences(self, address: Any, rights: Any, code: str | None) -> None:
        assert self.one(licenseurl=address, rights=rights).license == code

    def test_texts_instead_of_lists(self) -> None:
        found = self.one(creator="Ann", subject="panda;zoo ; panda", date=2004, rights="Ask first")
        assert (found.creator, found.tags, found.date) == ("Ann", ("panda", "zoo"), "2004")
        assert found.extra["rights"] == "Ask first"

    def test_a_search_asks_for_the_records(self) -> None:
        page = self.searched(1, found("one", "two", "one", None, "a/b c"))
        assert [each.url for each in page.details] == [
            "https://archive.org/metadata/one",
            "https://archive.org/metadata/two",
            "https://archive.org/metadata/a%2Fb%20c",
        ]
        assert (list(page.candidates), page.done) == ([], False)

    @pytest.mark.parametrize(
        ("page", "changes", "done"),
        [
            (4, {}, False),
            (5, {"numFound": "100"}, True),
            (1, {"numFound": None}, True),
            (499, {"numFound": 90_000}, False),
            (500, {"numFound": 90_000}, True),
        ],
    )
    def test_the_last_page(self, page: int, changes: dict[str, Any], done: bool) -> None:
        assert self.searched(page, found("one", **changes)).done is done

    def test_page_after_page(self) -> None:
        spider, stream = self.spider(), self.stream()
        asked, done = [], False
        while not done:
            asked += parse_qs(urlsplit(spider.page_request(stream).url).query)["page"]
            page = spider.parse_page(self.response(found("one", numFound=41)), stream)
            stream.page, stream.cursor, done = stream.page + 1, page.cursor, page.done
        assert asked == ["1", "2", "3"]

    def test_no_results(self) -> None:
        page = self.searched(1, found(numFound=0))
        assert (list(page.details), page.done) == ([], True)

    def test_an_item_without_images(self) -> None:
        assert list(self.parse(item()).candidates) == []
        with pytest.raises(LayoutChanged, match="without a list of files"):
            self.parse(item(original(1), identifier=None))

    def test_files_of_an_unknown_form(self) -> None:
        with pytest.raises(LayoutChanged, match="none of 2 files"):
            self.parse(item({"path": "a.jpg"}, None))

    @pytest.mark.parametrize(
        ("body", "problem"),
        [
            ({"error": "Your query could not be parsed"}, SourceProblem),
            ({"error": {"msg": "undefined field", "code": 400}}, SourceProblem),
            ({"error": "Please slow down"}, Throttled),
            ({"message": "Too many requests"}, Throttled),
            ({"error": "Access denied"}, Blocked),
            ({"metadata": {"identifier": "x"}}, LayoutChanged),
            ({"response": {"docs": {}}}, LayoutChanged),
            ({"response": {"docs": [None, {"title": "x"}]}}, LayoutChanged),
            ({"unexpected": []}, LayoutChanged),
            ({}, LayoutChanged),
        ],
    )
    def test_answers_that_are_no_results(self, body: Any, problem: type[SourceProblem]) -> None:
        with pytest.raises(SourceProblem) as caught:
            self.parse(json.dumps(body).encode())
        assert type(caught.value) is problem

    def test_a_web_page_is_a_refusal(self) -> None:
        with pytest.raises(Blocked):
            self.parse(WEB_PAGE)

    @pytest.mark.parametrize("length", range(0, 200, 20))
    def test_a_search_that_is_cut_short(self, length: int) -> None:
        with pytest.raises(LayoutChanged):
            self.parse(found("one", "two", "three", "four", "five")[:length])

    def test_the_request(self) -> None:
        assert self.asked({}) == {
            "q": ["(red panda) AND mediatype:image"],
            "fl[]": ["identifier", "title", "mediatype"],
            "rows": ["20"],
            "page": ["1"],
            "output": ["json"],
        }

    def test_words_are_words_unless_told_otherwise(self) -> None:
        query = 'cats AND "dogs" (title:x) a/b'
        escaped = r"(cats and \"dogs\" \(title\:x\) a\/b) AND mediatype:image"
        assert self.asked({}, query)["q"] == [escaped]
        assert self.asked({}, query, lucene=True)["q"] == [f"({query}) AND mediatype:image"]

    def test_filters(self) -> None:
        (asked,) = self.asked({"license": "public-domain", "since": "2001-02-03"}, collection="nasa")["q"]
        assert asked == (
            "(red panda) AND mediatype:image AND collection:nasa AND licenseurl:*publicdomain* "
            "AND date:[2001-02-03 TO *]"
        )
        (asked,) = self.asked({"license": "commercial-modification", "until": "2009-01-01"})["q"]
        assert "by-nc" not in asked
        assert "by-nd" not in asked
        assert r"licenses\/by-sa\/*" in asked
        assert "date:[* TO 2009-01-01]" in asked
