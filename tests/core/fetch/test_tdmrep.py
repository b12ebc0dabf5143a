from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixcrawler_core.fetch.tdmrep import MAX_RULES, Rule, parse, rule_for


@pytest.mark.parametrize(
    ("location", "path", "matches"),
    [
        ("/", "/a.jpg", True),
        ("/images/", "/images/a.jpg", True),
        ("/images/", "/image/a.jpg", False),
        ("/images/*.jpg", "/images/a/b.jpg?x=1", True),
        ("/images/*.jpg$", "/images/a/b.jpg?x=1", False),
        ("/images/*.jpg$", "/images/a/b.jpg", True),
        ("/a.jpg$", "/a.jpg", True),
        ("/a.jpg$", "/a.jpgx", False),
        ("*", "/anything", True),
        ("*/b/*/d*", "/a/b/c/d", True),
        ("*/b/*/d*", "/a/b/d", False),
        ("/*aa$", "/a", False),
        ("/path/foo-%24", "/path/foo-$", True),
        ("/path/%2A", "/path/x", False),
        ("/ü/", "/%C3%BC/a", True),
        ("/Images/", "/images/", False),
        ("images/", "/images/", False),
        ("", "/a", True),
    ],
)
def test_locations(location: str, path: str, *, matches: bool) -> None:
    assert (rule_for([Rule(location, 1)], f"https://example.com{path}") is not None) is matches


def test_first_match_in_the_file_wins() -> None:
    rules = parse('[{"location": "/a", "tdm-reservation": 0}, {"location": "/a/b", "tdm-reservation": 1}]')
    assert rules is not None
    found = rule_for(rules, "https://example.com/a/b/c.jpg")
    assert found == Rule("/a", 0)
    assert rule_for(rules, "https://example.com/c") is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0, 0), (1, 1), ("1", 1), ("0", 0), (2, None), (True, None), (None, None), ("yes", None), ([], None)],
)
def test_reservations(value: Any, expected: int | None) -> None:
    body = json.dumps([{"location": "/", "tdm-reservation": value, "tdm-policy": value}])
    assert parse(body) == [Rule("/", expected, value if isinstance(value, str) else None)]


@pytest.mark.parametrize(
    "body",
    ["", "<html>", "{}", "null", '"x"', "[" * 100_000, '{"location": "/"}', b"\xff\xfe\x00", "1" * 5000],
)
def test_what_is_no_rules_file(body: str | bytes) -> None:
    assert parse(body) is None


def test_entries_that_are_no_rules_are_passed_over() -> None:
    body = json.dumps([1, None, [], {}, {"location": 5}, {"location": "/", "tdm-reservation": 1}])
    assert parse(body) == [Rule("/", 1)]
    assert len(parse(json.dumps([{"location": "/"}] * (MAX_RULES + 5))) or ()) == MAX_RULES


@settings(max_examples=100, deadline=None)
@given(st.text("/a*b$", max_size=10), st.text("/ab", max_size=10))
def test_matching_agrees_with_a_plain_definition(location: str, path: str) -> None:
    def plain(pattern: str, text: str) -> bool:
        if not pattern:
            return True
        if pattern == "$":
            return not text
        if pattern[0] == "*":
            return any(plain(pattern[1:], text[at:]) for at in range(len(text) + 1))
        return text[:1] == pattern[0] and plain(pattern[1:], text[1:])

    if "$" not in location[:-1]:
        assert Rule(location, 1).matches(path) is plain(location, path)
