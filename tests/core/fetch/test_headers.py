from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixcrawler_core.fetch.headers import REFUSING, refusing_directive, reservation

US = frozenset(("pixcrawler",))


@pytest.mark.parametrize(
    ("values", "directive"),
    [
        ([], None),
        (["all"], None),
        (["noai"], "noai"),
        (["NoImageAI"], "noimageai"),
        (["noindex, nofollow"], "noindex"),
        (["nofollow,noimageindex"], "noimageindex"),
        (["none"], "none"),
        (["nofollow", "nosnippet", "noai"], "noai"),
        (["pixcrawler: noai"], "noai"),
        (["PixCrawler : nofollow, noai"], "noai"),
        (["*: noai"], "noai"),
        (["googlebot: noindex"], None),
        (["googlebot: noindex, noai"], None),
        (["googlebot: noindex, pixcrawler: noai"], "noai"),
        (["googlebot: noindex", "noai"], "noai"),
        (["unavailable_after: 25 Jun 2010 15:00:00 PST"], None),
        (["unavailable_after: 25 Jun 2010 15:00:00 PST, noindex"], "noindex"),
        (["googlebot: unavailable_after: 25 Jun 2010 15:00:00 PST, noindex"], None),
        (["max-image-preview: none"], None),
        (["max-snippet:0, noai"], "noai"),
        (["noaiming"], None),
        ([",,;:,", ":::", ""], None),
    ],
)
def test_x_robots_tag(values: list[str], directive: str | None) -> None:
    assert refusing_directive(values, US) == directive


@settings(max_examples=100, deadline=None)
@given(st.lists(st.text(":, noaiexd*g", max_size=30), max_size=4))
def test_any_header_is_read(values: list[str]) -> None:
    assert refusing_directive(values, US) in {None, *REFUSING}
    assert refusing_directive([*values, "noai"], US) is not None


@pytest.mark.parametrize(
    ("value", "expected"), [(None, None), ("0", 0), (" 1", 1), ("2", None), ("true", None), ("1, 1", None)]
)
def test_reservation(value: str | None, expected: int | None) -> None:
    assert reservation(value) == expected
