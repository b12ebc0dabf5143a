"""Hands a finished dataset to an export's writer; what is private in a picture can be left out on the way."""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from pixcrawler_core.assembly.dataset import EXTRAS, IMAGES, MANIFEST, entry_of, manifest_entries
from pixcrawler_core.assembly.label_files import SINGLE, single_file
from pixcrawler_core.assembly.label_forms import FORMS
from pixcrawler_core.errors import PixCrawlerError
from pixcrawler_core.errors import told as told_of

if TYPE_CHECKING:
    from pixcrawler_core.components import Writer

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Changed:
    """The bytes that are exported in the place of an image's own."""

    data: bytes
    changes: tuple[str, ...]
    """What was done, in a few words each."""
    size: tuple[int, int] | None = None
    """Width and height as stored, where they are others than before."""


Change = Callable[[Path], Changed | None]
"""Looks at an image's file; None where it may go out as it is."""


def export_dataset(folder: Path, writer: Writer, change: Change | None = None) -> Path:
    """Hand every file of a dataset's folder to an export's writer, images first; returns what it wrote.

    An image that `change` changes goes out with other bytes; its row of the exported manifest then has
    `exported`, with their digest and size and what was changed. One that cannot be changed as it should be is
    left out: its row then has `export_error`, and a warning is logged.
    """
    try:
        with _scratch(folder) as scratch:
            manifest = _export_images(folder, writer, change, scratch)
            for name in EXTRAS:
                path = manifest if name == MANIFEST else folder / name
                if path.exists():
                    writer.add(path, f"{folder.name}/{name}", None)
        _export_labels(folder, writer)
    except BaseException:
        writer.abort()
        raise
    return writer.close()


def _export_images(folder: Path, writer: Writer, change: Change | None, scratch: Path) -> Path:
    """Export all images; returns the manifest to go with them."""
    altered = False
    copy = scratch / MANIFEST
    with (folder / MANIFEST).open(encoding="utf-8") as lines, copy.open("w", encoding="utf-8") as told:
        _copy_head(lines, told)
        for line in lines:
            entry = entry_of(line)
            if entry is None:
                told.write(line)
                continue
            path, more = _to_export(folder / entry["path"], change, scratch)
            altered = altered or bool(more)
            entry |= more
            told.write(_line(entry, like=line) if more else line)
            if path is not None:
                writer.add(path, f"{folder.name}/{entry['path']}", entry)
    return copy if altered else folder / MANIFEST


def _export_labels(folder: Path, writer: Writer) -> None:
    """Export the label files of single images, where there are such."""
    if not (folder / SINGLE).is_dir():
        return
    for entry in manifest_entries(folder / MANIFEST):
        for name in (single_file(entry["path"], form) for form in FORMS):
            if (folder / name).is_file():
                writer.add(folder / name, f"{folder.name}/{name}", None)


def _to_export(path: Path, change: Change | None, scratch: Path) -> tuple[Path | None, dict[str, Any]]:
    """The file to be exported for an image, and what the manifest tells of it; None for one left out."""
    try:
        changed = change(path) if change else None
    except (PixCrawlerError, OSError) as error:
        logger.warning("%s is left out of the export: %s", path, error)
        return None, {"export_error": told_of(error)}
    if changed is None:
        return path, {}
    copy = scratch / f"image{path.suffix}"
    copy.write_bytes(changed.data)
    return copy, {"exported": _exported(changed)}


def _line(entry: Mapping[str, Any], like: str) -> str:
    """The line of the manifest for an image, which ends as the one whose place it takes."""
    return json.dumps(entry, ensure_ascii=False) + like[len(like.rstrip().removesuffix(",")) :]


def _copy_head(lines: TextIO, told: TextIO) -> None:
    for line in lines:
        told.write(line)
        if line.startswith(IMAGES):
            return


def _exported(changed: Changed) -> Mapping[str, Any]:
    size = dict(zip(("width", "height"), changed.size, strict=True)) if changed.size else {}
    digest = hashlib.sha256(changed.data).hexdigest()
    return {"sha256": digest, "size": len(changed.data), **size, "changes": list(changed.changes)}


@contextmanager
def _scratch(folder: Path) -> Iterator[Path]:
    """A temporary folder beside the dataset's; what a killed export left there is removed."""
    prefix = f".{folder.name}-export-"
    for left in folder.parent.glob(f"{prefix}*"):
        shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=prefix, dir=folder.parent) as name:
        yield Path(name)
