"""The export format `folder`."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image as Pillow
from pixcrawler_exporters import folder as folder_export

from pixcrawler_core.assembly.rendition import Changed
from pixcrawler_core.catalog.columns import clean
from pixcrawler_core.errors import WorkspaceError
from pixcrawler_core.testing.contracts import ExporterContract
from tests.exporters.made import HOSTILE, dataset, entries, exported, tree


class TestContract(ExporterContract):
    component = next(folder_export.register_exporters())

    def read(self, export: Path) -> dict[str, bytes]:
        found = {name: (export / name).read_bytes() for name in tree(export)}
        return {name.replace("train/", "categories/", 1): data for name, data in found.items()}


class TestYoloClassification(TestContract):
    component = list(folder_export.register_exporters())[1]


class TestCopies(TestContract):
    options = {"links": False, "metadata": False}  # noqa: RUF012  # the base declares the ClassVar


def test_images_lie_by_split_and_category(tmp_path: Path) -> None:
    export = exported(dataset(tmp_path), "folder")
    assert export.name == "dataset-places-imagefolder"
    assert list(tree(export)) == [
        "README.md",
        "manifest.json",
        "statistics.json",
        "train/castles/image_001.jpg",
        "train/castles/image_002.jpg",
        "train/metadata.jsonl",
        "train/ruins/image_001.jpg",
        "train/ruins/image_002.jpg",
        "val/castles/image_003.jpg",
        "val/metadata.jsonl",
        "val/ruins/image_003.jpg",
    ]


def test_unchanged_images_are_hard_links_unless_copies_are_asked(tmp_path: Path) -> None:
    folder = dataset(tmp_path)
    image, other = folder / "categories/ruins/image_001.jpg", "train/ruins/image_001.jpg"
    assert os.path.samefile(image, exported(folder, "folder") / other)
    copy = exported(folder, "folder", links=False) / other
    assert not os.path.samefile(image, copy)
    assert copy.read_bytes() == image.read_bytes()


def test_changed_images_are_copies_of_what_was_changed(tmp_path: Path) -> None:
    folder = dataset(tmp_path)

    def change(path: Path) -> Changed:
        return Changed(data=str(path).encode(), changes=("all",))

    export = exported(folder, "folder", change)
    for entry in entries(folder):
        own = entry["path"].removeprefix("categories/")
        assert (export / entry["split"] / own).read_bytes() == str(folder / entry["path"]).encode()
        assert (folder / entry["path"]).stat().st_size == entry["size"]


def test_datasets_reads_images_and_what_is_known_of_them(
    tmp_path: Path, load_dataset: Callable[..., Any]
) -> None:
    folder = dataset(tmp_path)
    found = load_dataset("imagefolder", data_dir=str(exported(folder, "folder")))
    assert {split: len(rows) for split, rows in found.items()} == {"train": 4, "validation": 2}
    told = {entry["path"]: entry for entry in entries(folder)}
    for row in (*found["train"], *found["validation"]):
        entry = told[row["path"]]
        with Pillow.open(folder / entry["path"]) as picture:
            assert row["image"].tobytes() == picture.tobytes()
        assert row["category"] == entry["category"]
        assert row["title"] == clean(entry["title"] or "")
        assert row["width"] == entry["width"]
    assert clean(HOSTILE) in found["train"]["title"]


def test_datasets_reads_classes_where_there_is_no_metadata(
    tmp_path: Path, load_dataset: Callable[..., Any]
) -> None:
    folder = dataset(tmp_path, splits=False)
    found = load_dataset("imagefolder", data_dir=str(exported(folder, "folder", metadata=False)))
    assert list(found) == ["train"]
    assert found["train"].features["label"].names == ["castles", "ruins"]
    assert found["train"]["label"] == [0, 0, 0, 1, 1, 1]


def test_yolo_classification_has_images_of_categories_alone(tmp_path: Path) -> None:
    export = exported(dataset(tmp_path), "yolo-classification")
    assert export.name == "dataset-places-yolo-classification"
    for split, count in (("train", 4), ("val", 2)):
        assert sorted(path.name for path in (export / split).iterdir()) == ["castles", "ruins"]
        files = [path for path in (export / split).rglob("*") if path.is_file()]
        assert [path.suffix for path in files] == [".jpg"] * count


def test_an_earlier_export_is_replaced_whole(tmp_path: Path) -> None:
    folder = dataset(tmp_path)
    (exported(folder, "folder") / "stray").write_text("of an earlier export")
    export = exported(folder, "folder")
    assert not (export / "stray").exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == [folder.name, export.name]


def test_an_earlier_export_stays_if_the_new_one_cannot_take_its_name(tmp_path: Path) -> None:
    folder = dataset(tmp_path)
    export = exported(folder, "folder")
    writer = folder_export.build(folder_export.FolderOptions())(tmp_path, folder.name)
    (tmp_path / f".{export.name}.part").rmdir()
    with pytest.raises(WorkspaceError, match=r"dataset-places-imagefolder: No such file"):
        writer.close()
    assert (export / "train/ruins/image_001.jpg").exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == [folder.name, export.name]


def test_what_a_killed_export_left_is_removed_and_what_it_set_aside_comes_back(tmp_path: Path) -> None:
    export = exported(dataset(tmp_path), "folder")
    export.rename(tmp_path / f".{export.name}.earlier")
    (tmp_path / f".{export.name}.part").mkdir()
    (tmp_path / f".{export.name}.part/half").touch()
    folder_export.build(folder_export.FolderOptions())(tmp_path, "dataset-places").abort()
    assert (export / "manifest.json").exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["dataset-places", export.name]


def test_a_name_is_taken_once(tmp_path: Path) -> None:
    (tmp_path / "image").write_bytes(b"image")
    writer = folder_export.build(folder_export.FolderOptions())(tmp_path, "set")
    writer.add(tmp_path / "image", "categories/a/1.jpg", {})
    with pytest.raises(ValueError, match=r"'train/a/1.jpg' was added already"):
        writer.add(tmp_path / "image", "categories/a/1.jpg", {})
    lines = (writer.close() / "train/metadata.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(line)["file_name"] for line in lines] == ["a/1.jpg"]


@pytest.mark.parametrize("name", ["../set", "a/b", "", "a\\b", "/set"])
def test_the_datasets_name_leads_nowhere(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="name"):
        folder_export.build(folder_export.FolderOptions())(tmp_path, name)
    assert list(tmp_path.iterdir()) == []


def test_a_missing_file_is_told_and_leaves_nothing(tmp_path: Path) -> None:
    writer = folder_export.build(folder_export.FolderOptions())(tmp_path, "set")
    with pytest.raises(WorkspaceError, match=r"set-imagefolder: No such file or directory \(.*gone\.jpg\)"):
        writer.add(tmp_path / "gone.jpg", "a", None)
    assert list(tmp_path.iterdir()) == []
