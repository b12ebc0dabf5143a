"""The source `artic`, with an answer in the form of the museum's interface."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from pixcrawler_museum import artic

from pixcrawler_core.testing.sources import SourceContract

IMAGE = "0a1b2c3d-0000-1111-2222-33334444555{}"


def work(number: int, **changes: Any) -> dict[str, Any]:
    """A work in the form of the interface, made up."""
    usual = {
        "id": number,
        "title": "Lighthouse at Dusk",
        "image_id": IMAGE.format(number),
        "artist_title": "A. Painter",
        "date_display": "1887",
        "term_titles": ["seascape", "oil on canvas"],
    }
    return usual | changes


def answer(*works: Any, pages: int = 4) -> bytes:
    pagination = {"total": 312, "limit": 100, "offset": 0, "total_pages": pages, "current_page": 1}
    return json.dumps({"pagination": pagination, "data": works}).encode()


class TestArtic(SourceContract):
    """The contract, and what is this source's own."""

    component = next(artic.register_sources())
    page = answer(work(1), work(2), work(3))
    results = ("data",)

    def test_it_asks_for_works_in_the_public_domain(self) -> None:
        asked = parse_qs(urlsplit(self.spider().page_request(self.stream()).url).query)
        assert asked["q"] == [self.query]
        assert asked["query[term][is_public_domain]"] == ["true"]

    def test_it_tells_what_the_museum_tells(self) -> None:
        (found,) = self.parse(answer(work(7))).candidates
        assert found.image_url == f"{artic.IIIF}/{IMAGE.format(7)}/full/843,/0/default.jpg"
        assert (found.title, found.creator, found.date) == ("Lighthouse at Dusk", "A. Painter", "1887")
        assert (found.page_url, found.license) == ("https://www.artic.edu/artworks/7", "cc0-1.0")
        assert found.tags == ("seascape", "oil on canvas")

    @pytest.mark.parametrize("image", [None, "", "../../etc/passwd", 7])
    def test_works_without_a_photograph_are_left_out(self, image: object) -> None:
        assert self.parse(answer(work(1, image_id=image))).candidates == []

    @pytest.mark.parametrize(
        ("page", "pages", "done"), [(1, 4, False), (4, 4, True), (10, 99, True), (1, 0, True)]
    )
    def test_it_ends_at_the_last_page(self, page: int, pages: int, done: bool) -> None:
        stream = self.stream()
        stream.page = page
        assert self.spider().parse_page(self.response(answer(work(1), pages=pages)), stream).done is done
