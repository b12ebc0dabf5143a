"""Links or deletes the duplicates that `pixcrawler dedup` found."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from pixcrawler_core.commands.duplicates import Copy, Found, count
from pixcrawler_core.commands.paths import visible
from pixcrawler_core.dedup.removal import delete, link, remove
from pixcrawler_core.models.manifest import megabytes

if TYPE_CHECKING:
    from pixcrawler_core.cli import Context


def do_away(context: Context, found: Sequence[Found], act: str, *, yes: bool) -> tuple[list[int], bool]:
    """Link or delete duplicates, as `act` says, and tell what was left alone.

    Before files are deleted the user is asked, unless they said `yes`. Returns the keys of deleted files, and
    whether the system let all be done.
    """
    linking = act == "link"
    chosen = [
        (each, [copy for copy in each.copies if not linking or _can_link(each, copy)]) for each in found
    ]
    if not linking and not yes and not _confirmed(chosen):
        return [], True
    done: list[Copy] = []
    failed = False
    for each, copies in chosen:
        by_key = {copy.file.key: copy for copy in copies}
        for one in remove(each.kept, [copy.file for copy in copies], link if linking else delete):
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
