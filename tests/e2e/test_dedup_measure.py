"""`pixcrawler dedup --measure`, as a user runs it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Command


def table(folder: Path, rows: list[tuple[str, str]]) -> Path:
    path = folder / "labelled.csv"
    path.write_text("path,group\n" + "".join(f"{name},{group}\n" for name, group in rows))
    return path


def test_methods_are_measured(pixcrawler: Command, pictures: Path) -> None:
    labelled = table(
        pictures,
        [
            ("a.jpg", "1"), ("below/copy.jpg", "1"), ("b.jpg", "2"), ("below/pixels.png", "3"),
            ("c.jpg", "4"), ("below/half.jpg", "4"), ("d.jpg", "5"), ("below/cut.jpg", "5"),
        ],
    )  # fmt: skip
    done = pixcrawler("dedup", "--measure", labelled, "--json", "--method", "sha256", "--method", "phash")
    assert done.code == 0, done.stderr
    exact, hashes, both = (json.loads(line) for line in done.stdout.splitlines())
    missed = ["d.jpg", "below/cut.jpg"], ["c.jpg", "below/half.jpg"]
    told = {key: value for key, value in exact.items() if key != "missed"}
    assert told == {
        "method": "sha256", "precision": 1.0, "recall": 1 / 3, "f1": 0.5, "right": 1, "wrong": [],
    }  # fmt: skip
    assert [{Path(path).name for path in two} for two in exact["missed"]] == [
        {Path(path).name for path in two} for two in missed
    ]
    wrong: dict[str, Any] = hashes["wrong"][0]
    assert {Path(path).name for path in wrong["paths"]} == {"b.jpg", "pixels.png"}
    assert (hashes["precision"], hashes["recall"], hashes["f1"]) == (2 / 3, 2 / 3, 2 / 3)
    assert both | {"method": "phash"} == hashes
    assert both["method"] == "together"
    assert "below/cut.jpg: truncated" in done.stderr


def test_a_measurement_to_read(pixcrawler: Command, pictures: Path) -> None:
    labelled = table(pictures, [("a.jpg", "1"), ("below/copy.jpg", "1"), ("b.jpg", "2"), ("c.jpg", "2")])
    done = pixcrawler("dedup", "--measure", labelled, "--method", "sha256")
    assert done.stdout.splitlines() == [
        "method  precision  recall     F1  right  wrong  missed",
        "sha256      1.000   0.500  0.667      1      0       1",
        f"missed: sha256: {pictures}/b.jpg and {pictures}/c.jpg",
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("path\na.jpg\n", ":1: there is no column 'group'"),
        ("path,group\na.jpg,\n", ":2: path or group is empty"),
        ("path,group\na.jpg,1\na.jpg,2\n", ":3: 'a.jpg' is named twice"),
        ("path,group\nbelow,1\n", ":2: 'below': there is no such file in"),
        ("path,group\na.jpg,1\nbelow/../a.jpg,2\n", "is named twice, by two ways"),
        ("path,group\n\0,1\n", ":2: '\\x00': there is no such file"),
        ('path,group\n"a.jpg,1\n', "is no CSV table"),
        ("path,group\n\ud800,1\n", "is no CSV table in UTF-8, but something else\n"),
        ("path,group\n", "there are no rows below the header"),
    ],
)
def test_a_wrong_table(pixcrawler: Command, pictures: Path, text: str, told: str) -> None:
    (pictures / "labelled.csv").write_bytes(text.encode("utf-8", "surrogatepass"))
    done = pixcrawler("dedup", "--measure", pictures / "labelled.csv", "--method", "sha256")
    assert (done.code, done.stdout) == (2, "")
    assert told in done.stderr
