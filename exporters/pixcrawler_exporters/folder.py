"""Writes a dataset as folders by split and category, with a table of what is known of each image."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import IO, Any

from pydantic import BaseModel, ConfigDict, Field

from pixcrawler_core import hookimpl
from pixcrawler_core.components import Exporter, OpenWriter
from pixcrawler_core.exports.carded import CardedWriter
from pixcrawler_core.exports.names import in_category, split_of
from pixcrawler_core.exports.rows import line, typed
from pixcrawler_core.exports.writer import ExportWriter, is_own

SUFFIX = "-imagefolder"
YOLO_SUFFIX = "-yolo-classification"
METADATA = "metadata.jsonl"
"""The name under which Hugging Face's `imagefolder` looks for what is known of images."""
LOADING = """from datasets import load_dataset

images = load_dataset({folder!r})
first = images[{split!r}][0]
"""


class YoloClassificationOptions(BaseModel):
    """How images are written."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    links: bool = Field(
        default=True,
        description="Whether images that go out unchanged are hard links, which take no room and must not be "
        "changed in place; otherwise they are copies.",
    )


class FolderOptions(YoloClassificationOptions):
    """How the folders are written."""

    metadata: bool = Field(
        default=True,
        description="Whether each split has a `metadata.jsonl`. With it, `datasets` reads these fields and "
        "no class from the folders' names.",
    )


class FolderWriter(ExportWriter):
    """Images as `SPLIT/CATEGORY/image_NUMBER.EXTENSION`; other files keep their names."""

    def __init__(self, folder: Path, dataset: str, suffix: str, *, links: bool, metadata: bool) -> None:
        self._links, self._metadata = links, metadata
        self._tables: dict[str, IO[str]] = {}
        super().__init__(folder, dataset, suffix)

    def image(self, path: Path, name: str, entry: Mapping[str, Any]) -> None:
        """Write an image, and its line."""
        split, own = split_of(entry), in_category(name)
        self.place.put(path, f"{split}/{own}", own=self._links and is_own(path, entry))
        if not self._metadata:
            return
        if split not in self._tables:
            self._tables[split] = self.opened(f"{split}/{METADATA}")
        self._tables[split].write(line({"file_name": own, **typed(entry)}))


class CardedFolderWriter(CardedWriter, FolderWriter):
    """Such folders with a dataset card."""

    loading = LOADING


def build(options: FolderOptions) -> OpenWriter:
    """What starts such folders."""
    return partial(CardedFolderWriter, suffix=SUFFIX, links=options.links, metadata=options.metadata)


def build_plain(options: YoloClassificationOptions) -> OpenWriter:
    """What starts such folders without a table."""
    return partial(FolderWriter, suffix=YOLO_SUFFIX, links=options.links, metadata=False)


@hookimpl
def register_exporters() -> Iterator[Exporter]:
    """The formats `folder` and `yolo-classification`."""
    yield Exporter(
        name="folder",
        summary="folders by split and category with a table each, as ImageFolder readers want them",
        suffix=SUFFIX,
        options=FolderOptions,
        build=build,
    )
    yield Exporter(
        name="yolo-classification",
        summary="folders by split and category, as YOLO classification reads them",
        suffix=YOLO_SUFFIX,
        options=YoloClassificationOptions,
        build=build_plain,
    )
