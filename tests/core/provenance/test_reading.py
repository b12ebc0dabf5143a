"""Manifests and locks that a stranger edited: an error that says what is wrong, and nothing else."""

from __future__ import annotations

import json
import posixpath
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixcrawler_core.errors import DatasetError
from pixcrawler_core.provenance.reading import LONGEST_LINE, Document, Row, checked_path, strict_object

LINES = st.sampled_from(
    [
        b'{"pixcrawler": "1"', b",\n", b'{\n "dataset": "x",\n', b' "images": [\n', b' "files": [\n',
        b'{"path": "a"},\n', b'{"path": "a"}\n', b"{]\n", b"],\n", b"]\n", b"}\n", b' "manifest": "x"\n',
        b' "files": []}\n', b"\xff\n", b"\n", b'{"a": 1, "a": 2},\n', b'{"size": 1e999},\n',
    ]
)  # fmt: skip


@given(st.lists(LINES, max_size=12).map(b"".join) | st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_in_one_sentence(
    tmp_path_factory: pytest.TempPathFactory, text: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.json"
    path.write_bytes(text)
    told, rows = read(path)
    assert (str(path) in told and "\n" not in told) or all(row.told or row.problem for row in rows)


def read(path: Path) -> tuple[str, list[Row]]:
    """What is wrong with a file, and its rows."""
    try:
        document = Document(path)
        return "", [*document.rows()]
    except DatasetError as error:
        return str(error), []


@given(
    st.text(max_size=30) | st.lists(st.sampled_from(["..", ".", "", "a", "b.jpg", "C:", "\\"])).map("/".join)
)
def test_no_path_that_is_taken_leads_out(text: str) -> None:
    try:
        path = checked_path(text)
    except ValueError:
        return
    assert posixpath.normpath(f"/root/{path}") == f"/root/{path}"
    assert "\0" not in path


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (b'{"a": 1, "b": 2, "a": 3}', "the key 'a' is there twice"),
        (b'{"a": {"b": 1, "b": 1}}', "the key 'b' is there twice"),
        (b"[1]", "not a JSON object"),
        (b'{"a": ', "not JSON"),
        (b'{"a": "\xff"}', "not UTF-8"),
        (b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nested too deep"),
        (b'{"a": ' + b"9" * 10_000 + b"}", "4300"),
    ],
)
def test_what_is_wrong_with_an_object(text: bytes, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        strict_object(text)


def test_a_line_without_end_is_not_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "manifest.json"
    with path.open("wb") as file:
        file.write(b'{\n "images": [\n{"path": "')
        file.truncate(100 * LONGEST_LINE)
    with pytest.raises(DatasetError, match=r"line 3 has more than 16777216 bytes"):
        [*Document(path).rows()]


def test_a_manifest_that_another_program_wrote_anew_is_none(tmp_path: Path) -> None:
    path = tmp_path / "manifest.json"
    path.write_text(json.dumps({"dataset": "x", "images": [{"path": "a"}]}, indent=2))
    with pytest.raises(DatasetError, match="no list of images, with a line for each"):
        Document(path)
