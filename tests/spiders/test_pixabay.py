from __future__ import annotations

import json
from typing import Any

import pytest
from pixcrawler_spiders import pixabay

from pixcrawler_core.sources import Blocked, LayoutChanged, SourceProblem, Throttled
from pixcrawler_core.testing.sources import SourceContract
from pixcrawler_core.testing.web.engine import KEY
from pixcrawler_core.testing.web.engines.pixabay import Simulated
from tests.spiders import talk

OUT_OF_RANGE = b'[ERROR 400] "page" is out of valid range.'


def hit(number: int, **changes: Any) -> dict[str, Any]:
    """A hit in the shape of the interface, made up."""
    usual = {
        "id": number,
        "pageURL": f"https://photos.example/panda-{number}/",
        "type": "photo",
        "tags": "red panda, zoo,  tree, zoo",
        "previewURL": f"https://cdn.example/{number}_150.jpg",
        "previewWidth": 150,
        "previewHeight": 100,
        "webformatURL": f"https://photos.example/get/{number}_640.jpg",
        "webformatWidth": 640,
        "webformatHeight": 426,
        "largeImageURL": f"https://photos.example/get/{number}_1280.jpg",
        "imageWidth": 6000,
        "imageHeight": 4000,
        "imageSize": 3456789,
        "views": 100,
        "user_id": 77,
        "user": "Ann Ex",
        "userImageURL": "",
        "noAiTraining": False,
        "isAiGenerated": False,
        "isGRated": True,
    }
    return {**usual, **changes}


def answer(*hits: Any, **changes: Any) -> bytes:
    """A page of hits."""
    return json.dumps({"total": 9000, "totalHits": 500, "hits": list(hits), **changes}).encode()


