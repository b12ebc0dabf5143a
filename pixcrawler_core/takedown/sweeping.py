"""Removes the files of what was taken down: in datasets, their versions, exports, indexes and blobs."""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from glob import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pixcrawler_core.assembly.dataset import LEDGER, SPLITS
from pixcrawler_core.assembly.exporting import export_dataset
from pixcrawler_core.assembly.manifest import MANIFEST, manifest_entries
from pixcrawler_core.assembly.outgoing import Outgoing
from pixcrawler_core.catalog.locking import HeldError
from pixcrawler_core.errors import DatasetError, WorkspaceError
from pixcrawler_core.exports.hold import Hold
from pixcrawler_core.exports.volumes import FIRST
from pixcrawler_core.exports.writer import ExportWriter
from pixcrawler_core.provenance.versions import kept_folder, kept_versions
from pixcrawler_core.takedown.matching import TAKEN_DOWN

if TYPE_CHECKING:
    from pixcrawler_core.workspace import Workspace

logger = logging.getLogger(__name__)
PREFIX = "dataset-"
EARLIER = ".earlier"
"""How the name ends under which a folder is set aside while another one takes its place."""
TELLING = frozenset({LEDGER, SPLITS})
"""Files that tell of images that are gone, with their titles and creators."""


@dataclass(frozen=True)
class Gone:
    """Leaves images out of a folder that have one of these digests, or whose files are missing."""

    folder: Path
    digests: Collection[str]
    name: str = TAKEN_DOWN

    def why_not(self, entry: Mapping[str, Any]) -> str | None:
        """Why an image does not stay; None if it does."""
        if entry.get("sha256") in self.digests:
            return TAKEN_DOWN
        return None if (self.folder / str(entry.get("path"))).is_file() else "missing"


@dataclass(kw_only=True)
class Swept:
    """Which files were changed or removed."""

    folders: list[Path] = field(default_factory=list)
    """Folders of datasets and of kept versions that lost images."""
    exports: list[Path] = field(default_factory=list)
    """Exports that were removed, since their dataset had what was taken down."""
    blobs: int = 0


class FolderWriter(ExportWriter):
    """Writes a dataset's folder anew, in its own place."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder.parent, folder.name, "")

    def image(self, path: Path, name: str, _entry: Mapping[str, Any]) -> None:
        self.place.put(path, name, own=True)


def holders(workspace: Workspace, digests: Collection[str]) -> Iterator[Path]:
    """The folders of datasets and versions that have images with these digests. Raises DatasetError."""
    for manifest in sorted(workspace.datasets.glob(f"{PREFIX}*/{MANIFEST}")):
        try:
            if any(entry.get("sha256") in digests for entry in manifest_entries(manifest)):
                yield manifest.parent
        except (OSError, ValueError, AttributeError) as error:
            raise DatasetError(
                f"{manifest} cannot be read ({error}), so it is not known what is in that folder; "
                "mend or remove it, and run the same command again"
            ) from error


def sweep(workspace: Workspace, digests: Collection[str], datasets: Collection[str]) -> Swept:
    """Remove all files with these digests, and whatever else holds them; what is left is whole.

    So are the versions of `datasets`, whose ledgers and reports tell of what was found and not kept, and what
    killed processes left. Raises WorkspaceError and DatasetError; the next call goes on.
    """
    swept = Swept()
    try:
        _remove_leftovers(workspace)
        for folder in sorted({*holders(workspace, digests), *_versions(workspace, datasets)}):
            _rewrite(folder, digests)
            swept.folders.append(folder)
        for folder in (workspace.indexes(None), *_indexes(workspace, swept.folders)):
            shutil.rmtree(folder, ignore_errors=True)
    except OSError as error:
        raise WorkspaceError(
            f"cannot remove what was taken down: {error.strerror or error} ({error.filename}); "
            "mend that, and run the same command again"
        ) from error
    for digest in digests:
        swept.blobs += workspace.blobs.has(digest)
        workspace.blobs.remove(digest)
        workspace.thumbnails.remove(digest)
    return swept


def remove_exports(paths: Iterable[Path]) -> Iterator[Path]:
    """Remove exports, with all volumes; tells of those that were there. Raises WorkspaceError."""
    for path in paths:
        whole = path.with_suffix("") if path.suffix == FIRST else path
        volumes = whole.parent.glob(f"{escape(whole.name)}.[0-9][0-9][0-9]")
        for each in filter(os.path.lexists, (whole, *sorted(volumes))):
            try:
                _remove(each)
            except OSError as error:
                raise WorkspaceError(f"cannot remove {each}: {error.strerror or error}") from error
            yield each


def _remove_leftovers(workspace: Workspace) -> None:
    """Remove what killed processes left under hidden names; a folder that was set aside comes back.

    Raises WorkspaceError while an export is being written: it may hold what is taken down.
    """
    for place in (workspace.datasets, workspace.exports):
        for path in sorted(place.glob(".*.lock")):
            try:
                Hold(path).release()
            except HeldError as error:
                raise WorkspaceError(
                    f"an export is being written ({error}): {path}; wait until it is there, and run the same "
                    "command again"
                ) from None
        for path in sorted(place.glob(".*")):
            whole = place / path.name[1:].removesuffix(EARLIER)
            if path.name.endswith(EARLIER) and not whole.exists():
                path.rename(whole)
            else:
                _remove(path)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()


def _versions(workspace: Workspace, datasets: Collection[str]) -> Iterator[Path]:
    for name in datasets:
        folder = workspace.dataset(name)
        for number in kept_versions(folder):
            if (kept_folder(folder, number) / MANIFEST).is_file():
                yield kept_folder(folder, number)


def _rewrite(folder: Path, digests: Collection[str]) -> None:
    """Write a folder without some images; the files that tell of all images stay behind with the old one."""
    outgoing = Outgoing(policy=Gone(folder, digests), without=TELLING)
    export_dataset(folder, FolderWriter(folder), outgoing)


def _indexes(workspace: Workspace, folders: Collection[Path]) -> Iterator[Path]:
    """The indexes of datasets; the next run makes them again."""
    for name in {folder.name.partition(".")[0] for folder in folders}:
        yield workspace.indexes(name.removeprefix(PREFIX))
