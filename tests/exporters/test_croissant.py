"""The export format `croissant`."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import mlcroissant
import pyarrow.parquet as pq
import pytest
from PIL import Image as Pillow
from pixcrawler_exporters import croissant

from pixcrawler_core.assembly.rendition import Changed
from pixcrawler_core.errors import PluginError
from pixcrawler_core.testing.contracts import ExporterContract
from tests.exporters.made import HOSTILE, dataset, entries, exported, opened, tree
from tests.exporters.test_card import NAME, rewritten

pytestmark = [  # how the library uses others
    pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:The inplace keyword:DeprecationWarning"),
]


class TestContract(ExporterContract):
    component = next(croissant.register_exporters())

    def read(self, export: Path) -> dict[str, bytes]:
        found = {name: (export / name).read_bytes() for name in tree(export) if not name.startswith("data/")}
        for shard in sorted(export.glob("data/*.parquet")):
            images = pq.read_table(shard).column("image").to_pylist()
            found |= {image["path"]: image["bytes"] for image in images}
        return found


def described(export: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((export / "croissant.json").read_text("utf-8"))
    return told


def records(export: Path, record_set: str) -> Iterator[dict[str, Any]]:
    """As the reference implementation reads them, with texts as text."""
    for record in mlcroissant.Dataset(str(export / "croissant.json")).records(record_set):
        yield {name.split("/")[1]: _told(value) for name, value in record.items()}


def _told(value: Any) -> Any:
    if isinstance(value, list):
        return [_told(each) for each in value]
    return value.decode() if isinstance(value, bytes) else value


def test_mlcroissant_finds_nothing_wrong_and_reads_images_and_rows(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = dataset(tmp_path)
    rewritten(folder, entries(folder), created_at="2026-01-05T03:04:05Z")
    export = exported(folder, "croissant")
    with caplog.at_level(logging.WARNING):
        metadata = mlcroissant.Dataset(str(export / "croissant.json")).metadata
    assert not caplog.messages
    assert not metadata.ctx.issues.errors
    assert not metadata.ctx.issues.warnings
    wanted = sorted(entries(folder), key=lambda entry: str(entry["split"]))
    for record, entry in zip(records(export, "images"), wanted, strict=True):
        with Pillow.open(folder / entry["path"]) as picture:
            assert record["image"].tobytes() == picture.tobytes()
        for name in ("path", "category", "split", "sha256", "url", "licence", "width", "height", "creator"):
            assert record[name] == entry[name]
        assert record["labels"] == [label["name"] for label in entry["labels"]]
        assert record["title"] == (HOSTILE.replace("\0", "\ufffd") if entry["title"] else None)
    assert [record["name"] for record in records(export, "splits")] == ["train", "val"]
    assert [record["name"] for record in records(export, "categories")] == ["castles", "ruins"]


def test_licences_and_credits_are_fields_of_their_own(tmp_path: Path) -> None:
    folder = dataset(tmp_path)
    told = {"spdx": "CC0-1.0", "attribution": HOSTILE}
    rows = [{**row, **(told if row["creator"] else {"licence": None})} for row in entries(folder)]
    export = exported(rewritten(folder, rows), "croissant")
    found = {record["path"]: (record["spdx"], record["attribution"]) for record in records(export, "images")}
    credit = ("CC0-1.0", HOSTILE.replace("\0", "\ufffd"))
    assert found == {row["path"]: credit if row["creator"] else (None, None) for row in rows}
    assert described(export)["license"] == ["https://creativecommons.org/publicdomain/zero/1.0/", "unknown"]


def test_shards_are_cut_and_read_one_by_one(tmp_path: Path, load_dataset: Callable[..., Any]) -> None:
    folder = dataset(tmp_path)
    export = exported(folder, "croissant", shard_size=1)
    counts = {"train": 4, "val": 2}
    shards = [f"data/{split}-{number:05}.parquet" for split in counts for number in range(counts[split])]
    assert [name for name in tree(export) if name.startswith("data/")] == shards
    assert len(list(records(export, "images"))) == 6
    read = iter(mlcroissant.Dataset(str(export / "croissant.json")).records("images"))
    assert next(read)["images/path"] == b"categories/castles/image_001.jpg"
    (export / shards[1]).unlink()
    with pytest.raises(mlcroissant.GenerationError, match=r"Read\(shards\)"):
        next(read)  # it was not read before it was its turn


def test_files_have_their_digests(tmp_path: Path) -> None:
    export = exported(dataset(tmp_path), "croissant")
    files = [each for each in described(export)["distribution"] if each["@type"] == "cr:FileObject"]
    assert sorted(each["contentUrl"] for each in files) == [
        *("data/train-00000.parquet", "data/val-00000.parquet", "manifest.json", "statistics.json"),
    ]
    for file in files:
        data = (export / file["contentUrl"]).read_bytes()
        assert file["sha256"] == hashlib.sha256(data).hexdigest()
        assert file["contentSize"] == f"{len(data)} B"


def test_what_is_known_of_the_dataset_is_told(tmp_path: Path) -> None:
    folder = dataset(tmp_path)
    link = "https://creativecommons.org/publicdomain/zero/1.0/"
    rows = [
        {
            **row,
            "engine": "openverse",
            "licence_url": link,
            "consent": {"checked_at": f"2026-01-0{row['row']}"},
        }
        for row in entries(folder)
    ]
    rewritten(folder, rows, name="Places", created_at="2026-01-05T03:04:05Z", version=3)
    told = described(exported(folder, "croissant", creator="Jo {}", url="https://example.org/places"))
    assert told["license"] == [link]
    assert told["datePublished"] == "2026-01-05"
    assert told["version"] == "3.0.0"
    assert told["url"] == "https://example.org/places"
    assert told["creator"] == {"@type": "sc:Organization", "name": "Jo {}"}
    assert told["citeAs"].startswith(
        "@misc{dataset-places, author = {Jo   }, title = {Places}, year = {2026},"
    )
    assert told["rai:dataCollectionTimeFrame"] == ["2026-01-01", "2026-01-03"]
    assert told["rai:machineAnnotationTools"] == ["imagenet 1", "objects 1 m@1"]
    assert "openverse" in told["rai:dataCollection"]
    again = described(exported(folder, "croissant", version="1.2.3", cite_as="@misc{x}"))
    assert (again["version"], again["citeAs"]) == ("1.2.3", "@misc{x}")


def test_hostile_text_is_no_trouble(tmp_path: Path) -> None:
    folder = dataset(tmp_path)
    rows = [{**row, "category": f"{NAME}\ud800", "licence": NAME, "engine": NAME} for row in entries(folder)]
    export = exported(rewritten(folder, rows, name=f"{NAME}{{}}\\"), "croissant")
    assert len(list(records(export, "images"))) == 6
    (record,) = records(export, "categories")
    assert record["name"].endswith("www.evil.example\ufffd")


def test_a_row_tells_of_the_image_that_is_in_it(tmp_path: Path) -> None:
    folder = dataset(tmp_path)
    small = tmp_path / "small.jpg"
    Pillow.new("RGB", (3, 5)).save(small)
    export = exported(
        folder, "croissant", lambda _: Changed(data=small.read_bytes(), changes=("all",), size=(3, 5))
    )
    for record in records(export, "images"):
        assert record["image"].size == (record["width"], record["height"]) == (3, 5)
        assert record["sha256"] == hashlib.sha256(small.read_bytes()).hexdigest()


@pytest.mark.parametrize("options", [{"version": "2"}, {"url": "ftp://x"}, {"creator": ""}])
def test_options_are_checked(tmp_path: Path, options: dict[str, Any]) -> None:
    with pytest.raises(PluginError, match=next(iter(options))):
        exported(dataset(tmp_path), "croissant", **options)


def test_mlcroissant_reads_one_without_images(tmp_path: Path) -> None:
    export = opened(tmp_path, "croissant").close()
    assert described(export)["description"].startswith("0 images, found on the web")
    assert list(records(export, "images")) == []