class TestPixabay(SourceContract):
    component = next(pixabay.register_sources())
    page = answer(*(hit(number) for number in range(1, 4)))
    results = ("hits",)
    options = {"key": "secret-key"}  # noqa: RUF012

    def one(self, **changes: Any) -> Any:
        (candidate,) = self.parse(answer(hit(1, **changes))).candidates
        return candidate

    def test_fields(self) -> None:
        found = self.one()
        assert found.image_url == "https://photos.example/get/1_1280.jpg"
        assert found.thumbnail_url == "https://photos.example/get/1_640.jpg"
        assert (found.width, found.height, found.filesize_bytes, found.format) == (None, None, None, "jpg")
        assert found.tags == ("red panda", "zoo", "tree")
        assert (found.title, found.alt) == (None, "red panda, zoo, tree")
        assert found.page_url == "https://photos.example/panda-1/"
        assert (found.site, found.engine_id, found.safe) == ("pixabay.com", "1", True)
        assert found.license == "pixabay"
        assert found.license_url == "https://pixabay.com/service/license-summary/"
        assert (found.creator, found.creator_url) == ("Ann Ex", "https://pixabay.com/users/Ann%20Ex-77/")
        assert found.extra == {
            "attribution": "Image by Ann Ex from Pixabay",
            "kind": "photo",
            "original_width": 6000,
            "original_height": 4000,
            "original_bytes": 3456789,
            "ai_generated": False,
            "no_ai_training": False,
        }

    def test_the_best_file_is_taken_with_its_own_size(self) -> None:
        whole = self.one(
            imageURL="https://photos.example/get/1.png", fullHDURL="https://photos.example/hd.jpg"
        )
        assert (whole.image_url, whole.format) == ("https://photos.example/get/1.png", "png")
        assert (whole.width, whole.height, whole.filesize_bytes) == (6000, 4000, 3456789)
        full_hd = self.one(fullHDURL="https://photos.example/hd.jpg")
        assert (full_hd.image_url, full_hd.width) == ("https://photos.example/hd.jpg", None)
        small = self.one(largeImageURL=None)
        assert (small.image_url, small.width, small.height) == (
            "https://photos.example/get/1_640.jpg",
            640,
            426,
        )

    def test_vector_drawings_come_as_previews(self) -> None:
        drawn = self.one(
            type="vector/svg",
            imageURL="https://photos.example/get/1.svg",
            vectorURL="https://photos.example/get/1.svg",
            largeImageURL="https://photos.example/get/1_1280.png",
        )
        assert (drawn.image_url, drawn.format) == ("https://photos.example/get/1_1280.png", "png")
        assert drawn.extra["kind"] == "vector/svg"

    def test_who_does_not_want_to_train_ai_is_left_out(self) -> None:
        body = answer(hit(1, noAiTraining=True), hit(2))
        assert [each.engine_id for each in self.parse(body).candidates] == ["2"]
        assert list(self.parse(answer(hit(1, noAiTraining=True))).candidates) == []
        spider = self.spider()
        spider.options = pixabay.PixabayOptions(skip_ai_opt_outs=False)
        found = spider.parse_page(self.response(body), self.stream()).candidates
        assert [each.extra["no_ai_training"] for each in found] == [True, False]

    def test_hits_without_an_image_are_a_changed_layout(self) -> None:
        bare = {"webformatURL": None, "largeImageURL": 7}
        with pytest.raises(LayoutChanged, match="none of 2 hits"):
            self.parse(answer(hit(1, **bare), hit(2, **bare)))
        with pytest.raises(LayoutChanged, match="no list of hits"):
            self.parse(b'{"total": 3}')

    @pytest.mark.parametrize(
        ("page", "changes", "done"),
        [(4, {}, False), (5, {}, True), (1, {"totalHits": "100"}, True), (4, {"totalHits": None}, False)],
    )
    def test_the_last_page(self, page: int, changes: dict[str, Any], done: bool) -> None:
        stream = self.stream()
        stream.page = page
        body = answer(hit(1), **changes)
        assert self.spider().parse_page(self.response(body), stream).done is done

    def test_no_results(self) -> None:
        page = self.parse(answer(total=0, totalHits=0))
        assert (list(page.candidates), page.done) == ([], True)

    def test_past_the_end(self) -> None:
        page = self.spider().parse_page(self.response(OUT_OF_RANGE, 400), self.stream())
        assert (list(page.candidates), page.done) == ([], True)
        assert self.parse(OUT_OF_RANGE.replace(b" of valid", b" valid")).done

    def test_errors(self) -> None:
        with pytest.raises(Blocked, match=r"Invalid or missing API key \(\*\*\*\)"):
            self.parse(b"[ERROR 400] Invalid or missing API key (secret-key).")
        with pytest.raises(SourceProblem, match='error 400: "per_page" is out of valid range') as caught:
            self.parse(b'[ERROR 400] "per_page" is out of valid range.')
        assert type(caught.value) is SourceProblem
        with pytest.raises(Throttled):
            self.parse(b"API rate limit exceeded")
        with pytest.raises(Throttled):
            self.parse(b"[ERROR 429] API rate limit exceeded")

    def test_a_throttled_answer_says_for_how_long(self) -> None:
        response = self.response(b"API rate limit exceeded", X_RateLimit_Reset="41")
        with pytest.raises(Throttled) as caught:
            self.spider().parse_page(response, self.stream())
        assert caught.value.seconds == 41
        assert self.spider().retry_after(self.response(b"", 429)) == 60
        assert self.spider().retry_after(self.response(b"", 429, Retry_After="7")) == 7

    def test_the_request(self) -> None:
        stream = self.stream()
        stream.question = type(stream.question)(category="", engine="pixabay", query="p" * 300)
        request = self.spider().page_request(stream)
        assert request.url.startswith("https://pixabay.com/api/?")
        assert talk.asked(request) == {
            "key": "secret-key",
            "q": "p" * 100,
            "page": "1",
            "per_page": "100",
            "order": "popular",
            "safesearch": "true",
        }

    @pytest.mark.parametrize(
        ("filters", "expected"),
        [
            ({"color": "monochrome"}, {"colors": "grayscale"}),
            ({"color": "purple"}, {"colors": "lilac"}),
            ({"color": "red", "type": "transparent"}, {"colors": "red,transparent"}),
            ({"color": "color"}, {}),
            ({"type": "photo"}, {"image_type": "photo"}),
            ({"type": "clipart"}, {"image_type": "vector"}),
            ({"type": "face"}, {}),
            ({"aspect": "tall"}, {"orientation": "vertical"}),
            ({"aspect": "square"}, {}),
            ({"min_width": 800, "min_height": 600}, {"min_width": "800", "min_height": "600"}),
            ({"safe_search": "off"}, {"safesearch": "false"}),
            ({"language": "de"}, {"lang": "de"}),
            ({"language": "xx"}, {}),
        ],
    )
    def test_filters(self, filters: dict[str, Any], expected: dict[str, str]) -> None:
        assert set(filters) <= pixabay.PixabaySpider.filters
        usual = talk.asked(talk.wanting(self.spider()).page_request(self.stream()))
        told = talk.asked(talk.wanting(self.spider(), **filters).page_request(self.stream()))
        assert told == usual | expected

    def test_own_options(self) -> None:
        spider = self.spider()
        spider.options = pixabay.PixabayOptions(category="animals", editors_choice=True, order="latest")
        told = talk.asked(spider.page_request(self.stream()))
        assert (told["category"], told["editors_choice"], told["order"]) == ("animals", "true", "latest")

    def talker(self, **options: Any) -> Any:
        """A spider for the simulated source."""
        spider, address = self.spider(), talk.endpoint("pixabay")
        spider.options = pixabay.PixabayOptions(**({"endpoint": address, "key": KEY} | options))
        return spider

    def test_page_by_page_to_the_end(self) -> None:
        engine, stream = Simulated(talk.collection(), talk.PORT), self.stream()
        stream.question = type(stream.question)(category="birds", engine="pixabay", query="birds")
        spider = self.talker(page_size=4)
        pages = talk.walk(spider, engine, stream)
        found = [candidate for page in pages for candidate in page.candidates]
        expected = engine.search("birds")
        assert [each.engine_id for each in found] == [str(engine.number_of(each)) for each in expected]
        assert {each.width for each in found} <= {None, *(each.width for each in expected)}
        assert len(pages) == -(-len(expected) // 4) > 1
        beyond = talk.next_page(spider, engine, stream)
        assert (list(beyond.candidates), beyond.done) == ([], True)

    def test_the_simulated_source_refuses_as_pixabay_does(self) -> None:
        engine = Simulated(talk.collection(), talk.PORT)
        with pytest.raises(Blocked, match="Invalid or missing API key"):
            talk.next_page(self.talker(key="wrong"), engine, self.stream())
        blocked = engine.block()
        assert self.ending(bytes(blocked.body), blocked.status).startswith("blocked: ")  # type: ignore[arg-type]  # bytes, as it was made
        with pytest.raises(LayoutChanged):
            self.parse(bytes(engine.layout().body))  # type: ignore[arg-type]  # bytes, as it was made
        empty = talk.next_page(self.talker(), engine, self.stream())
        assert (list(empty.candidates), empty.done) == ([], True)
