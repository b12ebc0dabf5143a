"""What a dataset's folder tells: statistics, the manifest, versions, and how they differ."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime
from pathlib import Path
from typing import Any

from pixcrawler_core.assembly.manifest import MANIFEST, image_count, manifest_head
from pixcrawler_core.provenance.comparing import KINDS, Change, compare, counts, read_side
from pixcrawler_core.provenance.versions import kept_folder, kept_versions, version_of
from pixcrawler_core.workspace import Workspace
from pixcrawler_server.bodies import View
from pixcrawler_server.errors import NotAssembled, NotFound


class VersionView(View):
    """A version of a dataset: its images as they were."""

    number: int
    images: int
    created_at: datetime | None
    previous: str | None
    """SHA-256 of the manifest of the version before."""
    current: bool


class VersionsView(View):
    """All versions of a dataset that there are."""

    items: list[VersionView]


class ChangeView(View):
    """A difference between two versions."""

    kind: str
    path: str
    category: str
    before: str | None
    after: str | None


class DiffView(View):
    """How two versions differ."""

    before: int
    after: int
    counts: dict[str, int]
    categories: dict[str, dict[str, int]]
    changes: list[ChangeView]
    left_out: int
    """Changes beyond those that are listed."""


def assembled(workspace: Workspace, dataset_id: str, name: str = MANIFEST) -> Path:
    """A file of a dataset's folder. Raises NotAssembled where it is not there yet."""
    path = workspace.dataset(dataset_id) / name
    if not path.is_file() or path.is_symlink():
        raise NotAssembled(dataset_id)
    return path


def versions(workspace: Workspace, dataset_id: str) -> VersionsView:
    """The versions of a dataset, newest first."""
    folder = assembled(workspace, dataset_id).parent
    current = version_of(manifest_head(folder / MANIFEST))
    kept = (kept_folder(folder, each) for each in reversed(kept_versions(folder)) if each != current)
    there = [_version(each, current=False) for each in kept if (each / MANIFEST).is_file()]
    return VersionsView(items=[_version(folder, current=True), *there])


def folder_of(workspace: Workspace, dataset_id: str, number: int) -> Path:
    """The folder of a version. Raises NotAssembled and NotFound."""
    folder = assembled(workspace, dataset_id).parent
    if version_of(manifest_head(folder / MANIFEST)) == number:
        return folder
    kept = kept_folder(folder, number)
    if not (kept / MANIFEST).is_file():
        raise NotFound("version", number)
    return kept


def difference(workspace: Workspace, dataset_id: str, before: int, after: int, most: int) -> DiffView:
    """How two versions differ; at most so many changes are listed. Raises DatasetError."""
    sides = [read_side(folder_of(workspace, dataset_id, number)) for number in (before, after)]
    totals: defaultdict[str, Counter[str]] = defaultdict(Counter)
    listed: list[ChangeView] = []
    left = 0
    for change in compare(*sides):
        totals[change.category][change.kind] += 1
        if len(listed) < most:
            listed.append(_change(change))
        else:
            left += 1
    whole: Counter[str] = sum(totals.values(), Counter())
    return DiffView(
        before=before,
        after=after,
        counts={kind: whole[kind] for kind in KINDS},
        categories=counts(totals),
        changes=listed,
        left_out=left,
    )


def file_tag(path: Path) -> str:
    """What is another one whenever a file is replaced, without reading it."""
    found = path.stat()
    return f"{found.st_ino:x}-{found.st_mtime_ns:x}-{found.st_size:x}"


def _version(folder: Path, *, current: bool) -> VersionView:
    head: dict[str, Any] = manifest_head(folder / MANIFEST)
    created = head.get("created_at")
    return VersionView(
        number=version_of(head),
        images=image_count(folder / MANIFEST),
        created_at=datetime.fromisoformat(created) if isinstance(created, str) else None,
        previous=head.get("previous"),
        current=current,
    )


def _change(change: Change) -> ChangeView:
    return ChangeView(**change._asdict())
