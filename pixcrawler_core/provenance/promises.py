"""What a dataset's manifest and lock promise of its files, and where the two do not agree."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from pixcrawler_core.assembly.dataset import REPORT
from pixcrawler_core.assembly.manifest import MANIFEST, image_line
from pixcrawler_core.errors import DatasetError
from pixcrawler_core.provenance.inside import Inside, NotAFile
from pixcrawler_core.provenance.lock import LOCK, locked
from pixcrawler_core.provenance.reading import (
    Document,
    Row,
    checked_digest,
    checked_path,
    checked_size,
    sound,
)
from pixcrawler_core.provenance.versions import version_of


class Problem(NamedTuple):
    """What is wrong with a file, or with a row that tells of it."""

    kind: str
    path: str
    detail: str

    def as_json(self) -> dict[str, str]:
        """The problem as a JSON object."""
        return self._asdict()


class Promise(NamedTuple):
    """The bytes that a file should have."""

    sha256: bytes
    size: int


@dataclass(kw_only=True)
class Promises:
    """All promises of a dataset, and what is wrong with them."""

    head: Mapping[str, Any]
    """The head of the manifest."""
    files: dict[str, Promise] = field(default_factory=dict)
    """By path: the images, then files beside them."""
    images: int = 0
    altered: int = 0
    """Images of which an export says that it gave them other bytes; nothing else proves these."""
    left_out: int = 0
    """Images that an export left out."""
    listed: list[str] = field(default_factory=list)
    """Files that should be there, of which nothing else is known. (The report may be made anew.)"""
    part: bool = False
    """Whether it is an export of some of the images, or of other pictures than the dataset's."""
    locked: bool = False
    """Whether there is a lock."""
    problems: list[Problem] = field(default_factory=list)

    @property
    def version(self) -> int:
        """The dataset's version."""
        return version_of(dict(self.head))


def promises_of(folder: Path) -> Promises:
    """What manifest and lock of a dataset's folder promise. Raises DatasetError for an unusable manifest."""
    inside = Inside(folder)
    manifest = Document(_plain(inside, MANIFEST))
    found = Promises(head=manifest.head)
    proofs = _read_manifest(manifest, found)
    named = manifest.tail.get("files")
    names = [name for name in named if isinstance(name, str)] if isinstance(named, list) else []
    found.part = "export" in manifest.tail
    try:
        found.locked = LOCK in names or "lock" in manifest.tail or inside.has(LOCK)
        lock = Document(_plain(inside, LOCK)) if found.locked else None
        if lock is not None:
            _read_lock(lock, found, proofs)
            _compare(manifest, lock, found)
    except DatasetError as error:
        found.problems.append(Problem("lock", LOCK, str(error)))
    for name in names:
        _list(name, found)
    return found


def _read_manifest(manifest: Document, found: Promises) -> dict[str, bytes]:
    """Take in the images; returns by path the digest of what the lock must tell of it."""
    proofs: dict[str, bytes] = {}
    for row in manifest.rows():
        try:
            path, promise = _promised(row, proofs)
        except ValueError as error:
            found.problems.append(Problem("bad-row", MANIFEST, f"line {row.line}: {error}"))
            continue
        proofs[path] = _proof(locked(row.told))
        found.images += 1
        found.altered += "exported" in row.told
        if promise is None:
            found.left_out += 1
        else:
            found.files[path] = promise
    return proofs


def _read_lock(lock: Document, found: Promises, proofs: dict[str, bytes]) -> None:
    """Compare the lock's images with the manifest's, and take in its files."""
    unproved, seen = proofs.copy(), dict[str, bytes]()
    for row in lock.rows():
        if row.section == "answers" and row.problem is None:
            continue
        try:
            path, promise = _promised(row, seen)
        except ValueError as error:
            found.problems.append(Problem("bad-row", LOCK, f"line {row.line}: {error}"))
            continue
        seen[path] = promise.sha256 if promise else b""
        if row.section == "files" and promise:
            found.files.setdefault(path, promise)
        elif row.section == "images" and unproved.pop(path, None) != _proof(row.told):
            found.problems.append(Problem("lock", path, "the manifest tells of it what the lock does not"))
    found.problems += [Problem("lock", path, "the lock does not know it") for path in unproved]


def _promised(row: Row, seen: Mapping[str, bytes]) -> tuple[str, Promise | None]:
    """The path in a row, and what its file should be. Raises ValueError for what no row tells."""
    told = sound(row)
    path = checked_path(told.get("path"))
    if path in seen:
        raise ValueError(f"{path} is there twice")
    return path, _promise(told)


def _compare(manifest: Document, lock: Document, found: Promises) -> None:
    """See whether manifest and lock are those that were written together."""
    if lock.tail.get("manifest") != manifest.digest:
        told = f"its sha256 is {manifest.digest}, and the lock was made for another one"
        found.problems.append(Problem("lock", MANIFEST, told))
    if manifest.tail.get("lock") != lock.body:
        told = f"the sha256 of its body is {lock.body}, and the manifest was made with another one"
        found.problems.append(Problem("lock", LOCK, told))


def _list(name: str, found: Promises) -> None:
    if name in (MANIFEST, LOCK, REPORT) or name in found.files:
        return
    try:
        found.listed.append(checked_path(name))
    except ValueError as error:
        found.problems.append(Problem("bad-row", MANIFEST, f"files: {error}"))


def _promise(entry: Mapping[str, Any]) -> Promise | None:
    """The bytes that an image's file should have; None for one that an export left out."""
    if "export_error" in entry:
        return None
    told = entry.get("exported", entry)
    told = told if isinstance(told, Mapping) else {}
    return Promise(bytes.fromhex(checked_digest(told.get("sha256"))), checked_size(told.get("size")))


def _proof(row: Mapping[str, Any]) -> bytes:
    return hashlib.blake2b(image_line(row).encode(), digest_size=16).digest()


def _plain(inside: Inside, name: str) -> Path:
    """The path of a file that is no link. Raises DatasetError."""
    try:
        inside.opened(name).close()
    except (OSError, NotAFile) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise DatasetError(f"{inside.root / name} cannot be read: {why or 'it is not there'}") from error
    return inside.root / name
