"""Hands a finished dataset to an export's writer: all of it or a part, as it is or changed on the way."""

from __future__ import annotations

import hashlib
import logging
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from pixcrawler_core.assembly.checked import checked_head, checked_row
from pixcrawler_core.assembly.entries import EXTENSIONS
from pixcrawler_core.assembly.export_lists import PartLists, WholeLists
from pixcrawler_core.assembly.label_files import SINGLE, single_file
from pixcrawler_core.assembly.label_forms import FORMS
from pixcrawler_core.assembly.manifest import MANIFEST, image_count, manifest_entries, manifest_head
from pixcrawler_core.assembly.outgoing import Outgoing
from pixcrawler_core.assembly.resizing import moved
from pixcrawler_core.catalog.locking import HeldError
from pixcrawler_core.errors import DatasetError, PixCrawlerError, WorkspaceError
from pixcrawler_core.errors import told as told_of
from pixcrawler_core.exports.hold import scratch_folder
from pixcrawler_core.machine import usable_cores
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
    scratch: Path | None = None,
) -> Exported:
    """Hand the files of a dataset's folder to an export's writer, images first.

    Within the export they are below `name`, or the folder's name. What is made on the way lies in a temporary
    folder at the path `scratch`, or beside the dataset's. An image that is changed goes out with other bytes;
    its row of the exported manifest then has `exported`, with their digest and size and what was changed. One
    that cannot be changed as it should be is left out: its row then has `export_error`, and a warning is
    logged. Raises DatasetError for a manifest that is not as it was written, for images that are missing and
    for links, and WorkspaceError where the disk does not do its part; nothing has the export's name then.
    """
    try:
        export = _Export(folder, writer, outgoing, name or folder.name, watched)
        with _told(folder), scratch_folder(scratch or folder.with_name(f".{folder.name}.scratch")) as place:
            export.run(place)
        export.done.path = writer.close()
    except BaseException:
        writer.abort()
        raise
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
        with self._reading():
            checked_head(manifest_head(self._folder / MANIFEST))
        lists = (WholeLists if whole else PartLists)(self._folder, scratch, self._outgoing)
        with lists:
            self._images(lists, scratch)
        for name in lists.files:
            self._add_if_there(scratch if (scratch / name).exists() else self._folder, name)
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
        with self._reading():
            for number, told in enumerate(manifest_entries(self._folder / MANIFEST), 1):
                entry = _checked(told, number)
                if why := self._outgoing.why_not(entry):
                    self.done.left_out[why] += 1
                    continue
                self._check(entry["path"])
                yield entry

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """Tell that the manifest is damaged, for what is wrong in it."""
        try:
            yield
        except ValueError as error:
            raise _damaged(self._folder, error) from error

    def _check(self, name: str) -> None:
        """Raise ValueError for a file that lies elsewhere, DatasetError for one that is missing."""
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
            for form in FORMS:
                self._add_if_there(folder, single_file(entry["path"], form))

    def _add_if_there(self, folder: Path, name: str) -> None:
        """Add a file that is no image, of the dataset's or of the scratch folder."""
        path = folder / name
        if not os.path.lexists(path):
            return
        if folder == self._folder:
            with self._reading():
                self._check(name)
        self._add(path, name)

    def _add(self, path: Path, name: str, entry: Row | None = None) -> None:
        with self._reading():
            self._writer.add(path, f"{self._name}/{name}", entry)


def _damaged(folder: Path, error: Exception) -> DatasetError:
    why = told_of(error).removeprefix("ValueError: ")
    return DatasetError(
        f"{folder / MANIFEST} is damaged ({why}); "
        "look with pixcrawler verify, and run the job again to write it anew"
    )


def _checked(told: Row, number: int) -> Row:
    try:
        return checked_row(told)
    except ValueError as error:
        raise ValueError(f"image {number}: {error}") from None


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
def _told(folder: Path) -> Iterator[None]:
    """Tell in a sentence what a disk does not do, and of a manifest that cannot be gone through."""
    try:
        yield
    except HeldError as error:
        raise WorkspaceError(
            f"another export of {folder} is being written ({error}); "
            "wait until it is finished, and export again"
        ) from None
    except OSError as error:
        place = f" ({error.filename})" if error.filename else ""
        raise WorkspaceError(
            f"cannot export {folder}: {error.strerror or error}{place}; "
            "mend that or choose another folder with --output, and export again"
        ) from error
    except (RecursionError, UnicodeDecodeError) as error:
        raise _damaged(folder, error) from error
