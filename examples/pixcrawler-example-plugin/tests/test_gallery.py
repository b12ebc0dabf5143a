"""The source `gallery`, with an answer that was recorded."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from pixcrawler_example_plugin import gallery

from pixcrawler_core.records import Candidate
from pixcrawler_core.sources import SourceProblem
from pixcrawler_core.testing.sources import SourceContract

RECORDED = Path(__file__).parent / "recorded"


def told(candidate: Candidate) -> dict[str, Any]:
    """The fields of a candidate that are not as they are where nothing is told."""
    asked = {name: getattr(candidate, name) for name in ("engine", "category", "query")}
    bare = dataclasses.asdict(Candidate(image_url="", **asked))
    fields = {name: value for name, value in dataclasses.asdict(candidate).items() if value != bare[name]}
    return dict(json.loads(json.dumps(fields)))


class TestGallery(SourceContract):
    """The contract of all sources, and what is this one's own."""

    component = next(gallery.register_sources())
    page = (RECORDED / "page.json").read_bytes()
    results = ("photos",)

    def test_the_recorded_page_gives_the_expected_items(self) -> None:
        expected = json.loads((RECORDED / "expected.json").read_text("utf-8"))
        assert [told(each) for each in self.parse(self.page).candidates] == expected

    def test_what_it_asks(self) -> None:
        asked = parse_qs(urlsplit(self.spider().page_request(self.stream()).url).query)
        assert asked == {"q": [self.query], "page": ["1"], "per_page": ["30"]}

    def test_photographs_without_a_file_are_left_out(self) -> None:
        answer = json.loads(self.page)
        answer["photos"][0]["files"] = None
        assert len(self.parse(json.dumps(answer).encode()).candidates) == 2

    def test_an_error_is_told_in_its_own_words(self) -> None:
        with pytest.raises(SourceProblem, match=r"^Closed today\.$"):
            self.parse(b'{"error": {"code": "closed", "message": "Closed today."}}')

    @pytest.mark.parametrize(("page", "done"), [(1, False), (2, False), (3, True)])
    def test_it_ends_at_the_last_page(self, page: int, done: bool) -> None:
        stream = self.stream()
        stream.page = page
        assert self.spider().parse_page(self.response(self.page), stream).done is done
