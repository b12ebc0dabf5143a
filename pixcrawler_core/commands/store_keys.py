"""What `pixcrawler storage keys` does."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pixcrawler_core.amounts import count
from pixcrawler_core.commands.blob_keys import rewrap_blobs
from pixcrawler_core.commands.paths import visible
from pixcrawler_core.commands.stores import note, storage_table, store_of
from pixcrawler_core.errors import ConfigError
from pixcrawler_core.storage.encryption.keyfile import KeyFile
from pixcrawler_core.storage.encryption.store import EncryptedStore, Rewrapped

if TYPE_CHECKING:
    from pixcrawler_core.cli import Context

LEFT = 3
"""Exit code where some objects wait."""


def new_keys(context: Context, path: Path) -> int:
    """Make a file of keys; returns the exit code."""
    KeyFile.create(path)
    if not context.quiet:
        click.echo(f"{visible(path)}: keep a copy elsewhere; without it, what is encrypted cannot be read")
    return 0


def rotate_keys(context: Context, path: Path) -> int:
    """Have a new active key; returns the exit code."""
    active = KeyFile(path).rotate()
    note(context, "keys rotated", {"active": active})
    if not context.quiet:
        click.echo(f"{visible(path)}: the active key is {active}")
    return 0


def rewrap_keys(context: Context, config: Path | None, name: str | None) -> int:
    """Have all objects of a store, and the workspace's blobs, wrapped by the active key; the exit code."""
    table = storage_table(context, config)
    if table.keys is None:
        raise ConfigError("[storage] keys is not given: nothing is encrypted in this store")
    alone = not (table.stores or name) and context.cipher is not None
    done = Rewrapped(0, ()) if alone else _rewrap_store(context, config, name)
    blobs = rewrap_blobs(context, context.cipher) if context.cipher else 0
    told = {"objects": done.done, "archived": len(done.archived), "blobs": blobs}
    note(context, "keys rewrapped", told)
    if not context.quiet:
        wait = f"; {count(len(done.archived), 'object')} archived: rehydrate and rewrap them"
        click.echo(f"{count(done.done, 'object')} rewrapped{wait if done.archived else ''}")
        click.echo(f"{count(blobs, 'blob')} rewrapped")
    return LEFT if done.archived else 0


def _rewrap_store(context: Context, config: Path | None, name: str | None) -> Rewrapped:
    with store_of(context, config, name) as place:
        assert isinstance(place.store, EncryptedStore)  # noqa: S101  # its table has keys
        return place.store.rewrap()


def remove_key(context: Context, path: Path, key: str, *, yes: bool) -> int:
    """Remove an old key, after a question; returns the exit code."""
    if not (yes or sys.stdin.isatty()):
        raise click.UsageError("remove asks before it removes, and there is no terminal to ask; add --yes")
    keys = KeyFile(path)
    keys.ring().without(key)
    asked = f"Remove {visible(key)}, and make unreadable what was not rewrapped?"
    if not yes and not click.confirm(asked, err=True):
        return 0
    keys.remove(key)
    note(context, "key removed", {"key": key})
    if not context.quiet:
        click.echo(f"{visible(path)}: {visible(key)} is gone; remove copies of the file, too")
    return 0


def erase_owner(context: Context, path: Path, owner: str, *, yes: bool) -> int:
    """Remove an owner's data key, after a question; returns the exit code."""
    if not (yes or sys.stdin.isatty()):
        raise click.UsageError("erase asks before it erases, and there is no terminal to ask; add --yes")
    keys = KeyFile(path)
    if keys.ring().data_key(owner) is None:
        there = ", ".join(sorted(keys.ring().owners)) or "none"
        raise ConfigError(f"{path} has no data key of {owner!r}; it has those of: {there}")
    if not yes and not click.confirm(f"Make all that is stored for {visible(owner)} unreadable?", err=True):
        return 0
    keys.erase(owner)
    note(context, "owner erased", {"owner": owner})
    if not context.quiet:
        click.echo(
            f"{visible(path)}: the data key of {visible(owner)} is gone; remove copies of the file, too"
        )
    return 0
