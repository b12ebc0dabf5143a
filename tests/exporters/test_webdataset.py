"""The export format `webdataset`."""

from __future__ import annotations

import io
import json
import tarfile
import tracemalloc
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import webdataset
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as Pillow
from pixcrawler_exporters import webdataset as webdataset_export

from pixcrawler_core.errors import PluginError, WorkspaceError
from pixcrawler_core.exports.shards import Shard, add_member, header
from pixcrawler_core.testing.contracts import ExporterContract
from tests.exporters.made import dataset, entries, exported, tree

pytestmark = [  # the library leaves shards open until they are collected
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


SHORTER = Path("/sys/devices/system/cpu/online")
"""A file that has fewer bytes than the 4,096 of which Linux tells."""


class TestContract(ExporterContract):
    component = next(webdataset_export.register_exporters())

    def read(self, export: Path) -> dict[str, bytes]:
        names = [name for name in tree(export) if not name.endswith(".tar")]
        found = {name: (export / name).read_bytes() for name in names}
        for sample in samples(export / "train-000000.tar"):
            found[json.loads(sample["json"])["path"]] = sample["jpg"]
        return found


class TestManyShards(TestContract):
    options = {"shard_count": 100}  # noqa: RUF012  # the base declares the ClassVar


def samples(*shards: Path) -> list[dict[str, Any]]:
    return list(webdataset.WebDataset([str(shard) for shard in shards], shardshuffle=False))


def test_webdataset_reads_pictures_classes_and_rows(tmp_path: Path) -> None:
    folder = dataset(tmp_path)
    export = exported(folder, "webdataset")
    assert list(tree(export)) == [
        *("README.md", "classes.txt", "manifest.json", "statistics.json"),
        *("train-000000.tar", "val-000000.tar"),
    ]
    classes = (export / "classes.txt").read_text("utf-8").splitlines()
    for split in ("train", "val"):
        reader = webdataset.WebDataset(str(export / f"{split}-000000.tar"), shardshuffle=False).decode("pil")
        found = list(reader.to_tuple("jpg", "cls", "json"))
        wanted = [entry for entry in entries(folder) if entry["split"] == split]
        assert [row["path"] for _, _, row in found] == [entry["path"] for entry in wanted]
        assert [json.loads(row["labels"] or "[]") for _, _, row in found] == [
            entry["labels"] for entry in wanted
        ]
        assert [classes[number] for _, number, _ in found] == [entry["category"] for entry in wanted]
        for picture, _, row in found:
            with Pillow.open(folder / row["path"]) as original:
                assert picture.size == original.size


def test_datasets_reads_the_shards(tmp_path: Path, load_dataset: Callable[..., Any]) -> None:
    folder = dataset(tmp_path)
    found = load_dataset("webdataset", data_dir=str(exported(folder, "webdataset")))
    assert {split: len(rows) for split, rows in found.items()} == {"train": 4, "validation": 2}
    assert found["train"][0]["jpg"].size == (
        found["train"][0]["json"]["width"],
        found["train"][0]["json"]["height"],
    )
    assert found["train"]["cls"] == [0, 0, 1, 1]


@pytest.mark.parametrize(("options", "each"), [({"shard_count": 2}, 2), ({"shard_size": 1}, 1)])
def test_shards_are_cut(tmp_path: Path, options: Mapping[str, Any], each: int) -> None:
    folder = dataset(tmp_path, splits=False)
    shards = sorted(exported(folder, "webdataset", **options).glob("*.tar"))
    assert [shard.name for shard in shards] == [f"train-{number:06}.tar" for number in range(6 // each)]
    assert {len(samples(shard)) for shard in shards} == {each}
    found = [json.loads(sample["json"])["path"] for sample in samples(*shards)]
    assert found == [entry["path"] for entry in entries(folder)]


def test_a_shard_is_no_larger_than_asked(tmp_path: Path) -> None:
    folder = dataset(tmp_path, splits=False)
    most = 2 * max(entry["size"] for entry in entries(folder))
    shards = sorted(exported(folder, "webdataset", shard_size=most).glob("*.tar"))
    assert len(shards) > 2
    assert all(shard.stat().st_size <= most + tarfile.RECORDSIZE for shard in shards)
    assert any(len(samples(shard)) > 1 for shard in shards)


def test_members_have_nothing_of_this_machine(tmp_path: Path) -> None:
    export = exported(dataset(tmp_path), "webdataset")
    with tarfile.open(export / "val-000000.tar") as tar:
        members = tar.getmembers()
    assert [member.name for member in members[:3]] == [
        f"castles/image_003.{end}" for end in ("jpg", "cls", "json")
    ]
    assert {(each.mtime, each.uid, each.gid, each.uname, each.mode) for each in members} == {
        (0, 0, 0, "", 0o644)
    }


@settings(deadline=None)
@given(
    name=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=300)
    | st.text("ab/", min_size=95, max_size=105),
    size=st.integers(0, 10**6) | st.integers(8**11 - 2, 8**11 + 2),
)
def test_headers_are_those_of_tarfile(name: str, size: int) -> None:
    info = tarfile.TarInfo(name)
    info.size = size
    assert header(name, size) == info.tobuf(tarfile.PAX_FORMAT)


@settings(deadline=None, max_examples=30)
@given(st.lists(st.integers(0, 1500) | st.sampled_from([0, 512, 10_240, 2_500_000]), max_size=6))
def test_a_shard_is_what_tarfile_writes(sizes: list[int]) -> None:
    with TemporaryDirectory() as folder:
        shard, source, wanted = Shard(Path(folder) / "0.tar", 0), Path(folder) / "source", io.BytesIO()
        with tarfile.open(fileobj=wanted, mode="w", format=tarfile.PAX_FORMAT) as tar:
            for number, size in enumerate(sizes):
                data, name = bytes([number + 1]) * size, f"é/{number}" if number % 3 else f"e/{number}"
                source.write_bytes(data)
                shard.copy(source, f"{name}.jpg")
                shard.write(data, f"{name}.json")
                for ending in ("jpg", "json"):
                    add_member(tar, f"{name}.{ending}", size, io.BytesIO(data))
        shard.close()
        assert (Path(folder) / "0.tar").read_bytes() == wanted.getvalue()


@pytest.mark.skipif(not SHORTER.exists(), reason="this system has no files that are shorter than they say")
def test_a_file_that_is_shorter_than_it_said_ends_the_export(tmp_path: Path) -> None:
    writer = webdataset_export.build(webdataset_export.WebdatasetOptions())(tmp_path, "set")
    with pytest.raises(WorkspaceError, match=f"it changed while it was read .*{SHORTER.name}"):
        writer.add(SHORTER, "categories/a/1.jpg", {})
    assert list(tmp_path.iterdir()) == []


def test_pictures_of_all_formats_can_have_one_ending(
    tmp_path: Path, load_dataset: Callable[..., Any]
) -> None:
    folder = dataset(tmp_path, splits=False)
    text = (folder / "manifest.json").read_text("utf-8")
    name = "categories/castles/image_002"
    with Pillow.open(folder / f"{name}.jpg") as picture:
        picture.save(folder / f"{name}.png")
    (folder / "manifest.json").write_text(text.replace(f"{name}.jpg", f"{name}.png"), "utf-8")
    with pytest.raises(ValueError, match="same types"):
        load_dataset("webdataset", data_dir=str(exported(folder, "webdataset")))
    export = exported(folder, "webdataset", extension="jpg")
    found = load_dataset("webdataset", data_dir=str(export), split="train")
    assert [picture.format for picture in found["jpg"]] == ["JPEG", "PNG", *["JPEG"] * 4]
    decoded = webdataset.WebDataset(str(export / "train-000000.tar"), shardshuffle=False).decode("pil")
    assert len(list(decoded.to_tuple("jpg"))) == 6


def test_a_name_with_dots_and_a_class_with_lines_stay_one(tmp_path: Path) -> None:
    (tmp_path / "image").write_bytes(b"image")
    writer = webdataset_export.build(webdataset_export.WebdatasetOptions())(tmp_path, "set")
    writer.add(tmp_path / "image", "categories/a.b/1.2.jpg", {"category": "a\nb"})
    export = writer.close()
    assert [sample["__key__"] for sample in samples(export / "train-000000.tar")] == ["a.b/1_2"]
    assert (export / "classes.txt").read_text("utf-8") == "a b\n"


def test_memory_does_not_grow_with_a_shard(tmp_path: Path) -> None:
    (tmp_path / "image").write_bytes(b"image")
    writer = webdataset_export.build(webdataset_export.WebdatasetOptions())(tmp_path, "set")

    def added(numbers: range) -> int:
        for number in numbers:
            writer.add(tmp_path / "image", f"categories/a/{number}.jpg", {})
        return tracemalloc.get_traced_memory()[0]

    tracemalloc.start()
    try:
        before = added(range(200))
        assert added(range(200, 1000)) - before < 100_000
    finally:
        tracemalloc.stop()
    writer.abort()


def test_options_are_checked(tmp_path: Path) -> None:
    with pytest.raises(PluginError, match="extension"):
        exported(dataset(tmp_path), "webdataset", extension=".jpg")
