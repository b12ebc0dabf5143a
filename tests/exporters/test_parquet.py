"""The export format `parquet`."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image as Pillow
from pixcrawler_exporters import parquet as parquet_export

from pixcrawler_core.testing.contracts import ExporterContract
from tests.exporters.made import BOX, HOSTILE, PHOTOGRAPHS, dataset, entries, exported

MIB = 1024 * 1024


class TestImages(ExporterContract):
    component = next(parquet_export.register_exporters())

    def holds(self, name: str, /) -> bool:
        return name.endswith(".jpg")

    def read(self, export: Path) -> dict[str, bytes]:
        images = pq.read_table(export).column("image").to_pylist()
        return {image["path"]: image["bytes"] for image in images}


class TestTable(ExporterContract):
    component = next(parquet_export.register_exporters())
    options = {"images": False}  # noqa: RUF012  # the base declares the ClassVar

    def holds(self, _name: str, /) -> bool:
        return False

    def read(self, export: Path) -> dict[str, bytes]:
        table = pq.read_table(export)
        assert "image" not in table.column_names
        assert table.column("path").to_pylist() == ["categories/a/1.jpg", "categories/ünïcode/2.jpg"]
        return {}


def test_datasets_reads_images_classes_and_labels(tmp_path: Path, load_dataset: Callable[..., Any]) -> None:
    folder = dataset(tmp_path)
    found = load_dataset("parquet", data_files=str(exported(folder, "parquet")), split="train")
    assert found.features["label"].names == ["castles", "ruins"]
    for row, entry in zip(found, entries(folder), strict=True):
        with Pillow.open(folder / entry["path"]) as picture:
            assert row["image"].tobytes() == picture.tobytes()
        assert found.features["label"].int2str(row["label"]) == entry["category"]
        assert [label["name"] for label in row["labels"]] == [label["name"] for label in entry["labels"]]
    assert found[0]["labels"][1]["box"] == BOX
    assert json.loads(found[0]["labels"][0]["attributes"]) == {"rank": 1}
    assert found[0]["title"] == HOSTILE.replace("\0", "\ufffd")


def test_datasets_reads_one_split(tmp_path: Path, load_dataset: Callable[..., Any]) -> None:
    path = str(exported(dataset(tmp_path), "parquet", images=False))
    found = load_dataset("parquet", data_files=path, split="train", filters=[("split", "==", "val")])
    assert found["path"] == ["categories/castles/image_003.jpg", "categories/ruins/image_003.jpg"]
    assert "image" not in found.column_names


def test_duckdb_reads_rows_labels_and_bytes(tmp_path: Path) -> None:
    folder = dataset(tmp_path)
    path = exported(folder, "parquet")
    table = duckdb.read_parquet(str(path))
    digests = table.project("path, sha256(image.bytes)").order("path").fetchall()
    assert digests == [(entry["path"], entry["sha256"]) for entry in entries(folder)]
    persons = table.project("unnest(labels) as label").filter("label.name = 'person'")
    assert persons.project("label.box").fetchall() == [(BOX,), (BOX,)]


def test_memory_holds_one_row_group(tmp_path: Path) -> None:
    picture = PHOTOGRAPHS / "ruins/colosseum.jpg"
    large = tmp_path / "large.jpg"
    large.write_bytes(picture.read_bytes() + bytes(8 * MIB))
    writer = parquet_export.build(parquet_export.ParquetOptions())(tmp_path, "set")
    before, peak = pa.total_allocated_bytes(), 0
    for number in range(20):
        writer.add(large, f"{number}.jpg", {"path": f"{number}.jpg"})
        peak = max(peak, pa.total_allocated_bytes() - before)
    file = pq.ParquetFile(writer.close())
    assert 8 * MIB < peak < 32 * MIB
    assert file.metadata.num_row_groups == 10
    last = file.read_row_group(9).column("image").to_pylist()[-1]["bytes"]
    assert last == large.read_bytes()
    with Pillow.open(io.BytesIO(last)) as found, Pillow.open(picture) as original:
        assert found.tobytes() == original.tobytes()
