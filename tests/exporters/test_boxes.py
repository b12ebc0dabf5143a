"""The export formats with boxes: `coco`, `yolo` and `voc`."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml
from PIL import Image as Pillow
from pixcrawler_exporters import coco, voc, yolo
from pycocotools.coco import COCO

from pixcrawler_core.components import Exporter, Writer
from pixcrawler_core.errors import PluginError
from pixcrawler_core.testing.contracts import ExporterContract
from tests.exporters.made import BOX, PHOTOGRAPHS, dataset, entries, exported, registry, tree

FORMS = ("coco", "voc", "yolo")


def files(export: Path) -> dict[str, bytes]:
    return {name: (export / name).read_bytes() for name in tree(export)}


class TestCoco(ExporterContract):
    component = next(coco.register_exporters())

    def read(self, export: Path) -> dict[str, bytes]:
        return {name.replace("train/", "categories/", 1): data for name, data in files(export).items()}


class TestYolo(ExporterContract):
    component = next(yolo.register_exporters())

    def read(self, export: Path) -> dict[str, bytes]:
        found = files(export)
        return {name.replace("images/train/", "categories/", 1): data for name, data in found.items()}


class TestVoc(ExporterContract):
    component = next(voc.register_exporters())

    def read(self, export: Path) -> dict[str, bytes]:
        found = {}
        for name, data in files(export).items():
            where, _, own = name.partition("/")
            found[f"categories/{own.replace('_', '/', 1)}" if where == "JPEGImages" else name] = data
        return found


def export_of(tmp_path: Path, form: str, *labels: Mapping[str, Any], orientation: int = 1) -> Path:
    """What a form writes of one photograph of 800 by 600 pixels, as stored, with these labels."""
    image = tmp_path / "image.jpg"
    exif = Pillow.Exif()
    exif[0x0112] = orientation
    with Pillow.open(PHOTOGRAPHS / "ruins/colosseum.jpg") as picture:
        picture.resize((800, 600)).save(image, exif=exif)
    writer: Writer = registry().build(Exporter, form, {})(tmp_path, "set")
    writer.add(image, "categories/ruins/image_001.jpg", {"labels": list(labels)})
    return writer.close()


def label(name: str = "person", box: object = BOX, source: str = "objects") -> Mapping[str, Any]:
    return {"name": name, "source": source, "version": "1", "box": box}


def bounds(annotation: Path) -> list[tuple[str, list[int]]]:
    root = ElementTree.parse(annotation).getroot()  # noqa: S314  # our own file
    corners = ("xmin", "ymin", "xmax", "ymax")
    return [
        (each.findtext("name", ""), [int(each.findtext(f"bndbox/{corner}", "")) for corner in corners])
        for each in root.iter("object")
    ]


def test_pycocotools_reads_images_and_boxes(tmp_path: Path) -> None:
    folder = dataset(tmp_path)
    export = exported(folder, "coco")
    for split, count, persons in (("train", 4, 2), ("val", 2, 0)):
        found = COCO(str(export / f"annotations/instances_{split}.json"))
        images = found.loadImgs(found.getImgIds())
        assert len(images) == count
        wanted = [entry for entry in entries(folder) if entry["split"] == split]
        for image, entry in zip(images, wanted, strict=True):
            assert (export / split / image["file_name"]).read_bytes() == (folder / entry["path"]).read_bytes()
            assert (image["width"], image["height"]) == (entry["width"], entry["height"])
            assert image["coco_url"] == entry["url"]
        assert [each["name"] for each in found.loadCats(found.getCatIds())] == ["person"]
        boxes = found.loadAnns(found.getAnnIds(catIds=found.getCatIds(catNms=["person"])))
        assert len(boxes) == persons
    assert json.loads((export / "annotations/instances_val.json").read_text())["licenses"] == [
        {"id": 1, "name": "cc0-1.0", "url": ""}
    ]
    assert not list(export.rglob("*.part"))


def test_boxes_are_pixels_in_coco(tmp_path: Path) -> None:
    export = export_of(tmp_path, "coco", label(), label("face", [0, 0, 0.1, 0.1], "faces"))
    found = COCO(str(export / "annotations/instances_train.json"))
    boxes = found.loadAnns(found.getAnnIds())
    assert [(each["category_id"], each["bbox"], each["area"]) for each in boxes] == [
        (1, [200, 300, 400, 150], 60_000),
        (2, [0, 0, 80, 60], 4800),
    ]
    assert [each["name"] for each in found.loadCats([1, 2])] == ["person", "face"]


def test_boxes_are_shares_from_the_centre_in_yolo(tmp_path: Path) -> None:
    export = export_of(tmp_path, "yolo", label(), label("face", [0, 0, 0.1, 0.1], "faces"), label())
    text = (export / "labels/train/ruins/image_001.txt").read_text("ascii")
    person = "0 0.500000 0.625000 0.500000 0.250000"
    assert text.splitlines() == [person, "1 0.050000 0.050000 0.100000 0.100000", person]


def test_yolo_says_where_what_is(tmp_path: Path) -> None:
    export = exported(dataset(tmp_path), "yolo")
    told = yaml.safe_load((export / "data.yaml").read_text("utf-8"))
    assert told == {"train": "images/train", "val": "images/val", "names": {0: "person"}}
    assert len(list((export / told["train"]).rglob("*.jpg"))) == 4
    assert [name for name in tree(export) if name.startswith("labels/")] == [
        "labels/train/castles/image_001.txt",
        "labels/train/ruins/image_001.txt",
    ]


def test_boxes_are_pixels_from_one_in_voc(tmp_path: Path) -> None:
    export = export_of(tmp_path, "voc", label(), label("a\ufffe<b>", [0, 0, 1, 1], "faces"))
    annotation = export / "Annotations/ruins_image_001.xml"
    assert bounds(annotation) == [
        ("person", [201, 301, 600, 450]),
        ("a\ufffd<b>", [1, 1, 800, 600]),
    ]
    assert (export / "ImageSets/Main/train.txt").read_text("utf-8") == "ruins_image_001\n"
    root = ElementTree.parse(annotation).getroot()  # noqa: S314  # our own file
    assert (export / "JPEGImages" / root.findtext("filename", "")).exists()
    assert [each.text for each in root.iterfind("size/*")] == ["800", "600", "3"]


def test_boxes_are_those_of_the_picture_as_it_is_displayed(tmp_path: Path) -> None:
    export = export_of(tmp_path, "coco", label(), orientation=6)
    told = json.loads((export / "annotations/instances_train.json").read_text("utf-8"))
    assert (told["images"][0]["width"], told["images"][0]["height"]) == (600, 800)
    assert told["annotations"][0]["bbox"] == [150, 400, 300, 200]
    export = export_of(tmp_path, "voc", label(), orientation=6)
    assert bounds(export / "Annotations/ruins_image_001.xml") == [("person", [151, 401, 450, 600])]


def test_boxes_are_cut_at_the_edges(tmp_path: Path) -> None:
    outside = [label(box=[-0.5, 0.5, 0.75, 0.75]), label(box=[1.0, 0.0, 0.5, 0.5]), label(box=None)]
    export = export_of(tmp_path, "yolo", *outside)
    text = (export / "labels/train/ruins/image_001.txt").read_text("ascii")
    assert text == "0 0.125000 0.750000 0.250000 0.500000\n"


@pytest.mark.parametrize("form", FORMS)
def test_labels_of_other_labelers_are_left_out_and_none_at_all_is_told(
    form: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = dataset(tmp_path)
    with caplog.at_level(logging.WARNING):
        exported(folder, form)
        assert not caplog.messages
        exported(folder, form, labelers=["faces"])
    (message,) = caplog.messages
    assert f"dataset-places-{form} has no boxes: no label of faces has one" in message


@pytest.mark.parametrize("form", FORMS)
def test_images_are_hard_links(form: str, tmp_path: Path) -> None:
    folder = dataset(tmp_path)
    images = list(exported(folder, form).rglob("*.jpg"))
    originals = [folder / entry["path"] for entry in entries(folder)]
    assert len(images) == len(originals)
    assert all(any(os.path.samefile(image, each) for each in originals) for image in images)


@pytest.mark.parametrize("form", FORMS)
def test_options_are_checked(form: str, tmp_path: Path) -> None:
    with pytest.raises(PluginError, match="labelers"):
        exported(dataset(tmp_path), form, labelers=[])
