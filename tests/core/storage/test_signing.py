"""Signed addresses: good for one object and one time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixcrawler_core.storage.signing import is_valid, signed

KEY = b"k" * 32
NOW = datetime(2026, 1, 1, tzinfo=UTC)
UNTIL = NOW + timedelta(minutes=5)


def parts(address: str) -> tuple[str, str, str]:
    split = urlsplit(address)
    query = parse_qs(split.query)
    return unquote(split.path.removeprefix("/objects/")), query["expires"][0], query["signature"][0]


@given(st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"]), min_size=1))
def test_an_address_is_valid_until_its_time(key: str) -> None:
    address = signed("https://data.example/objects/", KEY, key, UNTIL)
    assert address.isascii()
    found, expires, signature = parts(address)
    assert found == key
    assert is_valid(KEY, found, expires, signature, NOW)
    assert is_valid(KEY, found, expires, signature, UNTIL - timedelta(microseconds=1))
    assert not is_valid(KEY, found, expires, signature, UNTIL)


def test_an_address_is_good_for_nothing_else() -> None:
    key, expires, signature = parts(signed("https://data.example/objects", KEY, "a/b.jpg", UNTIL))
    later = str(int(expires) + 60)
    assert not is_valid(KEY, "a/c.jpg", expires, signature, NOW)
    assert not is_valid(KEY, key, later, signature, NOW)
    assert not is_valid(b"l" * 32, key, expires, signature, NOW)


@pytest.mark.parametrize("expires", ["", "x", "-1", "1e9", "١٧٦٧٢٢٥٩٠٠", "9" * 400, "1 ", "\n1"])
def test_odd_times_are_not_valid(expires: str) -> None:
    assert not is_valid(KEY, "a", expires, "0" * 64, NOW)


@given(st.text(), st.text(), st.text())
def test_what_strangers_send_is_not_valid(key: str, expires: str, signature: str) -> None:
    assert not is_valid(KEY, key, expires, signature, NOW)
