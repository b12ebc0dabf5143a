"""The export formats `jsonl` and `csv`."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import duckdb
from pixcrawler_exporters import csv as csv_export
from pixcrawler_exporters import jsonl as jsonl_export

from pixcrawler_core.cells import unguarded
from pixcrawler_core.testing.contracts import ExporterContract
from tests.exporters.made import dataset, entries, exported


class TestJsonl(ExporterContract):
    component = next(jsonl_export.register_exporters())

    def holds(self, _name: str, /) -> bool:
        return False

    def read(self, export: Path) -> dict[str, bytes]:
        assert [json.loads(line)["path"] for line in export.read_text("utf-8").splitlines()] == [
            "categories/a/1.jpg",
            "categories/ünïcode/2.jpg",
        ]
        return {}


class TestCsv(ExporterContract):
    component = next(csv_export.register_exporters())

    def holds(self, _name: str, /) -> bool:
        return False

    def read(self, export: Path) -> dict[str, bytes]:
        with export.open(encoding="utf-8", newline="") as file:
            assert [row["path"] for row in csv.DictReader(file)] == [
                "categories/a/1.jpg",
                "categories/ünïcode/2.jpg",
            ]
        return {}


def test_lines_of_json_are_the_manifests_rows(tmp_path: Path) -> None:
    folder = dataset(tmp_path)
    lines = exported(folder, "jsonl").read_text("utf-8").splitlines()
    assert [json.loads(line) for line in lines] == entries(folder)
    table = duckdb.read_json(str(tmp_path / "*.jsonl"))
    assert table.aggregate("category, count(*)").order("category").fetchall() == [
        ("castles", 3),
        ("ruins", 3),
    ]


def test_cells_are_those_of_the_manifest_and_no_formula(tmp_path: Path) -> None:
    folder = dataset(tmp_path)
    with exported(folder, "csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows[0]["title"].startswith("'=")
    for row, entry in zip(rows, entries(folder), strict=True):
        assert unguarded(row["title"]) == (entry["title"] or "").replace("\0", "\ufffd")
        assert int(row["width"]) == entry["width"]
        assert json.loads(row["labels"] or "[]") == entry["labels"]
        assert json.loads(row["scores"]) == entry["scores"]
        assert row["split"] == entry["split"]


def test_duckdb_reads_the_table(tmp_path: Path) -> None:
    table = duckdb.read_csv(str(exported(dataset(tmp_path), "csv")))
    counts = table.aggregate("split, count(*), sum(size) > 0").order("split").fetchall()
    assert counts == [("train", 4, True), ("val", 2, True)]
