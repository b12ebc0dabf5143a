from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from pixcrawler_core.assembly.exporting import Exported, export_dataset
from pixcrawler_core.assembly.files import replaced
from pixcrawler_core.catalog.datasets import Image as ImageRecord
from pixcrawler_core.errors import WorkspaceError
from pixcrawler_core.records import Outcome, Stage, State
from tests.core.assembly.conftest import NOON, House

NASTY = (
    "](javascript:alert(1)) <script>x</script>\n# Head\r\n`code` | ../../etc/passwd \u202e\x85\u2028\ud800"
)
"""A title that tries to be Markdown, HTML, a path, and text that no file takes."""


def manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a dataset's folder."""
    told: dict[str, Any] = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    return told


def files(folder: Path) -> dict[str, bytes]:
    """Every file of a folder with its bytes."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_a_small_dataset(house: House) -> None:
    house.accept(house.find("cat", 3))
    folder = house.assemble()
    assert sorted(files(folder)) == [
        "categories/cat/image_001.jpg",
        "categories/cat/image_002.jpg",
        "categories/cat/image_003.jpg",
        "manifest.json",
        "metadata/ATTRIBUTION.md",
        "metadata/images.parquet",
        "metadata/ledger.parquet",
        "metadata/pixcrawler.lock",
        "metadata/processing_log.txt",
        "metadata/quality.json",
        "statistics.json",
    ]
    told = manifest(folder)
    assert told["categories"] == {"cat": {"wanted": 5, "accepted": 3}}
    for entry in told["images"]:
        content = (folder / entry["path"]).read_bytes()
        assert hashlib.sha256(content).hexdigest() == entry["sha256"]
        assert len(content) == entry["size"]
        assert entry["consent"] == {"robots_txt": "allowed"}
    assert [row.filename for row in ImageRecord.select().order_by(ImageRecord.number)] == [
        entry["path"] for entry in told["images"]
    ]


def test_images_are_links_to_their_blobs(house: House) -> None:
    house.accept(house.find("cat", 1))
    folder = house.assemble()
    (entry,) = manifest(folder)["images"]
    assert os.path.samefile(folder / entry["path"], house.blob(entry["sha256"]))


def test_a_top_up_changes_no_name(house: House) -> None:
    house.accept(house.find("cat", 2))
    before = manifest(house.assemble())["images"]
    house.accept(house.find("cat", 2), start=3)
    house.accept(house.find("ant", 2))
    after = manifest(house.assemble())["images"]
    assert [each for each in after if each in before] == before
    assert [each["path"] for each in after if each not in before] == [
        "categories/ant/image_001.jpg",
        "categories/ant/image_002.jpg",
        "categories/cat/image_003.jpg",
        "categories/cat/image_004.jpg",
    ]


def test_assembling_again_gives_the_same_bytes(house: House) -> None:
    house.accept(house.find("cat", 3))
    house.find("dog", 2)
    first = files(house.assemble())
    assert files(house.assemble()) == first
    assert files(house.assemble(now=NOON.replace(year=2027))) == first


def test_an_empty_dataset(house: House) -> None:
    folder = house.assemble()
    told = manifest(folder)
    assert told["images"] == []
    assert told["categories"] == {"cat": {"wanted": 5, "accepted": 0}}
    assert json.loads((folder / "statistics.json").read_text())["categories"]["cat"]["short"] == 5


def test_statistics_add_up(house: House) -> None:
    cats, dogs = house.find("cat", 6), house.find("dog", 4)
    house.accept(cats[:3])
    house.accept(dogs[:1], format="PNG", width=100, height=50)
    failed = Outcome(state=State.FAILED, stage=Stage.FETCH, reason="http-404")
    rejected = Outcome(state=State.REJECTED, stage=Stage.VALIDATION, reason="too-small")
    house.ledger.apply([(cats[3], failed), (cats[4], failed), (dogs[1], rejected)])
    folder = house.assemble()
    told = json.loads((folder / "statistics.json").read_text())
    images, candidates = told["images"], told["candidates"]
    assert images["count"] == 4 == len(manifest(folder)["images"])
    assert images["bytes"] == sum(entry["size"] for entry in manifest(folder)["images"])
    assert images["formats"] == {"JPEG": 3, "PNG": 1}
    assert images["shorter_side_pixels"] == {"<128": 1, "<1024": 3}
    assert images["quality"]["dimensions"] == {"mean": 0.5, "tenths": [0, 0, 0, 0, 0, 4, 0, 0, 0, 0]}
    assert candidates["count"] == 10
    assert candidates["by_state"] == {"accepted": 4, "failed": 2, "found": 3, "rejected": 1}
    assert candidates["by_reason"] == {"http-404": 2, "too-small": 1}
    for part in ("by_state", "by_stage"):
        assert sum(candidates[part].values()) == 10
    for part in ("by_engine", "by_category"):
        assert sum(sum(each.values()) for each in candidates[part].values()) == 10
    assert told["categories"]["cat"] == {"wanted": 5, "accepted": 3, "short": 2}


@pytest.mark.parametrize("category", ["../../up", "/etc", "..", ".", "a/b\\c", "C:\\x", "*", "CON\0", NASTY])
def test_a_hostile_category_is_no_path(house: House, category: str) -> None:
    house.accept(house.find(category, 1))
    folder = house.assemble()
    (entry,) = manifest(folder)["images"]
    top, name, file = entry["path"].split("/")
    assert (top, file) == ("categories", "image_001.jpg")
    assert name
    assert name.replace("-", "").isalnum()
    assert name.isascii()
    assert (folder / entry["path"]).is_file()
    assert {path.name for path in house.workspace.root.iterdir()} <= {
        "blobs", "catalog.db", "catalog.db.lock", "catalog.db-shm", "catalog.db-wal", "datasets", "exports",
        "locks",
    }  # fmt: skip


def test_hostile_texts_stay_one_line_of_plain_markdown(house: House) -> None:
    hostile: Mapping[str, Any] = {
        "title": NASTY, "creator": NASTY, "license": NASTY, "license_url": "javascript:alert(1)",
        "page_url": "http://a.example/> [x](http://evil.example)",
    }  # fmt: skip
    house.accept(house.find("cat", 1, **hostile))
    folder = house.assemble(name=NASTY)
    text = (folder / "metadata/ATTRIBUTION.md").read_text(encoding="utf-8")
    lines = re.split("\r\n|\r|\n", text.rstrip("\n"))
    assert len([line for line in lines if line.startswith("#")]) == 1
    (line,) = [line for line in lines if line.startswith("- ")]
    assert lines[-1] == line
    assert "javascript\\:alert\\(1\\)" in line
    assert "<script>" not in line.replace("\\<", "")
    assert "evil.example" not in line
    assert manifest(folder)["images"][0]["title"].startswith("](javascript:")
    assert "Head" in manifest(folder)["name"]


def test_an_image_that_left_the_dataset_leaves_the_folder(house: House) -> None:
    house.accept(house.find("cat", 2))
    folder = house.assemble()
    (folder / "categories/cat/notes.txt").write_text("mine")
    ImageRecord.delete().where(ImageRecord.number == 2).execute()
    house.assemble()
    assert sorted(path.name for path in (folder / "categories/cat").iterdir()) == [
        "image_001.jpg",
        "notes.txt",
    ]


def test_a_changed_image_is_linked_anew(house: House) -> None:
    found = house.find("cat", 2)
    house.accept(found[:1])
    folder = house.assemble()
    ImageRecord.delete().execute()
    house.accept(found[1:])
    house.assemble()
    (entry,) = manifest(folder)["images"]
    content = (folder / entry["path"]).read_bytes()
    assert hashlib.sha256(content).hexdigest() == entry["sha256"]


def test_the_ledger_as_a_table(house: House) -> None:
    house.find("cat", 10_001)
    rows = house.find("dog", 1, width=10, safe=True, title="Dog", tags=("a", "b"), license="cc0-1.0")
    house.accept(rows)
    table = parquet.read_table(house.assemble() / "metadata/ledger.parquet")
    assert table.num_rows == 10_002
    assert table.schema.field("title").type == pa.string()
    assert table.schema.field("declared_width").type == pa.int32()
    assert table.schema.field("created_at").type == pa.timestamp("us", tz="UTC")
    last = table.slice(10_001).to_pylist()[0]
    assert (last["title"], last["declared_width"], last["safe"]) == ("Dog", 10, True)
    assert (last["state"], last["number"], json.loads(last["tags"])) == ("accepted", 1, ["a", "b"])
    first = table.slice(0, 1).to_pylist()[0]
    assert (first["state"], first["title"], first["declared_width"]) == ("found", None, None)


def test_hostile_values_do_not_spoil_the_table(house: House) -> None:
    house.find(
        "cat", 1, width=2**40, height=-1, filesize_bytes=10**30, title="\ud800\0", extra={"x": "\udfff"}
    )
    table = parquet.read_table(house.assemble() / "metadata/ledger.parquet")
    (row,) = table.to_pylist()
    assert row["state"] == "found"
    assert row["filesize_bytes"] is None


def _break_off(path: Path) -> None:
    with replaced(path) as file:
        file.write("new")
        file.flush()
        raise RuntimeError("half-way")


def test_an_error_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "file.json"
    path.write_text("old")
    with pytest.raises(RuntimeError, match="half-way"):
        _break_off(path)
    assert files(tmp_path) == {"file.json": b"old"}


def test_a_broken_assembly_leaves_the_old_files(house: House) -> None:
    found = house.find("cat", 2)
    house.accept(found[:1])
    folder = house.assemble()
    before = files(folder)
    house.accept(found[1:], start=2)
    missing = house.blob(hashlib.sha256(found[1].image_url.encode() + bytes(1000)).hexdigest())
    missing.unlink()
    with pytest.raises(WorkspaceError, match="cannot be written"):
        house.assemble()
    assert files(folder) == before


class Memory:
    """An export that is only remembered."""

    def __init__(self, fails: bool = False) -> None:
        self.names: list[str] = []
        self.fails = fails
        self.aborted = False

    def add(self, path: Path, name: str, entry: Mapping[str, Any] | None, /) -> None:
        if self.fails:
            raise OSError("full")
        assert path.is_file()
        assert (entry is not None) == ("/categories/" in name)
        self.names.append(name)

    def close(self) -> Path:
        return Path("export")

    def abort(self) -> None:
        self.aborted = True


def test_an_export_gets_images_first_and_is_taken_back_on_errors(house: House) -> None:
    house.accept(house.find("cat", 2))
    folder, writer, broken = house.assemble(), Memory(), Memory(fails=True)
    assert export_dataset(folder, writer) == Exported(path=Path("export"), images=2)
    assert writer.names == [
        "dataset-set/categories/cat/image_001.jpg",
        "dataset-set/categories/cat/image_002.jpg",
        "dataset-set/manifest.json",
        "dataset-set/statistics.json",
        "dataset-set/metadata/ATTRIBUTION.md",
        "dataset-set/metadata/processing_log.txt",
        "dataset-set/metadata/ledger.parquet",
        "dataset-set/metadata/images.parquet",
        "dataset-set/metadata/quality.json",
        "dataset-set/metadata/pixcrawler.lock",
    ]
    with pytest.raises(WorkspaceError, match=r"cannot export .*: full; mend that or choose another folder"):
        export_dataset(folder, broken)
    assert broken.aborted
    assert not writer.aborted
