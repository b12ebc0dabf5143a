"""Reads image files for their fingerprints; whatever is wrong with a file is told, not raised."""

from __future__ import annotations

import stat
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from pixcrawler_core.dedup.methods import Method
from pixcrawler_core.errors import DecodeError, WorkspaceError
from pixcrawler_core.image import Image
from pixcrawler_core.regular import check_regular

UNREADABLE = "unreadable"
CHANGED = "changed"
FLEETING = "fingerprint-failed"
"""The reason of a failure that says nothing of the file: it is asked again the next time."""


class Failure(NamedTuple):
    """A file that cannot be compared with others."""

    path: Path
    reason: str
    """A slug that can be counted, such as `truncated`."""
    detail: str


class Stamp(NamedTuple):
    """What tells without reading a file that it is as it was."""

    size: int
    """Bytes."""
    mtime_ns: int
    """Nanoseconds since 1970."""


class Problem(NamedTuple):
    """Why a method has no fingerprint of a file; both are as in `Failure`."""

    reason: str
    detail: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """What was read of a file."""

    stamp: Stamp
    sha256: str
    """Hex digits."""
    width: int = 0
    """Pixels as displayed; 0 where the header cannot be read."""
    height: int = 0
    prints: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Fingerprints by the method's version, of those methods that were asked."""
    problems: Mapping[str, Problem] = field(default_factory=dict)
    """Why others that were asked gave none, by the method's version."""


def stamp_of(path: Path) -> Stamp:
    """Size and time of a regular file. Raises OSError, also for anything else, such as a symbolic link."""
    found = path.lstat()
    if stat.S_ISLNK(found.st_mode):
        raise OSError(None, "it is a symbolic link; name the file itself")
    check_regular(path, found)
    return Stamp(found.st_size, found.st_mtime_ns)


def read(
    path: Path, methods: Sequence[Method], digest: str = "", known: Collection[str] = ()
) -> Reading | Failure:
    """Read a file, and ask the methods for fingerprints; for worker threads.

    If its bytes still have the `digest`, methods of the versions that are `known` are not asked.
    """
    try:
        stamp = stamp_of(path)
        image = Image.open(path)
        asked = [each for each in methods if image.sha256 != digest or each.version not in known]
        reading = _studied(image, stamp, asked)
        if stamp_of(path) != stamp:
            return Failure(path, CHANGED, "it was changed while it was read")
    except WorkspaceError as error:
        return Failure(path, UNREADABLE, str(error))
    except OSError as error:
        return unreadable(path, error)
    return reading


def unreadable(path: Path, error: OSError) -> Failure:
    """The failure for a file that the system does not give."""
    return Failure(path, UNREADABLE, f"cannot be read: {error.strerror or error}")


def _studied(image: Image, stamp: Stamp, methods: Sequence[Method]) -> Reading:
    try:
        width, height = image.header.display_size
    except DecodeError as error:
        problem = Problem(error.reason, error.detail)
        return Reading(stamp=stamp, sha256=image.sha256, problems={each.version: problem for each in methods})
    prints: dict[str, Mapping[str, Any]] = {}
    problems: dict[str, Problem] = {}
    for method in methods:
        # An image of its own, so that fingerprints do not hang on what another method had decoded.
        own = Image(image.file, image.sha256, image.size)
        try:
            prints[method.version] = method.fingerprint(own, {})
        except DecodeError as error:
            problems[method.version] = Problem(error.reason, error.detail)
    return Reading(
        stamp=stamp, sha256=image.sha256, width=width, height=height, prints=prints, problems=problems
    )
