"""How many images a page shows, and data that ends no element."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixcrawler_core.report.gallery import allowance, as_json


@pytest.mark.parametrize(
    ("counts", "most", "limit"),
    [
        ({}, 10, 1),
        ({"all": 34_567}, 12_000, 12_000),
        ({"small": 3, "large": 100}, 50, 47),
        ({"one": 5, "two": 5}, 10, 5),
        ({"one": 6, "two": 6}, 10, 5),
        ({str(number): 1 for number in range(100)}, 10, 1),
    ],
)
def test_what_is_allowed(counts: dict[str, int], most: int, limit: int) -> None:
    assert allowance(counts, most) == limit


@given(st.dictionaries(st.text(max_size=3), st.integers(0, 100), min_size=1), st.integers(1, 500))
def test_categories_share_the_page(counts: dict[str, int], most: int) -> None:
    limit = allowance(counts, most)
    if len(counts) <= most:
        assert sum(min(count, limit) for count in counts.values()) <= most
    if sum(counts.values()) > most:
        assert limit == 1 or sum(min(count, limit + 1) for count in counts.values()) > most
    else:
        assert limit >= max(counts.values())


@given(st.recursive(st.none() | st.integers() | st.text(), lambda inner: st.lists(inner, max_size=3)))
def test_data_in_a_page(value: object) -> None:
    text = as_json(value)
    assert json.loads(text) == value
    assert re.search(r"[<>&\u2028\u2029]|[^\x20-\x7e]", text) is None
