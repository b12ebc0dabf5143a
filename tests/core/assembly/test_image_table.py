"""metadata/images.parquet, metadata/quality.json and the lock beside the manifest that they repeat."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import duckdb
from pyarrow import parquet

from pixcrawler_core.provenance.lock import FIELDS
from tests.core.assembly.conftest import House
from tests.core.assembly.test_dataset import manifest


def lock(folder: Path) -> dict[str, Any]:
    """The lock of a dataset's folder."""
    told: dict[str, Any] = json.loads((folder / "metadata/pixcrawler.lock").read_text("utf-8"))
    return told


def test_the_table_has_the_rows_of_the_manifest(house: House) -> None:
    house.accept(house.find("cat", 2, title="=1+1\0", license="cc0-1.0"))
    house.accept(house.find("dog", 1))
    folder = house.assemble()
    told = manifest(folder)["images"]
    path = folder / "metadata/images.parquet"
    rows = parquet.read_table(path).to_pylist()
    assert [row["path"] for row in rows] == [each["path"] for each in told]
    assert [row["label"] for row in rows] == [0, 0, 1]
    assert rows[0]["title"] == "=1+1\ufffd"
    assert json.loads(rows[0]["scores"]) == told[0]["scores"]
    features = json.loads(parquet.read_schema(path).metadata[b"huggingface"])["info"]["features"]
    assert features["label"]["names"] == ["cat", "dog"]
    cats = sum(each["size"] for each in told[:2])
    table = duckdb.read_parquet(str(path)).aggregate("category, count(*), sum(size)").order("category")
    assert table.fetchall() == [("cat", 2, cats), ("dog", 1, told[2]["size"])]


def test_the_table_of_an_empty_dataset(house: House) -> None:
    assert parquet.read_table(house.assemble() / "metadata/images.parquet").num_rows == 0


def test_the_quality_of_each_category_and_the_worst_images(house: House) -> None:
    cats = house.find("cat", 12)
    for number, cat in enumerate(cats, 1):
        house.accept([cat], number, scores={"blur": {"score": number / 12}, "format": {}})
    house.accept(house.find("dog", 1), scores={"blur": {"score": 1}})
    folder = house.assemble()
    told = json.loads((folder / "metadata/quality.json").read_text())
    assert list(told) == ["blur"]
    assert told["blur"]["categories"]["dog"] == {"images": 1, "mean": 1.0, "tenths": [0] * 9 + [1]}
    assert told["blur"]["categories"]["cat"]["images"] == 12
    worst = [f"categories/cat/image_{number:03d}.jpg" for number in range(1, 11)]
    assert [each["path"] for each in told["blur"]["worst"]] == worst
    assert told["blur"]["worst"][0]["score"] == 1 / 12


def test_the_lock_has_a_line_for_each_image_page_and_file(house: House) -> None:
    cats = house.find("cat", 3)
    house.accept(cats[:2])
    house.accept(house.find("dog", 1, title="\ud800"))
    stream = house.ledger.open_stream("cat", "engine", cats[0].query)
    house.ledger.add_page(stream.id, 2, [], None, True, "b" * 64)
    folder = house.assemble(parts={"components": [{"name": "x"}], "models": []})
    told, text = lock(folder), (folder / "metadata/pixcrawler.lock").read_bytes()
    images = manifest(folder)["images"]
    assert told["images"] == [{name: each[name] for name in FIELDS} for each in images]
    assert told["parts"]["components"] == [{"name": "x"}]
    ledger = parquet.read_table(folder / "metadata/ledger.parquet").to_pylist()
    for page in told["answers"]:
        rows = [row for row in ledger if (row["stream_id"], row["page"]) == (page["stream"], page["page"])]
        urls = "".join(f"{row['url']}\n" for row in sorted(rows, key=lambda row: int(row["id"])))
        assert page["sha256"] == hashlib.sha256(urls.encode()).hexdigest()
        assert page["candidates"] == len(rows)
    assert [(page["candidates"], page["body"]) for page in told["answers"]] == [
        (3, None), (1, None), (0, "b" * 64),
    ]  # fmt: skip
    for file in told["files"]:
        data = (folder / file["path"]).read_bytes()
        assert (file["size"], file["sha256"]) == (len(data), hashlib.sha256(data).hexdigest())
    assert told["manifest"] == hashlib.sha256((folder / "manifest.json").read_bytes()).hexdigest()
    body = text[: text.rindex(b' "manifest"')]
    assert manifest(folder)["lock"] == hashlib.sha256(body).hexdigest()
    lines = text.decode().splitlines()
    assert all(any(each["sha256"] in line for line in lines if line.startswith("{")) for each in images)
