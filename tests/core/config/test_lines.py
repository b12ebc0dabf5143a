from __future__ import annotations

import tomllib
from collections.abc import Iterator
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from pixcrawler_core.config.lines import key_lines, line_of
from pixcrawler_core.config.problems import Path

TEXT = '''# [comment] = "x"
[job]  # x = [
name = "a # ]"
"quoted.key" = 1
keywords = [
  "a]", # [[
  'b"',
]
a.b = { c = 1, d = { e = [1,
  2] } }
text = """
[fetch]
delay = 1 \\""" # still
"""""
raw = \'\'\'
x = 1\'\'\'\'

[[category]]
name = "first"
  [category.inner]
  x = 1
[[category]]
name = "second"
[[category.deep]]
y = 1
[[category.deep]]
y = 2
[sources.openverse]
size = 1
'''


def test_each_key_has_its_line() -> None:
    lines = key_lines(TEXT)
    assert {path: line for path, line in lines.items() if "keywords" not in path} == {
        ("job",): 2,
        ("job", "name"): 3,
        ("job", "quoted.key"): 4,
        ("job", "a"): 9,
        ("job", "a", "b"): 9,
        ("job", "a", "b", "c"): 9,
        ("job", "a", "b", "d"): 9,
        ("job", "a", "b", "d", "e"): 9,
        ("job", "a", "b", "d", "e", 0): 9,
        ("job", "a", "b", "d", "e", 1): 9,
        ("job", "text"): 11,
        ("job", "raw"): 15,
        ("category",): 18,
        ("category", 0): 18,
        ("category", 0, "name"): 19,
        ("category", 0, "inner"): 20,
        ("category", 0, "inner", "x"): 21,
        ("category", 1): 22,
        ("category", 1, "name"): 23,
        ("category", 1, "deep"): 24,
        ("category", 1, "deep", 0): 24,
        ("category", 1, "deep", 0, "y"): 25,
        ("category", 1, "deep", 1): 26,
        ("category", 1, "deep", 1, "y"): 27,
        ("sources",): 28,
        ("sources", "openverse"): 28,
        ("sources", "openverse", "size"): 29,
    }
    assert lines["job", "keywords"] == 5


def test_windows_line_ends_count_once() -> None:
    assert key_lines("[a]\r\nb = 1\r\n\r\nc = 2\r\n") == {("a",): 1, ("a", "b"): 2, ("a", "c"): 4}


def test_a_missing_key_has_the_line_of_its_table() -> None:
    lines: dict[Path, int] = {("a",): 3, ("a", "b"): 5}
    assert line_of(("a", "b"), lines) == 5
    assert line_of(("a", "c", 1), lines) == 3
    assert line_of(("x",), lines) is None
    assert line_of((), lines) is None


VALUES = st.sampled_from(
    [
        "1",
        '"""\nx"""" # "[',
        '"#["',
        "'\"'",
        '"""\n]\\"""" #"""',
        "'''\n[x]\n''''",
        "[\n1, # ]\n2]",
        "{a = [\n], b = '}'}",
        "[[], {}]",
    ]
)
KEYS = st.sampled_from(["a", "b-c", '"d e"', "'#'", "f.g", '"=" . h', "j . '[k]'"])
NOISE = st.sampled_from(["", "\n", "# [x] = '''\n", "  \t\n"])


@st.composite
def documents(draw: st.DrawFn) -> tuple[str, list[tuple[str, int]]]:
    """A TOML text and its top-level keys with their lines."""
    text, expected = "", []
    for key in draw(st.lists(KEYS, unique=True)):
        text += draw(NOISE)
        expected.append((key, text.count("\n") + 1))
        text += f"{key} = {draw(VALUES)} # end\n"
    return text, expected


def leaves(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    yield path
    if isinstance(value, dict):
        for key, item in value.items():
            yield from leaves(item, (*path, key))


@settings(max_examples=100)
@given(documents())
def test_lines_are_those_at_which_keys_were_written(document: tuple[str, list[tuple[str, int]]]) -> None:
    text, expected = document
    lines = key_lines(text)
    for key, line in expected:
        path = list(leaves(tomllib.loads(f"{key} = 0")))[-1]
        assert lines[path] == line
    assert set(leaves(tomllib.loads(text))) - {()} <= set(lines)
