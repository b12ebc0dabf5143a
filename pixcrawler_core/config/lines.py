"""Finds the lines of a TOML file on which its keys stand, which the standard parser does not tell."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pixcrawler_core.config.problems import Path

TOKEN = re.compile(
    r'''
    """(?:\\.|[^\\])*?"{3,5}  # strings over several lines may end with two quotes of their own
    | \'\'\'.*?'{3,5}
    | "(?:\\.|[^"\\\n])*"
    | '[^'\n]*'
    | \#[^\n]*
    | (?P<open>[\[{]) | (?P<close>[\]}]) | (?P<end>\n)
    ''',
    re.VERBOSE | re.DOTALL,
)
"""What decides where a statement ends (TOML 1.0): strings and comments hide brackets and line ends."""


def key_lines(text: str) -> dict[Path, int]:
    """The line, counted from 1, of each table and key of a valid TOML text, by its path.

    Keys inside an inline table have the line on which the outermost one starts.
    """
    lines: dict[Path, int] = {}
    table: Path = ()
    lengths: dict[Path, int] = {}
    found: Iterable[Path]
    for line, statement in _statements(text):
        content = tomllib.loads(statement)
        if statement.startswith("["):
            table = _table(content, lengths)
            found = (table[:length] for length in range(1, len(table) + 1))
        else:
            found = _paths(content, table)
        for path in found:
            lines.setdefault(path, line)
    return lines


def line_of(path: Path, lines: Mapping[Path, int]) -> int | None:
    """The line of the key at `path`, or of the innermost table around it that has one."""
    around = (path[:length] for length in range(len(path), 0, -1))
    return next((lines[outer] for outer in around if outer in lines), None)


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Each header and each key with its value, and the line on which it starts."""
    start, line, depth = 0, 1, 0
    for token in TOKEN.finditer(text + "\n"):
        depth += (token["open"] is not None) - (token["close"] is not None)
        if token["end"] is None or depth:
            continue
        statement = text[start : token.start()]
        body = statement.strip()
        if body and not body.startswith("#"):
            yield line, body
        line += statement.count("\n") + 1
        start = token.end()


def _table(header: Mapping[str, Any], lengths: dict[Path, int]) -> Path:
    """The path that a header opens; `lengths` counts the tables of each `[[array]]` met so far."""
    path: Path = ()
    value: Any = header
    while isinstance(value, Mapping) and value:
        key, value = next(iter(value.items()))
        path = (*path, key)
        if isinstance(value, list):
            lengths[path] = lengths.get(path, 0) + 1
        if path in lengths:
            path = (*path, lengths[path] - 1)
    return path


def _paths(value: Any, path: Path) -> Iterator[Path]:
    yield path
    inner = (
        value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
    )
    for key, item in inner:
        yield from _paths(item, (*path, key))
