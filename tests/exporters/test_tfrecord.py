"""The export format `tfrecord`."""

from __future__ import annotations

import hashlib
import re
import struct
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as Pillow
from PIL import ImageOps
from pixcrawler_exporters import tfrecord

from pixcrawler_core.assembly.rendition import Changed
from pixcrawler_core.components import Exporter, Writer
from pixcrawler_core.errors import PluginError, WorkspaceError
from pixcrawler_core.exports.example import before, floats, integers, texts
from pixcrawler_core.testing.contracts import ExporterContract
from tests.exporters.made import BOX, HOSTILE, dataset, entries, exported, registry, tree

KINDS = {"BytesList": (12, "bytes_list"), "FloatList": (2, "float_list"), "Int64List": (3, "int64_list")}
"""Lists of values: the type of what is in them (descriptor.proto), and their names in a feature."""
WHOLE = st.integers(-(2**63), 2**63 - 1)


@cache
def example() -> Any:
    """The class of `tensorflow.Example`, made of its definition (core/example/feature.proto)."""
    file = descriptor_pb2.FileDescriptorProto(name="example.proto", package="tensorflow", syntax="proto3")
    feature = descriptor_pb2.DescriptorProto(name="Feature")
    feature.oneof_decl.add(name="kind")
    for number, (name, (kind, field)) in enumerate(KINDS.items(), 1):
        file.message_type.add(name=name).field.add(name="value", number=1, label=3, type=kind)
        own = feature.field.add(name=field, number=number, label=1, type=11, type_name=f".tensorflow.{name}")
        own.oneof_index = 0
    file.message_type.append(feature)
    features = file.message_type.add(name="Features")
    entry = features.nested_type.add(name="FeatureEntry")
    entry.options.map_entry = True
    entry.field.add(name="key", number=1, label=1, type=9)
    entry.field.add(name="value", number=2, label=1, type=11, type_name=".tensorflow.Feature")
    of_map = ".tensorflow.Features.FeatureEntry"
    features.field.add(name="feature", number=1, label=3, type=11, type_name=of_map)
    whole = file.message_type.add(name="Example")
    whole.field.add(name="features", number=1, label=1, type=11, type_name=".tensorflow.Features")
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("tensorflow.Example"))


def decoded(record: bytes) -> dict[str, list[Any]]:
    features = example().FromString(record).features.feature
    return {name: list(getattr(each, each.WhichOneof("kind")).value) for name, each in features.items()}


@cache
def crc_table() -> list[int]:
    """Of the Castagnoli polynomial, reflected (RFC 3720, B.4)."""
    table = []
    for number in range(256):
        value = number
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
        table.append(value)
    return table


