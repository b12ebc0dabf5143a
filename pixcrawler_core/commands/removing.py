"""Links or deletes the duplicates that `pixcrawler dedup` found."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

import click

from pixcrawler_core.amounts import count, megabytes
from pixcrawler_core.commands.duplicates import Copy, Found
from pixcrawler_core.commands.paths import visible
from pixcrawler_core.dedup.files import File
from pixcrawler_core.dedup.places import Reserving
from pixcrawler_core.dedup.reading import stamp_of
from pixcrawler_core.dedup.removal import Act, LeftAlone, delete, link, remove
from pixcrawler_core.errors import DecodeError, WorkspaceError
from pixcrawler_core.image import Image

if TYPE_CHECKING:
    from pixcrawler_core.cli import Context

WHOLE = ("sha256", "pixels")
"""The methods that look at all frames or pages of a file; others look at the first one."""


def do_away(
    context: Context, found: Sequence[Found], act: str, reserved: Reserving, *, yes: bool
) -> tuple[list[int], bool]:
    """Link or delete duplicates, as `act` says, and tell what was left alone, such as `reserved` files.

    Before files are deleted the user is asked, unless they said `yes`. Returns the keys of deleted files, and
    whether the system let all be done.
    """
    linking = act == "link"
    chosen = [(each, [one for one in each.copies if not linking or _can_link(each, one)]) for each in found]
    if not linking and not yes and not _confirmed(chosen):
        return [], True
    done: list[Copy] = []
    failed = False
    for each, copies in chosen:
        by_key = {copy.file.key: copy for copy in copies}
        kept = _stamped(each.kept) if each.reference else each.kept
        careful = partial(_careful, link if linking else delete, reserved, by_key)
        for one in remove(kept, [copy.file for copy in copies], careful):
            copy = by_key[one.file.key]
            failed = failed or one.failed
            if one.why_not:
                click.echo(f"{visible(copy.shown)}: left alone: {visible(one.why_not)}", err=True)
            else:
                done.append(copy)
    if not context.quiet:
        size = megabytes(sum(copy.saves for copy in done))
        click.echo(f"{count(len(done), 'file')} {'linked' if linking else 'deleted'}, {size} saved", err=True)
    return [] if linking else [copy.file.key for copy in done], not failed


def _careful(act: Act, reserved: Reserving, copies: Mapping[int, Copy], kept: File, file: File) -> None:
    if reserved(file.path):
        raise LeftAlone("it is a file of --against")
    method = copies[file.key].method
    if method not in WHOLE and file.sha256 != kept.sha256 and _has_frames(file):
        raise LeftAlone(f"it has several frames or pages, and {method} compared only the first")
    act(kept, file)


def _has_frames(file: File) -> bool:
    try:
        return Image(file.path, file.sha256, file.stamp.size).header.animated
    except (DecodeError, WorkspaceError) as error:
        raise LeftAlone(f"it cannot be read any more ({error})") from None


def _stamped(file: File) -> File:
    """A file with the time and size that it has now; its bytes are told by the digest."""
    try:
        return file._replace(stamp=stamp_of(file.path))
    except OSError:
        return file  # it is gone, which is told when something is to be done


def _confirmed(chosen: Sequence[tuple[Found, list[Copy]]]) -> bool:
    copies = [copy for _, some in chosen for copy in some]
    size = megabytes(sum(copy.saves for copy in copies))
    return not copies or click.confirm(f"Delete {count(len(copies), 'file')} ({size})?", err=True)


def _can_link(found: Found, copy: Copy) -> bool:
    """Whether there is something to link: own files of equal bytes that are not the same file already."""
    if found.reference or copy.file.sha256 != found.kept.sha256:
        return False
    try:
        return not os.path.samestat(found.kept.path.lstat(), copy.file.path.lstat())
    except OSError:
        return True  # something is gone, which is told when the link is made
