"""Writes a dataset for object detection in the form of YOLO: a text file with the boxes of each image."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

from pixcrawler_core import hookimpl
from pixcrawler_core.components import Exporter, OpenWriter
from pixcrawler_core.exports.boxes import Box, Boxes, BoxOptions
from pixcrawler_core.exports.names import in_category, split_of
from pixcrawler_core.exports.writer import ExportWriter, is_own

SUFFIX = "-yolo"
DATA = "data.yaml"


class YoloWriter(ExportWriter):
    """Images as `images/SPLIT/CATEGORY/image_NUMBER.EXTENSION`, boxes below `labels/` in the same way.

    A line of a box has the number of its class, and centre, width and height as shares of the displayed
    picture. An image without boxes has no such file. In memory are the names of the classes.
    """

    def __init__(self, folder: Path, dataset: str, options: BoxOptions) -> None:
        self._boxes = Boxes(options)
        self._splits: dict[str, str] = {}
        super().__init__(folder, dataset, SUFFIX)

    def image(self, path: Path, name: str, entry: Mapping[str, Any]) -> None:
        """Write an image and its boxes."""
        split = split_of(entry)
        own = PurePosixPath(split, in_category(name))
        self._splits[split] = f"images/{split}"
        self.place.put(path, f"images/{own}", own=is_own(path, entry))
        lines = [_line(box) for box in self._boxes.of(entry)]
        if lines:
            labels = self.place.part / "labels" / own.with_suffix(".txt")
            labels.parent.mkdir(parents=True, exist_ok=True)
            labels.write_text("".join(lines), "ascii")

    def finish(self) -> None:
        """Write `data.yaml`, in which paths start from its own folder."""
        import yaml

        names = {number: name for name, number in self._boxes.classes.items()}
        told = {**self._splits, "names": names}
        self.opened(DATA).write(yaml.safe_dump(told, sort_keys=False, allow_unicode=True))
        self._boxes.warn_if_none(self.place.final)


def _line(box: Box) -> str:
    centre = box.left + box.width / 2, box.top + box.height / 2
    shares = " ".join(f"{each:.6f}" for each in (*centre, box.width, box.height))
    return f"{box.number} {shares}\n"


def build(options: BoxOptions) -> OpenWriter:
    """What starts such a folder."""
    return partial(YoloWriter, options=options)


@hookimpl
def register_exporters() -> Iterator[Exporter]:
    """The format `yolo`."""
    yield Exporter(
        name="yolo",
        summary="images by split and a text file of boxes for each, as YOLO detection reads them",
        suffix=SUFFIX,
        options=BoxOptions,
        build=build,
    )
