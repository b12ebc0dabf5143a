"""Deletes duplicates, or makes them the same file as the one that is kept; what changed is left alone."""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from pixcrawler_core.dedup.files import File
from pixcrawler_core.dedup.reading import stamp_of

Act = Callable[[File, File], None]
"""Does away with the second file, since the first one is kept. Raises LeftAlone, or OSError."""


class LeftAlone(Exception):
    """Why a file was not touched, as the end of a sentence."""


class Done(NamedTuple):
    """What became of a duplicate."""

    file: File
    why_not: str | None = None
    """Why it was left alone, as the end of a sentence; None if it was not."""
    failed: bool = False
    """Whether it was to be done away with, and the system did not let it."""


def remove(kept: File, duplicates: Iterable[File], act: Act) -> Iterator[Done]:
    """Delete or link the duplicates of a file.

    Each is left alone unless it and the kept file are there with the same size, time and SHA-256 as when they
    were compared.
    """
    problem = _problem(kept)
    for file in duplicates:
        if problem or _changed(kept):
            yield Done(file, f"{kept.path}, which is kept, {problem or 'was changed'}")
            continue
        if own := _problem(file):
            yield Done(file, f"it {own}")
            continue
        try:
            act(kept, file)
            yield Done(file)
        except LeftAlone as why:
            yield Done(file, str(why))
        except OSError as error:
            yield Done(file, f"the system does not let it: {error.strerror or error}", failed=True)


def delete(kept: File, duplicate: File) -> None:
    """Delete a duplicate; not where its name may be another one of the kept file and nothing else is left."""
    if _is_same(kept, duplicate) and duplicate.path.lstat().st_nlink < 2:
        raise LeftAlone(f"it is {kept.path} itself, by another way")
    duplicate.path.unlink()


def link(kept: File, duplicate: File) -> None:
    """Replace a duplicate that is the same byte for byte by a hard link, in one step."""
    if duplicate.sha256 != kept.sha256:
        raise LeftAlone(f"it is not the same byte for byte as {kept.path}")
    if _is_same(kept, duplicate):
        raise LeftAlone("it is a hard link already")
    part = duplicate.path.with_name(f".pixcrawler-{secrets.token_hex(8)}.part")
    try:
        os.link(kept.path, part, follow_symlinks=False)
        part.replace(duplicate.path)
    except OSError as error:
        if error.errno == errno.EXDEV:
            raise LeftAlone(
                f"it is on another file system than {kept.path}, where no link can lead"
            ) from None
        raise
    finally:
        part.unlink(missing_ok=True)


def _is_same(kept: File, duplicate: File) -> bool:
    return os.path.samestat(kept.path.lstat(), duplicate.path.lstat())


def _problem(file: File) -> str | None:
    """Why a file is not what it was, as the end of a sentence."""
    try:
        if Path(os.path.realpath(file.path.parent)) != file.path.parent:
            return "is reached through a symbolic link now"
        if stamp_of(file.path) != file.stamp:
            return "was changed"
        with file.path.open("rb") as opened:
            digest = hashlib.file_digest(opened, "sha256").hexdigest()
    except FileNotFoundError:
        return "is not there"
    except OSError as error:
        return f"cannot be read ({error.strerror or error})"
    return "was changed" if digest != file.sha256 else None


def _changed(file: File) -> bool:
    try:
        return stamp_of(file.path) != file.stamp
    except OSError:
        return True
