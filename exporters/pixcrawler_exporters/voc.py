"""Writes a dataset in the form of Pascal VOC: images, and an XML file with the boxes of each."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO, Any
from xml.etree import ElementTree

from pixcrawler_core import hookimpl
from pixcrawler_core.components import Exporter, OpenWriter
from pixcrawler_core.exports.boxes import Box, Boxes, BoxOptions, display_size
from pixcrawler_core.exports.names import in_category, split_of
from pixcrawler_core.exports.writer import ExportWriter, is_own

SUFFIX = "-voc"
_NO_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 (2.2, Characters) cannot hold."""


class VocWriter(ExportWriter):
    """Images as `JPEGImages/CATEGORY_image_NUMBER.EXTENSION`, `Annotations/` and `ImageSets/Main/SPLIT.txt`.

    Pixels count from 1, and the last one belongs to the box. In memory are the names of the classes.
    """

    def __init__(self, folder: Path, dataset: str, options: BoxOptions) -> None:
        self._boxes = Boxes(options)
        self._splits: dict[str, IO[str]] = {}
        super().__init__(folder, dataset, SUFFIX)

    def begin(self) -> None:
        """Make the folder of the annotations."""
        (self.place.part / "Annotations").mkdir()

    def image(self, path: Path, name: str, entry: Mapping[str, Any]) -> None:
        """Write an image, its boxes, and its line in the file of its split."""
        own, split = PurePosixPath(in_category(name).replace("/", "_")), split_of(entry)
        self.place.put(path, f"JPEGImages/{own}", own=is_own(path, entry))
        tree = _tree(str(own), display_size(path), list(self._boxes.of(entry)))
        ElementTree.indent(tree)
        tree.write(self.place.part / "Annotations" / own.with_suffix(".xml"), "utf-8")
        if split not in self._splits:
            self._splits[split] = self.opened(f"ImageSets/Main/{split}.txt")
        self._splits[split].write(f"{own.stem}\n")

    def finish(self) -> None:
        """Warn if there is nothing to learn from."""
        self._boxes.warn_if_none(self.place.final)


def _tree(name: str, size: tuple[int, int], boxes: list[Box]) -> ElementTree.ElementTree[ElementTree.Element]:
    root = ElementTree.Element("annotation")
    _children(root, {"folder": "JPEGImages", "filename": name})
    shape = dict(zip(("width", "height", "depth"), (*size, 3), strict=True))
    _children(ElementTree.SubElement(root, "size"), shape)
    _children(root, {"segmented": 0})
    for box in boxes:
        element = ElementTree.SubElement(root, "object")
        _children(element, {"name": box.name, "pose": "Unspecified", "truncated": 0, "difficult": 0})
        _children(ElementTree.SubElement(element, "bndbox"), _bounds(box, size))
    return ElementTree.ElementTree(root)


def _bounds(box: Box, size: tuple[int, int]) -> Mapping[str, int]:
    width, height = size
    left = min(int(box.left * width) + 1, width)
    top = min(int(box.top * height) + 1, height)
    right = max(left, round((box.left + box.width) * width))
    bottom = max(top, round((box.top + box.height) * height))
    return {"xmin": left, "ymin": top, "xmax": right, "ymax": bottom}


def _children(parent: ElementTree.Element, values: Mapping[str, object]) -> None:
    for name, value in values.items():
        ElementTree.SubElement(parent, name).text = _NO_XML.sub("\ufffd", str(value))


def build(options: BoxOptions) -> OpenWriter:
    """What starts such a folder."""
    return partial(VocWriter, options=options)


@hookimpl
def register_exporters() -> Iterator[Exporter]:
    """The format `voc`."""
    yield Exporter(
        name="voc",
        summary="images and an XML file of boxes for each, as readers of Pascal VOC want them",
        suffix=SUFFIX,
        options=BoxOptions,
        build=build,
    )
