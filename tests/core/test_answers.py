"""Single values out of answers: JSON of every encoding, texts with and without markup, addresses, sizes."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixcrawler_core import answers
from pixcrawler_core.answers import LARGEST, LONGEST, json_of

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)
SIMPLE = st.from_regex(r"[a-zé日]{1,9}( [a-z0-9.,'()-]{1,9}){0,4}", fullmatch=True)


@settings(max_examples=150, deadline=None)
@given(VALUES, st.booleans(), st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32-le"]))
def test_json_is_read_as_it_was_written(value: Any, ascii_only: bool, encoding: str) -> None:
    told = json.dumps(value, ensure_ascii=ascii_only)
    assert json_of(told) == value
    assert json_of(told.encode(encoding)) == value


@pytest.mark.parametrize(
    ("told", "value"),
    [
        ('"\\ud83d\\ude00 \\ud800"', "😀 \ud800"),
        ("123456789012345678901234567890", 123456789012345678901234567890),
        ("[-Infinity, 1e999]", [-math.inf, math.inf]),
        ('{"a": 1, "a": 2}', {"a": 2}),
        ("[" * 300 + "]" * 300, json.loads("[" * 300 + "]" * 300)),
    ],
)
def test_odd_json(told: str, value: Any) -> None:
    assert json_of(told) == value
    assert json_of(told.encode()) == value


@pytest.mark.parametrize("told", ["", "{", '{"a": 1,}', "<html>", '"\x01"', b'"\xff"', "01", "nan"])
def test_what_is_no_json(told: str | bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        json_of(told)


def test_json_that_is_too_deep() -> None:
    with pytest.raises(RecursionError):
        json_of("[" * 100_000)


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("<p>One<br>two</p>three", "One two three"),
        ("<B>r</B>ed <a title='x > y' href=\"/a\">panda</a>", "red panda"),
        ("a< / P >b<DIV class=x>c<Td>d<h3>e", "a b c d e"),
        ("Tom &amp; <i>Jerry&nbsp;</i>", "Tom & Jerry"),
        ("&lt;b&gt;", "<b>"),
        ("x<script>alert(1)</script>y", "xy"),
        ("x<STYLE>p{}</STYLE>y", "xy"),
        ("a<span style='DISPLAY: none'>hidden</span>b", "ab"),
        ("a<!-- 3 -->b", "ab"),
        ('a<?xml:namespace prefix = "o" />b', "a b"),
        ("I <3 pandas > cats", "I <3 pandas > cats"),
        ("<100 mm", "<100 mm"),
        ("line\r\nbreak\tand\x00more\x9f", "line break and more"),
        ("\ue000red\ue001 pan\ud800da", "red panda"),
        ("  ", None),
        ("<p> </p>", None),
        (7, "7"),
        (True, None),
        (["x"], None),
        ("x" * (LONGEST + 9), "x" * LONGEST),
        ("<i>" + "x" * LONGEST, "x" * (LONGEST - 3)),
    ],
)
def test_text(value: Any, told: str | None) -> None:
    assert answers.text(value) == told


@given(SIMPLE)
def test_text_without_markup_stays_as_it_is(told: str) -> None:
    assert answers.text(told) == answers.plain(told) == answers.text(f" {told}\n") == told
    assert answers.text(f"<b>{told}</b>") == told


@pytest.mark.parametrize(
    ("value", "address"),
    [
        ("https://x.example/a.jpg?b=1", "https://x.example/a.jpg?b=1"),
        ("//x.example/a.jpg", "https://x.example/a.jpg"),
        (" //x.example/a b.jpg\n", "https://x.example/a b.jpg"),
        ("HTTP://x.example/ü.jpg", "HTTP://x.example/ü.jpg"),
        ("http://x.example/\x00a", "http://x.example/ a"),
        ("https://x.example/" + "x" * LONGEST, "https://x.example/" + "x" * (LONGEST - 18)),
        ("https://", "https://"),
        ("ftp://x.example/a", None),
        ("/a.jpg", None),
        ("x http://x.example/", None),
        (7, None),
        ([], None),
    ],
)
def test_url(value: Any, address: str | None) -> None:
    assert answers.url(value) == address


@pytest.mark.parametrize(
    ("value", "size"),
    [
        *((7, 7), ("7", 7), (" 7.00 ", 7), (7.0, 7), ("\u0667", 7)),
        *((LARGEST, None), (str(LARGEST - 1), LARGEST - 1), ("9" * 17, None)),
        *((0, None), (-7, None), ("0", None), ("7.5", None), ("7px", None), ("", None)),
        *((None, None), (True, None), ([], None), (math.nan, None)),
    ],
)
def test_number(value: Any, size: int | None) -> None:
    assert answers.number(value) == size


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (None, ()),
        ("a", ("a",)),
        ("", ()),
        (["b", None, " b", {}, "a<br>", 3, ""], ("b", "a", "3")),
        ({"a": 1}, ()),
    ],
)
def test_texts_are_different_ones(value: Any, told: tuple[str, ...]) -> None:
    assert answers.texts(value) == told
    assert answers.first(value) == next(iter(told), None)


def test_one_thing_or_several() -> None:
    told = [list(answers.several(each)) for each in (None, "a", ["a", None], 0)]
    assert told == [[], ["a"], ["a", None], [0]]
    assert answers.first_url(["x", "//a.example/"]) == "https://a.example/"
    assert answers.first_url("//a.example/") == "https://a.example/"


@pytest.mark.parametrize(
    ("value", "size"),
    [("171202 B", 171202), ("233.5kB", 233_500), ("1.2 MB", 1_200_000), (55, 55), (None, None), ("x", None)],
)
def test_filesize(value: Any, size: int | None) -> None:
    assert answers.filesize(value) == size
