from __future__ import annotations

import json
from typing import Any

import pytest
from pixcrawler_spiders import pexels

from pixcrawler_core.sources import Blocked, LayoutChanged, SourceProblem, Throttled
from pixcrawler_core.testing.sources import SourceContract
from pixcrawler_core.testing.web.engine import KEY
from pixcrawler_core.testing.web.engines.pexels import Simulated
from tests.spiders import talk


def photo(number: int, **changes: Any) -> dict[str, Any]:
    """A photo in the shape of the interface, made up."""
    file = f"https://images.example/photos/{number}/photo-{number}.jpeg"
    usual = {
        "id": number,
        "width": 5000,
        "height": 4000,
        "url": f"https://photos.example/photo/panda-{number}/",
        "photographer": "Ann Example",
        "photographer_url": "https://photos.example/@ann",
        "photographer_id": 7,
        "avg_color": "#6B6B66",
        "src": {
            "original": file,
            "large2x": f"{file}?dpr=2&h=650",
            "medium": f"{file}?h=350",
            "tiny": f"{file}?h=200&w=280",
        },
        "liked": False,
        "alt": f"Panda number {number}",
    }
    return {**usual, **changes}


def answer(*photos: Any, **changes: Any) -> bytes:
    """A page of photos."""
    more = "https://api.example/v1/search/?page=2&per_page=80&query=panda"
    body = {"total_results": 8000, "page": 1, "per_page": 80, "photos": list(photos), "next_page": more}
    return json.dumps({**body, **changes}).encode()


