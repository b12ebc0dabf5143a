"""The hand-made lists are what they say they are."""

from __future__ import annotations

import hashlib

import pytest
from accuracy.labels import rows, truth
from corpora import listed

from tests.conftest import PHOTOGRAPHS


@pytest.mark.parametrize(
    ("cell", "agrees", "not_so"),
    [
        ("0", [0], [1, 2]),
        ("2", [2], [0, 1, 3]),
        ("2+", [2, 9], [0, 1]),
        ("no", [0], [1]),
        ("yes", [1, 7], [0]),
    ],
)
def test_a_cell_is_a_number_or_a_least_number(cell: str, agrees: list[int], not_so: list[int]) -> None:
    said = truth(cell)
    assert said is not None
    assert [number for number in agrees + not_so if said.holds(number)] == agrees


def test_pictures_are_known_and_each_says_something() -> None:
    pictures = rows("pictures.csv")
    assert len({(row["collection"], row["file"]) for row in pictures}) == len(pictures) >= 60
    assert {row["collection"] for row in pictures} <= {*listed(), "examples"}
    assert truth("") is None
    assert all(any(truth(row[column]) for column in ("faces", "persons", "text")) for row in pictures)


@pytest.mark.parametrize("name", ["pictures.csv", "stamps.csv"])
def test_digests_are_digests(name: str) -> None:
    digests = [row["sha256"] for row in rows(name)]
    assert len(set(digests)) == len(digests)
    assert all(len(bytes.fromhex(digest)) == 32 for digest in digests)


def test_examples_are_those_that_were_looked_at() -> None:
    examples = [row for row in rows("pictures.csv") if row["collection"] == "examples"]
    found = [hashlib.sha256((PHOTOGRAPHS / row["file"]).read_bytes()).hexdigest() for row in examples]
    assert found == [row["sha256"] for row in examples]
