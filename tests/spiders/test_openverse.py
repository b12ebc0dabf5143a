from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from pixcrawler_spiders import openverse

from pixcrawler_core.sources import Blocked, LayoutChanged
from pixcrawler_core.testing.sources import SourceContract


def result(number: int, **changes: Any) -> dict[str, Any]:
    """A result in the shape of the interface, made up."""
    usual = {
        "id": f"00000000-0000-4000-8000-{number:012}",
        "title": f"Panda number {number}",
        "indexed_on": "2024-01-01T00:00:00Z",
        "foreign_landing_url": f"https://photos.example/page/{number}",
        "url": f"https://photos.example/{number}.jpg",
        "thumbnail": f"https://api.example/v1/images/{number}/thumb/",
        "creator": "Ann Example",
        "creator_url": "https://photos.example/ann",
        "license": "by-sa",
        "license_version": "4.0",
        "license_url": "https://creativecommons.org/licenses/by-sa/4.0/",
        "provider": "photos",
        "source": "photos-collection",
        "category": None,
        "filesize": 123456,
        "filetype": "jpg",
        "tags": [{"name": "panda", "accuracy": None}, {"name": "zoo", "accuracy": 0.9}],
        "attribution": f'"Panda number {number}" by Ann Example is licensed under CC BY-SA 4.0.',
        "mature": False,
        "height": 600,
        "width": 800,
    }
    return {**usual, **changes}


def answer(*results: Any, **changes: Any) -> bytes:
    """A page of results."""
    body = {"result_count": 100, "page_count": 5, "page_size": 20, "page": 1, "results": list(results)}
    return json.dumps({**body, **changes}).encode()


class TestOpenverse(SourceContract):
    component = next(openverse.register_sources())
    page = answer(*(result(number) for number in range(3)))
    results = ("results",)

    def one(self, **changes: Any) -> Any:
        (candidate,) = self.parse(answer(result(1, **changes))).candidates
        return candidate

    def test_fields(self) -> None:
        found = self.one()
        assert found.image_url == "https://photos.example/1.jpg"
        assert found.thumbnail_url == "https://api.example/v1/images/1/thumb/"
        assert (found.width, found.height, found.filesize_bytes, found.format) == (800, 600, 123456, "jpg")
        assert (found.title, found.creator) == ("Panda number 1", "Ann Example")
        assert found.page_url == "https://photos.example/page/1"
        assert found.creator_url == "https://photos.example/ann"
        assert found.site == "photos-collection"
        assert found.tags == ("panda", "zoo")
        assert found.license == "cc-by-sa-4.0"
        assert found.license_url == "https://creativecommons.org/licenses/by-sa/4.0/"
        assert found.safe is True
        assert found.engine_id == "00000000-0000-4000-8000-000000000001"
        assert "licensed under" in found.extra["attribution"]

    @pytest.mark.parametrize(
        ("code", "version", "expected"),
        [
            ("by", "2.0", "cc-by-2.0"),
            ("BY-NC-ND", "3.0", "cc-by-nc-nd-3.0"),
            ("by", None, "cc-by"),
            ("cc0", "1.0", "cc0-1.0"),
            ("pdm", "1.0", "pdm"),
            ("sampling+", "1.0", "sampling+-1.0"),
            (None, "4.0", None),
            ("", "", None),
        ],
    )
    def test_licences(self, code: str | None, version: str | None, expected: str | None) -> None:
        assert self.one(license=code, license_version=version).license == expected

    def test_values_in_other_types(self) -> None:
        found = self.one(width="800", height=600.0, filesize="0", mature=None, id=7, tags=None, source=None)
        assert (found.width, found.height, found.filesize_bytes) == (800, 600, None)
        assert (found.safe, found.engine_id, found.tags, found.site) == (None, "7", (), "photos")

    def test_texts_are_plain(self) -> None:
        title = "\ue000Red\ue001 <strong>pandas</strong> &amp;\r\n  friends\0"
        assert self.one(title=title).title == "Red pandas & friends"
        assert self.one(title="&lt;b&gt; 2 < 3").title == "<b> 2 < 3"
        assert self.one(creator=" \t").creator is None

    def test_addresses_without_a_scheme(self) -> None:
        assert self.one(url="//photos.example/1.jpg").image_url == "https://photos.example/1.jpg"
        assert self.one(thumbnail="javascript:alert(1)").thumbnail_url is None

    def test_results_without_an_image_are_left_out(self) -> None:
        odd: list[Any] = [
            None,
            7,
            "text",
            [],
            {},
            result(2, url=None),
            result(3, url="ftp://photos.example/3.jpg"),
        ]
        found = self.parse(answer(*odd, result(4))).candidates
        assert [each.engine_id for each in found] == [result(4)["id"]]
        with pytest.raises(LayoutChanged, match="none of 7 results"):
            self.parse(answer(*odd))

    @pytest.mark.parametrize(
        ("page", "changes", "done"),
        [
            (1, {}, False),
            (4, {"page_count": "5"}, False),
            (5, {}, True),
            (1, {"page_count": None}, False),
            (11, {"page_count": 250}, False),
            (12, {"page_count": 250}, True),
        ],
    )
    def test_the_last_page(self, page: int, changes: dict[str, Any], done: bool) -> None:
        stream = self.stream()
        stream.page = page
        found = self.spider().parse_page(self.response(answer(result(1), **changes)), stream)
        assert found.done is done

    def test_no_results(self) -> None:
        page = self.parse(answer(result_count=0, page_count=0))
        assert (list(page.candidates), page.done) == ([], True)

    def test_a_throttled_answer_says_for_how_long(self) -> None:
        detail = json.dumps({"detail": "Request was throttled. Expected available in 3600 seconds."}).encode()
        assert "come back in 3600 s" in self.ending(detail, 429)

    def test_a_web_page_is_a_refusal(self) -> None:
        with pytest.raises(Blocked, match="a web page instead of JSON"):
            self.parse(b"\n<html>Are you human?</html>")

    def test_the_request(self) -> None:
        spider = self.spider()
        spider.options = openverse.OpenverseOptions(license="by,cc0", aspect_ratio="wide", page_size=5)
        request = spider.page_request(self.stream())
        assert parse_qs(urlsplit(request.url).query) == {
            "q": [self.query],
            "page": ["1"],
            "page_size": ["5"],
            "mature": ["false"],
            "license": ["by,cc0"],
            "aspect_ratio": ["wide"],
        }