def crc32c(data: bytes) -> int:
    crc, table = 0xFFFFFFFF, crc_table()
    for byte in data:
        crc = crc >> 8 ^ table[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


def checked(data: bytes, told: bytes) -> bytes:
    """The data, whose masked checksum must be the one that is told."""
    turned = (struct.unpack("<I", told)[0] - 0xA282EAD8) % 2**32
    assert (turned >> 17 | turned << 15) % 2**32 == crc32c(data)
    return data


def records(shard: Path) -> Iterator[bytes]:
    """The records of a file, whose checksums must be right."""
    with shard.open("rb") as file:
        while length := file.read(8):
            (size,) = struct.unpack("<Q", checked(length, file.read(4)))
            yield checked(file.read(size), file.read(4))


def examples(*shards: Path) -> list[dict[str, list[Any]]]:
    return [decoded(record) for shard in shards for record in records(shard)]


class TestContract(ExporterContract):
    component = next(tfrecord.register_exporters())

    def read(self, export: Path) -> dict[str, bytes]:
        found = {
            name: (export / name).read_bytes() for name in tree(export) if not name.endswith(".tfrecord")
        }
        for each in examples(*sorted(export.glob("*.tfrecord"))):
            found[each["image/source_id"][0].decode()] = each["image/encoded"][0]
        return found


class TestManyShards(TestContract):
    options = {"shard_count": 100}  # noqa: RUF012  # the base declares the ClassVar


def test_the_checksum_of_the_tests_is_the_published_one() -> None:
    assert crc32c(b"123456789") == 0xE3069283
    assert crc32c(bytes(32)) == 0x8A9136AA  # RFC 3720, B.4


def test_an_example_has_the_image_and_what_is_known_of_it(tmp_path: Path) -> None:
    folder = dataset(tmp_path)
    export = exported(folder, "tfrecord")
    shards = [f"{split}-00000-of-00001.tfrecord" for split in ("train", "val")]
    names = ["classes.txt", "label_map.pbtxt", "manifest.json", "statistics.json", *shards]
    assert list(tree(export)) == names
    classes = (export / "classes.txt").read_text("utf-8").splitlines()
    for split, shard in zip(("train", "val"), shards, strict=True):
        wanted = [entry for entry in entries(folder) if entry["split"] == split]
        for found, entry in zip(examples(export / shard), wanted, strict=True):
            data = (folder / entry["path"]).read_bytes()
            assert found["image/encoded"] == [data]
            assert found["image/key/sha256"] == [hashlib.sha256(data).hexdigest().encode()]
            assert found["image/format"] == [b"jpeg"]
            assert found["image/filename"] == [entry["path"].removeprefix("categories/").encode()]
            assert found["image/width"] + found["image/height"] == [entry["width"], entry["height"]]
            assert found["image/class/text"] == [entry["category"].encode()]
            assert classes[found["image/class/label"][0]] == entry["category"]
            assert found["image/licence"] == [b"cc0-1.0"]
            assert found["image/creator"] == [(entry["creator"] or "").encode()]
            assert found["image/url"] == [entry["url"].encode()]
            assert found["image/title"] == [(entry["title"] or "").replace("\0", "\ufffd").encode()]
            assert found["image/page"] == [b""]


def test_boxes_are_those_of_object_detection(tmp_path: Path) -> None:
    export = exported(dataset(tmp_path), "tfrecord")
    first, second, *_ = examples(export / "train-00000-of-00001.tfrecord")
    left, top, width, height = BOX
    edges = {"xmin": left, "ymin": top, "xmax": left + width, "ymax": top + height}
    assert {name: first[f"image/object/bbox/{name}"] for name in edges} == {k: [v] for k, v in edges.items()}
    assert first["image/object/class/text"] == [b"person"]
    assert first["image/object/class/label"] == [1]
    assert second["image/object/bbox/xmin"] == second["image/object/class/label"] == []
    assert (export / "label_map.pbtxt").read_text("utf-8") == 'item {\n  id: 1\n  name: "person"\n}\n'


@pytest.mark.parametrize("orientation", range(1, 9))
def test_boxes_lie_on_the_picture_as_it_is_stored(tmp_path: Path, orientation: int) -> None:
    marked = Pillow.new("L", (80, 40))
    marked.paste(255, (20, 8, 40, 16))  # as stored
    exif = Pillow.Exif()
    exif[0x0112] = orientation
    marked.save(tmp_path / "image.png", exif=exif)
    shown = ImageOps.exif_transpose(marked_of(tmp_path / "image.png"))
    bounds = shown.getbbox()
    assert bounds
    (left, top, right, bottom), (width, height) = bounds, shown.size
    box = [left / width, top / height, (right - left) / width, (bottom - top) / height]
    label = {"name": 'a "face"\n', "source": "faces", "version": "1", "box": box}
    writer: Writer = registry().build(Exporter, "tfrecord", {})(tmp_path, "set")
    writer.add(tmp_path / "image.png", "categories/a/1.png", {"labels": [label]})
    export = writer.close()
    (found,) = examples(export / "train-00000-of-00001.tfrecord")
    edges = [found[f"image/object/bbox/{name}"][0] for name in ("xmin", "ymin", "xmax", "ymax")]
    assert edges == pytest.approx([0.25, 0.2, 0.5, 0.4])
    assert '  name: "a \\"face\\"\\n"\n' in (export / "label_map.pbtxt").read_text("utf-8")


def marked_of(path: Path) -> Pillow.Image:
    with Pillow.open(path) as picture:
        picture.load()
        return picture


@pytest.mark.parametrize(("options", "each"), [({"shard_count": 4}, 4), ({"shard_size": 1}, 1)])
def test_shards_are_cut_and_numbered(tmp_path: Path, options: Mapping[str, Any], each: int) -> None:
    folder = dataset(tmp_path, splits=False)
    shards = sorted(exported(folder, "tfrecord", **options).glob("*.tfrecord"))
    count = -(-6 // each)
    names = [f"train-{number:05}-of-{count:05}.tfrecord" for number in range(count)]
    assert [shard.name for shard in shards] == names
    found = [each["image/source_id"][0].decode() for each in examples(*shards)]
    assert found == [entry["path"] for entry in entries(folder)]


def test_a_shard_is_no_larger_than_asked(tmp_path: Path) -> None:
    folder = dataset(tmp_path, splits=False)
    most = 2 * max(entry["size"] for entry in entries(folder))
    shards = sorted(exported(folder, "tfrecord", shard_size=most).glob("*.tfrecord"))
    assert len(shards) > 2
    assert all(shard.stat().st_size <= most for shard in shards)
    assert any(len(list(records(shard))) > 1 for shard in shards)


def test_a_changed_image_has_its_own_digest_and_size(tmp_path: Path) -> None:
    folder = dataset(tmp_path)

    def change(path: Path) -> Changed:
        return Changed(data=path.name.encode(), changes=("all",), size=(3, 5))

    export = exported(folder, "tfrecord", change)
    for found in examples(export / "train-00000-of-00001.tfrecord"):
        digest = hashlib.sha256(found["image/encoded"][0]).hexdigest()
        assert found["image/key/sha256"] == [digest.encode()]
        assert found["image/width"] + found["image/height"] == [3, 5]


def test_a_file_that_vanishes_leaves_nothing(tmp_path: Path) -> None:
    writer: Writer = registry().build(Exporter, "tfrecord", {})(tmp_path, "set")
    with pytest.raises(WorkspaceError, match=re.escape("gone.jpg")):
        writer.add(tmp_path / "gone.jpg", "categories/a/1.jpg", {})
    assert list(tmp_path.iterdir()) == []


@settings(deadline=None)
@given(
    text=st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=300), max_size=3),
    numbers=st.lists(st.floats(width=32, allow_nan=False), max_size=40),
    wholes=st.lists(WHOLE, max_size=40),
    data=st.binary(max_size=300),
)
def test_protobuf_reads_what_was_encoded(
    text: list[str], numbers: list[float], wholes: list[int], data: bytes
) -> None:
    entries = texts("texts", text) + floats("numbers", numbers) + integers("wholes", wholes)
    assert decoded(before("data", len(data), entries) + data) == {
        "texts": [each.encode() for each in text],
        "numbers": numbers,
        "wholes": wholes,
        "data": [data],
    }


def test_halves_of_surrogate_pairs_are_no_trouble() -> None:
    assert decoded(before("data", 0, texts("title", [f"\ud800{HOSTILE}"])))["title"] == [
        f"?{HOSTILE}".encode()
    ]


def test_options_are_checked(tmp_path: Path) -> None:
    with pytest.raises(PluginError, match="shard_size"):
        exported(dataset(tmp_path), "tfrecord", shard_size=0)
