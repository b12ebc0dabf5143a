"""Files of decisions: what a program writes is read as it was meant, and what is none is told by its line."""

from __future__ import annotations

import csv
import json
import tempfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixcrawler_core.catalog.reviews import Verb
from pixcrawler_core.cells import guarded
from pixcrawler_core.commands.review_rows import MORE, NAMES, Row, read_rows
from pixcrawler_core.errors import ConfigError

COLUMNS = ("path", "url", *MORE)
words = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30).map(str.strip)
tables = st.lists(
    st.fixed_dictionaries(dict.fromkeys(COLUMNS, words)).filter(lambda row: row["path"] and row["category"]),
    max_size=5,
)


def read(text: str, verb: Verb = Verb.MOVE) -> list[Row]:
    """The rows of a file with this text."""
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", newline="") as file:
        file.write(text)
        file.flush()
        return read_rows(Path(file.name), verb)


@given(tables)
def test_a_table_and_lines_of_json_say_the_same(told: list[dict[str, str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "rows.csv")
        with path.open("w", encoding="utf-8", newline="") as file:
            table = csv.writer(file, quoting=csv.QUOTE_ALL)
            table.writerow(COLUMNS)
            table.writerows([guarded(row[name]) for name in COLUMNS] for row in told)
        rows = read_rows(path, Verb.MOVE)
        path.write_text("".join(f"{json.dumps(row)}\n" for row in told) or "{}", "utf-8")
        same = read_rows(path, Verb.MOVE) if told else []
    for row, other, meant in zip(rows, same, told, strict=True):
        assert {name: getattr(row, name) for name in COLUMNS} == meant
        assert {name: getattr(other, name) for name in (*NAMES, *MORE)} == {
            name: getattr(row, name) for name in (*NAMES, *MORE)
        }


@given(st.text(max_size=80))
def test_whatever_is_in_a_file_it_is_read_or_refused_in_a_sentence(text: str) -> None:
    for begun in ("", "path\n", '{"path":"a"}\n{'):
        with suppress(ConfigError):
            rows = read(begun + text.encode("utf-8", "replace").decode(), Verb.REJECT)
            assert all(row.path or row.sha256 or row.url for row in rows)


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_tables_as_spreadsheets_write_them(mark: str, end: str) -> None:
    rows = read(f"{mark} Path ,NOTE{end}a.jpg,one{end},{end}b.jpg{end}", Verb.REJECT)
    assert [(row.path, row.note, row.place.rsplit(":", 1)[1]) for row in rows] == [
        ("a.jpg", "one", "2"),
        ("b.jpg", "", "4"),
    ]


def test_half_a_character_is_told_with_its_line() -> None:
    with pytest.raises(ConfigError, match=r":2: path has half a character"):
        read('{"path": "a"}\n{"path": "\\ud800"}\n', Verb.REJECT)