class TestPexels(SourceContract):
    component = next(pexels.register_sources())
    page = answer(*(photo(number) for number in range(1, 4)))
    results = ("photos",)
    options = {"key": "k"}  # noqa: RUF012

    def one(self, **changes: Any) -> Any:
        (candidate,) = self.parse(answer(photo(1, **changes))).candidates
        return candidate

    def test_fields(self) -> None:
        found = self.one()
        assert found.image_url == "https://images.example/photos/1/photo-1.jpeg"
        assert found.thumbnail_url == f"{found.image_url}?h=350"
        assert (found.width, found.height) == (5000, 4000)
        assert (found.title, found.alt) == ("Panda number 1", "Panda number 1")
        assert found.page_url == "https://photos.example/photo/panda-1/"
        assert (found.site, found.engine_id) == ("pexels.com", "1")
        assert (found.license, found.license_url) == ("pexels", "https://www.pexels.com/license/")
        assert (found.creator, found.creator_url) == ("Ann Example", "https://photos.example/@ann")
        assert found.extra == {"attribution": "Photo by Ann Example on Pexels"}

    def test_a_copy_has_not_the_size_of_the_original(self) -> None:
        found = self.one(src={"large": "https://images.example/1.jpeg?h=650"}, alt=None, photographer="")
        assert (found.image_url, found.width) == ("https://images.example/1.jpeg?h=650", None)
        assert (found.title, found.creator, dict(found.extra)) == (None, None, {})

    def test_single_photos_and_other_lists(self) -> None:
        single = self.parse(json.dumps(photo(3)).encode())
        assert ([each.engine_id for each in single.candidates], single.done) == (["3"], True)
        media = [{**photo(1), "type": "Photo"}, {"id": 2, "type": "Video", "video_files": []}]
        mixed = self.parse(json.dumps({"id": "abc", "media": media, "page": 1}).encode())
        assert [each.engine_id for each in mixed.candidates] == ["1"]

    def test_photos_without_an_image_are_a_changed_layout(self) -> None:
        with pytest.raises(LayoutChanged, match="none of 2 photos"):
            self.parse(answer(photo(1, src=None), photo(2, src={"original": "ftp://images.example"})))
        with pytest.raises(LayoutChanged, match="no list of photos"):
            self.parse(b'{"total_results": 3}')

    def test_the_end(self) -> None:
        assert not self.parse(answer(photo(1))).done
        assert self.parse(answer(photo(1), next_page=None)).done
        page = self.parse(answer(total_results=0, next_page=None))
        assert (list(page.candidates), page.done) == ([], True)

    @pytest.mark.parametrize(
        ("body", "problem"),
        [
            ({"error": "Rate limit exceeded"}, Throttled),
            ({"status": 429, "code": "Too Many Requests"}, Throttled),
            ({"status": 401, "code": "Unauthorized"}, Blocked),
            ({"error": "Access to this API has been disallowed"}, Blocked),
            ({"status": 400, "code": "Bad Request"}, SourceProblem),
        ],
    )
    def test_errors(self, body: dict[str, Any], problem: type[SourceProblem]) -> None:
        with pytest.raises(SourceProblem) as caught:
            self.parse(json.dumps(body).encode())
        assert type(caught.value) is problem

    def test_the_request(self) -> None:
        request = self.spider().page_request(self.stream())
        assert request.url.startswith("https://api.pexels.com/v1/search?")
        assert talk.asked(request) == {"query": self.query, "page": "1", "per_page": "80"}
        assert request.headers["Authorization"] == b"k"

    @pytest.mark.parametrize(
        ("filters", "expected"),
        [
            ({"size": "large"}, {"size": "small"}),
            ({"size": "small"}, {}),
            ({"color": "teal"}, {"color": "turquoise"}),
            ({"color": "purple"}, {"color": "violet"}),
            ({"color": "monochrome"}, {}),
            ({"aspect": "wide"}, {"orientation": "landscape"}),
            ({"aspect": "square"}, {"orientation": "square"}),
            ({"language": "de"}, {"locale": "de-DE"}),
            ({"language": "no"}, {"locale": "nb-NO"}),
            ({"language": "zh"}, {"locale": "zh-CN"}),
            ({"language": "zh", "region": "tw"}, {"locale": "zh-TW"}),
            ({"language": "de", "region": "at"}, {"locale": "de-DE"}),
            ({"region": "br"}, {"locale": "pt-BR"}),
            ({"region": "at"}, {}),
            ({"language": "xx"}, {}),
        ],
    )
    def test_filters(self, filters: dict[str, Any], expected: dict[str, str]) -> None:
        assert set(filters) <= pexels.PexelsSpider.filters
        usual = talk.asked(talk.wanting(self.spider()).page_request(self.stream()))
        told = talk.asked(talk.wanting(self.spider(), **filters).page_request(self.stream()))
        assert told == usual | expected

    def test_a_colour_of_its_own(self) -> None:
        spider = self.spider()
        spider.options = pexels.PexelsOptions(hex_color="ff00AA")
        assert talk.asked(spider.page_request(self.stream()))["color"] == "#ff00AA"

    def talker(self, **options: Any) -> Any:
        """A spider for the simulated source."""
        spider, address = self.spider(), talk.endpoint("pexels")
        spider.options = pexels.PexelsOptions(**({"endpoint": address, "key": KEY} | options))
        return spider

    def test_page_by_page_to_the_end(self) -> None:
        engine, stream = Simulated(talk.collection(), talk.PORT), self.stream()
        stream.question = type(stream.question)(category="birds", engine="pexels", query="birds")
        pages = talk.walk(self.talker(page_size=4), engine, stream)
        found = [candidate for page in pages for candidate in page.candidates]
        expected = engine.search("birds")
        assert [each.engine_id for each in found] == [str(engine.number_of(each)) for each in expected]
        assert [each.title for each in found] == [each.title for each in expected]
        assert len(pages) == -(-len(expected) // 4) > 1

    def test_the_simulated_source_refuses_as_pexels_does(self) -> None:
        engine = Simulated(talk.collection(), talk.PORT)
        with pytest.raises(Blocked):
            talk.next_page(self.talker(key="wrong"), engine, self.stream())
        with pytest.raises(Blocked, match="disallowed"):
            self.parse(bytes(engine.block().body))  # type: ignore[arg-type]  # bytes, as it was made
        with pytest.raises(LayoutChanged):
            self.parse(bytes(engine.layout().body))  # type: ignore[arg-type]  # bytes, as it was made
        empty = talk.next_page(self.talker(), engine, self.stream())
        assert (list(empty.candidates), empty.done) == ([], True)
