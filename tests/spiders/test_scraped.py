from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pixcrawler_spiders.scraped import MOST, host, script_values, wrapped

OPENING = re.compile(r"data\s*=\s*(?=[\[{])")


def values(page: str) -> list[Any]:
    return list(script_values(page, OPENING))


@pytest.mark.parametrize(
    ("literal", "expected"),
    [
        ('{"a": [1, 2.5, null, true], "b": "\\u00e4\\/"}', {"a": [1, 2.5, None, True], "b": "ä/"}),
        ("{a:1,$b:-2,'c d':3,\"e\":.5,}", {"a": 1, "$b": -2, "c d": 3, "e": 0.5}),
        (
            "{a:void 0,b:undefined,c:NaN,d:!0,e:!1,f:null}",
            {"a": None, "b": None, "c": None, "d": True, "e": False, "f": None},
        ),
        ("{a:'it\\'s',b:\"\\x41\\x3cb>\",c:`x`}", {"a": "it's", "b": "A<b>", "c": "x"}),
        ("{a:'C:\\\\x41',b:'tab\there'}", {"a": "C:\\x41", "b": "tab\there"}),
        ("{a:1 /* one */, // and so on\n b:0x10}", {"a": 1, "b": 16}),
        ('{"a": NaN, "b": "line\nbreak"}', {"a": None, "b": "line\nbreak"}),
        ("[{a:{b:[]}}]", [{"a": {"b": []}}]),
        ('{a:"one \\\ntwo"}', {"a": "one two"}),
    ],
)
def test_values(literal: str, expected: Any) -> None:
    assert values(f"<script>var data = {literal};\nnext({{}})</script>") == [expected]


@pytest.mark.parametrize(
    "literal", ["{a:[1,2", "{", "[" * 100_000, '{"a":' * 100_000, "{a:" * 5000, "{a:@}x"]
)
def test_what_cannot_be_read_is_left_out(literal: str) -> None:
    found = values(f"<script>data = {literal}</script><script>data = {{a:1}}</script>")
    assert found[-1] == {"a": 1}
    assert len(found) <= 2


def test_only_so_many_are_looked_at() -> None:
    assert len(values("data=[1];" * 1000)) == MOST
    assert values("data = 7; datas = [") == []


@settings(max_examples=300, deadline=None, database=None)
@given(st.text(alphabet="{}[]\"'`\\:,/*!nv0a \n\t\x00é\ud800(=)$;<", max_size=60))
def test_nothing_breaks_it(text: str) -> None:
    assert isinstance(values(f"data={{a:{text}}}"), list)
    assert isinstance(values(f"data=[{text}"), list)
    assert (wrapped(text, "a") or "http").startswith("http")
    assert host(text) != ""


def test_addresses_within_addresses() -> None:
    address = "https://proxy.example/av?sp=1&piurl=https%3A%2F%2Fa.example%2F%3Fx%3D1%26y&url=javascript:x"
    assert wrapped(address, "piurl", "url") == "https://a.example/?x=1&y"
    assert wrapped(address, "url") is None
    assert wrapped(address, "url", "piurl") == "https://a.example/?x=1&y"
    assert wrapped(None, "url") is None
    assert wrapped("https://[?url=https://a.example", "url") is None
    assert wrapped("https://a.example/?" + "&" * 1000, "url") is None


def test_hosts() -> None:
    assert host("https://WWW.Example.org:8000/x") == "www.example.org"
    assert host("https://[") is None
    assert host(None) is None
