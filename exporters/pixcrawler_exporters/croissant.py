"""Writes a dataset in the form of Croissant: shards of Parquet, and the JSON-LD that describes them."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field

from pixcrawler_core import hookimpl
from pixcrawler_core.catalog.columns import clean
from pixcrawler_core.components import Exporter, OpenWriter
from pixcrawler_core.exports.carded import CardedWriter
from pixcrawler_core.exports.croissant import PARQUET, File, Told, croissant
from pixcrawler_core.exports.names import split_of

if TYPE_CHECKING:
    from pixcrawler_core.exports.parquet import ImageTable

SUFFIX = "-croissant"
DESCRIPTION = "croissant.json"
ENCODINGS = {
    ".csv": "text/csv",
    ".html": "text/html",
    ".json": "application/json",
    ".md": "text/markdown",
    ".parquet": PARQUET,
    ".txt": "text/plain",
    ".yaml": "application/yaml",
}
"""Media types of the files beside the images, by their endings."""
LOADING = """import mlcroissant
from datasets import load_dataset

described = mlcroissant.Dataset("{folder}/croissant.json")
first = next(iter(described.records("images")))

images = load_dataset("{folder}")
first = images["{split}"][0]
"""


class CroissantOptions(BaseModel):
    """How the shards are cut, and what the description tells."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    shard_size: int = Field(
        default=250_000_000,
        ge=1,
        description="Bytes of images from which on a shard is full. Readers load a shard as a whole.",
    )
    url: str | None = Field(
        default=None, pattern=r"^https?://\S+$", description="Where the dataset is, or will be, published."
    )
    creator: str | None = Field(
        default=None, min_length=1, max_length=200, description="Who made the dataset."
    )
    version: str | None = Field(
        default=None,
        pattern=r"^\d+\.\d+\.\d+$",
        description="Version, as semantic versioning has it. Not given: `2.0.0` for the dataset's version 2.",
    )
    cite_as: str | None = Field(
        default=None,
        min_length=1,
        description="How to cite it, in BibTeX. Not given: made of its name, its year and who made it.",
    )


class CroissantWriter(CardedWriter):
    """Shards `data/SPLIT-00000.parquet`, one open for each split, `croissant.json` and a dataset card.

    In memory are the images of a row group for each split (16 MiB and one image), and the shards' digests.
    """

    loading = LOADING

    def __init__(self, folder: Path, dataset: str, options: CroissantOptions) -> None:
        self._options = options
        self._tables: dict[str, ImageTable] = {}
        self._counts: Counter[str] = Counter()
        self._described: list[File] = []
        super().__init__(folder, dataset, SUFFIX)

    def begin(self) -> None:
        """Make the folder of the shards."""
        super().begin()
        (self.place.part / "data").mkdir()

    def image(self, path: Path, name: str, entry: Mapping[str, Any]) -> None:
        """Write an image and its row."""
        split = split_of(entry)
        table = self._table(split)
        own = {key: value for key, value in (entry.get("exported") or {}).items() if key != "changes"}
        table.add(path, name, {**entry, **own, "split": split})
        if table.size >= self._options.shard_size:
            self._close(split)

    def other(self, path: Path, name: str) -> None:
        """Write a file that is no image, and describe it if every dataset may have it."""
        from pixcrawler_core.assembly.dataset import EXTRAS

        super().other(path, name)
        if name in EXTRAS:
            self._describe(name)

    def finish(self) -> None:
        """Finish the shards, and describe all."""
        for split in tuple(self._tables):
            self._close(split)
        super().finish()
        options = self._options
        told = Told(
            url=options.url, creator=options.creator, version=options.version, cite_as=options.cite_as
        )
        description = croissant(self.facts, self._described, told)
        text = clean(json.dumps(description, indent=1, ensure_ascii=False)) or ""
        self.opened(DESCRIPTION).write(f"{text}\n")

    def patterns(self, split: str) -> Sequence[str]:
        """The shards of a split."""
        return [f"data/{split}-*.parquet"]

    def abort(self) -> None:
        """Remove what was written; an earlier export of the same name stays."""
        for table in self._tables.values():
            table.abort()
        super().abort()

    def _table(self, split: str) -> ImageTable:
        from pixcrawler_core.exports.parquet import ImageTable

        if split not in self._tables:
            path = self.place.part / f"data/{split}-{self._counts[split]:05}.parquet"
            self._tables[split] = ImageTable(path, images=True, numbered=False)
            self._counts[split] += 1
        return self._tables[split]

    def _close(self, split: str) -> None:
        table = self._tables.pop(split)
        table.close()
        self._describe(f"data/{table.path.name}")

    def _describe(self, name: str) -> None:
        path = self.place.part / name
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        encoding = ENCODINGS.get(path.suffix, "application/octet-stream")
        self._described.append(File(name=name, size=path.stat().st_size, sha256=digest, encoding=encoding))


def build(options: CroissantOptions) -> OpenWriter:
    """What starts such a folder."""
    return partial(CroissantWriter, options=options)


@hookimpl
def register_exporters() -> Iterator[Exporter]:
    """The format `croissant`."""
    yield Exporter(
        name="croissant",
        summary="shards of Parquet described as Croissant, as mlcroissant and datasets read them",
        suffix=SUFFIX,
        options=CroissantOptions,
        build=build,
    )
