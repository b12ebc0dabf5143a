from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from pixcrawler_spiders import openverse

from pixcrawler_core.crawl.plan import Plan
from pixcrawler_core.filters import Filters
from pixcrawler_core.sources import Blocked, LayoutChanged, SourceProblem, Throttled
from pixcrawler_core.testing.odd import Notebook
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

    def test_the_record_of_one_image(self) -> None:
        page = self.parse(json.dumps(result(7, detail_url="https://api.example/v1/images/7/")).encode())
        (found,) = page.candidates
        assert (found.engine_id, found.license, page.done) == (result(7)["id"], "cc-by-sa-4.0", True)
        with pytest.raises(LayoutChanged, match="neither results nor an image"):
            self.parse(json.dumps(result(7, url=None)).encode())

    @pytest.mark.parametrize(
        ("told", "seconds"),
        [
            ({"detail": "Request was throttled. Expected available in 47 seconds."}, 47),
            ({"detail": "Request was throttled. Expected available in 1 second."}, 1),
            ({"detail": "Request was throttled."}, None),
            (
                {
                    "status": 429,
                    "body": {"detail": "Request was throttled; available in 9 seconds."},
                },
                9,
            ),
        ],
    )
    def test_throttling_is_known_by_its_body(self, told: dict[str, Any], seconds: float | None) -> None:
        with pytest.raises(Throttled, match="Request was throttled") as caught:
            self.parse(json.dumps(told).encode())
        assert caught.value.seconds == seconds

    @pytest.mark.parametrize(
        ("told", "problem", "message"),
        [
            ({"detail": "Authentication credentials were not provided."}, Blocked, "credentials were not"),
            ({"detail": "You do not have permission to perform this action."}, Blocked, "permission"),
            ({"detail": "No Image matches the given query."}, SourceProblem, "No Image matches"),
            ({"error": "InputError", "detail": "Invalid input.", "fields": ["q"]}, SourceProblem, "Invalid"),
            (
                {"detail": {"page": ["Too deep.", 7], "q": "Odd."}},
                SourceProblem,
                "page: Too deep.; page: 7; q: ",
            ),
            ({"detail": None, "error": ["Broken."]}, SourceProblem, "Broken"),
            ({"detail": [], "results": None}, LayoutChanged, "neither results nor"),
        ],
    )
    def test_refusals_are_known_by_their_bodies(
        self, told: dict[str, Any], problem: type[SourceProblem], message: str
    ) -> None:
        with pytest.raises(SourceProblem, match=message) as caught:
            self.parse(json.dumps(told).encode())
        assert type(caught.value) is problem

    def test_statuses_end_with_what_the_body_tells(self) -> None:
        detail = json.dumps({"detail": "Ensure this value is less than or equal to 20."}).encode()
        assert self.ending(detail, 400) == "failed: Ensure this value is less than or equal to 20."
        assert self.ending(detail, 401) == "blocked: Ensure this value is less than or equal to 20."
        assert self.ending(b"{}", 400) == "failed: HTTP 400 from https://source.example/search"
        assert self.ending(self.page, 401) == "blocked: HTTP 401 from https://source.example/search"

    def test_a_web_page_is_a_refusal(self) -> None:
        with pytest.raises(Blocked, match="a web page instead of JSON"):
            self.parse(b"\n<html>Are you human?</html>")

    def asked(self, wanted: dict[str, Any], **options: Any) -> dict[str, str]:
        """The parameters of a request for a first page."""
        spider, model = self.spider(), openverse.OpenverseOptions(**options)
        filters, engines = Filters(**wanted), {spider.name: model}
        plan = Plan(wanted={}, default_wanted=None, questions=(), options=engines, filters=filters)
        spider.options, spider.session = model, Notebook(plan=plan)
        query = parse_qs(urlsplit(spider.page_request(self.stream()).url).query, strict_parsing=True)
        return {name: value for name, (value,) in query.items()}

    def test_the_request(self) -> None:
        assert self.asked({}, license="by,cc0", aspect_ratio="wide", page_size=5) == {
            "q": self.query,
            "page": "1",
            "page_size": "5",
            "mature": "false",
            "license": "by,cc0",
            "aspect_ratio": "wide",
        }

    @pytest.mark.parametrize(
        ("wanted", "expected"),
        [
            ({"size": "small"}, {"size": "small"}),
            ({"size": "wallpaper"}, {"size": "large"}),
            ({"aspect": "tall"}, {"aspect_ratio": "tall"}),
            ({"type": "photo"}, {"category": "photograph"}),
            ({"type": "illustration"}, {"category": "illustration"}),
            ({"type": "face"}, {}),
            ({"license": "any"}, {}),
            ({"license": "public-domain"}, {"license": "cc0,pdm"}),
            ({"license": "commercial"}, {"license_type": "commercial"}),
            ({"license": "modification"}, {"license_type": "modification"}),
            ({"license": "commercial-modification"}, {"license_type": "commercial,modification"}),
            ({"safe_search": "off"}, {"mature": "true"}),
            ({"safe_search": "strict"}, {"mature": "false"}),
            ({"color": "red", "min_width": 9}, {}),
        ],
    )
    def test_filters(self, wanted: dict[str, Any], expected: dict[str, str]) -> None:
        assert set(wanted) <= self.component.spider.filters | {"color", "min_width"}
        usual = {"q": self.query, "page": "1", "page_size": "20", "mature": "false"}
        assert self.asked(wanted) == usual | expected

    def test_options_win_over_filters(self) -> None:
        wanted = {"size": "small", "aspect": "tall", "type": "photo", "license": "public-domain"}
        own = {"size": "large", "aspect_ratio": "wide", "category": "digitized_artwork"}
        asked = self.asked(wanted, **own, license_type="commercial")
        assert asked.items() >= {**own, "license_type": "commercial"}.items()
        assert "license" not in asked
