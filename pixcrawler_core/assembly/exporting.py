"""Hands a finished dataset to an export's writer: all of it or a part, as it is or changed on the way."""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from pixcrawler_core.assembly.entries import EXTENSIONS
from pixcrawler_core.assembly.export_lists import PartLists, WholeLists
from pixcrawler_core.assembly.label_files import SINGLE, single_file
from pixcrawler_core.assembly.label_forms import FORMS
from pixcrawler_core.assembly.manifest import MANIFEST, image_count, manifest_entries
from pixcrawler_core.assembly.outgoing import Outgoing
from pixcrawler_core.assembly.resizing import moved
from pixcrawler_core.errors import DatasetError, PixCrawlerError
from pixcrawler_core.errors import told as told_of
from pixcrawler_core.machine import usable_cores
from pixcrawler_core.provenance.reading import checked_path
from pixcrawler_core.threads import in_threads

if TYPE_CHECKING:
    from pixcrawler_core.assembly.rendition import Changed
    from pixcrawler_core.components import Writer

logger = logging.getLogger(__name__)

Row = dict[str, Any]
ALL = Outgoing()
Watched = Callable[[Iterable[Any], int], Iterator[Any]]
"""Gives the same things, of which there are so many, and shows how far that is."""


def unwatched(things: Iterable[Any], _total: int) -> Iterator[Any]:
    """The same things."""
    return iter(things)


@dataclass(kw_only=True)
class Exported:
    """What went out, and what did not."""

    path: Path
    images: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    """Images by the reason why they do not go out."""
    failed: int = 0
    """Images that could not be changed as they should have been, and were left out."""


def export_dataset(
    folder: Path,
    writer: Writer,
    outgoing: Outgoing = ALL,
    name: str = "",
    watched: Watched = unwatched,
) -> Exported:
    """Hand the files of a dataset's folder to an export's writer, images first.

    Within the export they are below `name`, or the folder's name. An image that is changed goes out with
    other bytes; its row of the exported manifest then has `exported`, with their digest and size and what
    was changed. One that cannot be changed as it should be is left out: its row then has `export_error`, and
    a warning is logged. Raises DatasetError for a manifest that is damaged and for images that are missing;
    nothing has the export's name then.
    """
    try:
        export = _Export(folder, writer, outgoing, name or folder.name, watched)
        with _scratch(folder) as scratch:
            export.run(scratch)
    except BaseException:
        writer.abort()
        raise
    export.done.path = writer.close()
    return export.done


class _Export:
    """One export in the making."""

    def __init__(self, folder: Path, writer: Writer, outgoing: Outgoing, name: str, watched: Watched) -> None:
        self.done = Exported(path=folder)
        self._folder = folder
        self._root = os.path.realpath(folder)
        self._writer = writer
        self._outgoing = outgoing
        self._name = name
        self._watched = watched

    def run(self, scratch: Path) -> None:
        """Hand over all files; `scratch` is an empty folder."""
        whole = self._outgoing.whole
        lists = (WholeLists if whole else PartLists)(self._folder, scratch, self._outgoing)
        with lists:
            self._images(lists, scratch)
        for name in lists.files:
            path = scratch / name if (scratch / name).exists() else self._folder / name
            if path.exists():
                self._add(path, name)
        self._labels(self._folder if whole else scratch, lists.manifest)

    def _images(self, lists: WholeLists | PartLists, scratch: Path) -> None:
        looked = in_threads(self._looked, self._chosen(), usable_cores())
        for entry, changed in self._watched(looked, image_count(self._folder / MANIFEST)):
            path = self._folder / entry["path"]
            if isinstance(changed, Exception):
                logger.warning("%s is left out of the export: %s", path, changed)
                self.done.failed += 1
                lists.add(entry | {"export_error": told_of(changed)})
                continue
            row = entry
            if changed is not None:
                row = _row(entry, changed)
                path = scratch / f"image{PurePosixPath(row['path']).suffix}"
                path.write_bytes(changed.data)
            lists.add(row)
            self.done.images += 1
            self._add(path, row["path"], row)

    def _chosen(self) -> Iterator[Row]:
        """The rows of those images that go out."""
        try:
            for entry in manifest_entries(self._folder / MANIFEST):
                if why := self._outgoing.why_not(entry):
                    self.done.left_out[why] += 1
                    continue
                self._check(entry)
                yield entry
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise DatasetError(
                f"{self._folder / MANIFEST} is damaged ({told_of(error)}); "
                "look with pixcrawler verify, and run the job again to write it anew"
            ) from error

    def _check(self, entry: Row) -> None:
        name = checked_path(entry["path"])
        path = self._folder / name
        if os.path.realpath(path) != os.path.join(self._root, name):
            raise ValueError(f"{name} is a link, or below one")
        if not path.is_file():
            raise DatasetError(
                f"{path} is missing; look with pixcrawler verify what else is, and run the job again: "
                "it fetches what is gone"
            )

    def _looked(self, entry: Row) -> tuple[Row, Changed | Exception | None]:
        """A row with the changed image; None for one that goes out as it is."""
        change = self._outgoing.change
        try:
            return entry, change(self._folder / entry["path"]) if change else None
        except (PixCrawlerError, OSError) as error:
            return entry, error

    def _labels(self, folder: Path, manifest: Path) -> None:
        """The label files of single images, where there are such."""
        if not (folder / SINGLE).is_dir():
            return
        for entry in manifest_entries(manifest):
            for name in (single_file(entry["path"], form) for form in FORMS):
                if (folder / name).is_file():
                    self._add(folder / name, name)

    def _add(self, path: Path, name: str, entry: Row | None = None) -> None:
        self._writer.add(path, f"{self._name}/{name}", entry)


def _row(entry: Row, changed: Changed) -> Row:
    """The row of an image that was changed, as it is exported."""
    told: Row = {"sha256": hashlib.sha256(changed.data).hexdigest(), "size": len(changed.data)}
    if changed.format:
        told["format"] = changed.format
        suffix = EXTENSIONS[changed.format]
        entry = entry | {"path": PurePosixPath(entry["path"]).with_suffix(f".{suffix}").as_posix()}
    if changed.size:
        told |= dict(zip(("width", "height"), changed.size, strict=True))
    if changed.fit:
        entry = entry | {"labels": list(moved(entry["labels"], changed.fit))}
    return entry | {"exported": told | {"changes": list(changed.changes)}}


@contextmanager
def _scratch(folder: Path) -> Iterator[Path]:
    """A temporary folder beside the dataset's; what a killed export left there is removed."""
    prefix = f".{folder.name}-export-"
    for left in folder.parent.glob(f"{prefix}*"):
        shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=prefix, dir=folder.parent) as name:
        yield Path(name)
