"""Versions of a dataset: the folder as it was is kept, in links, before other images come into it."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest
from pathlib import Path
from typing import Any

from pixcrawler_core.assembly.files import link, part_of
from pixcrawler_core.assembly.manifest import MANIFEST, manifest_head, manifest_lines

_KEPT = re.compile(r"v([1-9]\d{0,8})")
"""What stands behind the dot in the name of a folder that was kept; no id of a dataset has a dot."""
_PART = re.compile(r"\..+\.part")
"""Names of files that are being written."""


@dataclass(frozen=True, kw_only=True)
class Version:
    """The version of a dataset that is about to be written."""

    number: int = 1
    previous: str | None = None
    """SHA-256 of the manifest of the version before, in hex; None for the first one."""
    created_at: str
    """When it came to be, in UTC."""


def next_version(folder: Path, lines: Callable[[], Iterable[str]], now: datetime) -> Version:
    """The version that a dataset's folder has once its images are those of these lines of a manifest.

    The folder as it is is kept if it has other images. Nothing is kept twice, whenever the process was
    killed. Raises OSError.
    """
    created = f"{now:%Y-%m-%dT%H:%M:%SZ}"
    manifest = folder / MANIFEST
    latest = max(kept_versions(folder), default=0)
    head = _head(manifest)
    if head is None:
        before = digest_of(kept_folder(folder, latest) / MANIFEST) if latest else None
        return Version(number=latest + 1, previous=before, created_at=created)
    number = version_of(head)
    if _same(manifest_lines(manifest), lines()):
        made = head.get("created_at")
        return Version(
            number=number,
            previous=head.get("previous"),
            created_at=made if isinstance(made, str) else created,
        )
    previous = digest_of(manifest)
    _keep(folder, kept_folder(folder, number), previous)
    return Version(number=max(number, latest) + 1, previous=previous, created_at=created)


def forget_twin(folder: Path, number: int) -> None:
    """Remove what was kept of a version that the folder has again: a change was undone before it was made."""
    kept = kept_folder(folder, number)
    if not (kept / MANIFEST).exists():
        return
    if _same(manifest_lines(kept / MANIFEST), manifest_lines(folder / MANIFEST)):
        shutil.rmtree(kept)


def kept_folder(folder: Path, number: int) -> Path:
    """Where a version is kept, beside the dataset's folder."""
    return folder.with_name(f"{folder.name}.v{number}")


def kept_versions(folder: Path) -> list[int]:
    """The numbers of the versions that are kept of a dataset, in order."""
    names = (path.name.removeprefix(f"{folder.name}.") for path in folder.parent.glob(f"{folder.name}.v*"))
    return sorted(int(found[1]) for found in map(_KEPT.fullmatch, names) if found)


def version_of(head: dict[str, Any]) -> int:
    """The version that the head of a manifest tells; 1 where it tells none, as before there were versions."""
    number = head.get("version", 1)
    known = isinstance(number, int) and not isinstance(number, bool) and _KEPT.fullmatch(f"v{number}")
    return number if known else 1


def digest_of(path: Path) -> str:
    """SHA-256 of a file, in hex. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _keep(folder: Path, kept: Path, digest: str) -> None:
    """Link all files of a folder into another one, which has its name only when it has them all."""
    if (kept / MANIFEST).exists() and digest_of(kept / MANIFEST) == digest:
        return
    part = part_of(kept)
    if part.exists():
        shutil.rmtree(part)
    for place, _, names in os.walk(folder):
        target = part / Path(place).relative_to(folder)
        target.mkdir(parents=True, exist_ok=True)
        for name in names:
            source = Path(place, name)
            if source.is_file() and not source.is_symlink() and not _PART.fullmatch(name):
                link(source, target / name)
    if kept.exists():
        shutil.rmtree(kept)
    part.rename(kept)


def _head(manifest: Path) -> dict[str, Any] | None:
    try:
        return manifest_head(manifest)
    except (FileNotFoundError, ValueError, RecursionError):
        return None


def _same(old: Iterable[str], new: Iterable[str]) -> bool:
    return all(one == other for one, other in zip_longest(old, new))
