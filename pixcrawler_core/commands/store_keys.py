"""What `pixcrawler storage keys` does."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pixcrawler_core.commands.duplicates import count
from pixcrawler_core.commands.paths import visible
from pixcrawler_core.commands.stores import note, store_of
from pixcrawler_core.errors import ConfigError
from pixcrawler_core.storage.encryption.keyfile import KeyFile
from pixcrawler_core.storage.encryption.store import EncryptedStore

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


def rewrap_store(context: Context, config: Path | None, name: str | None) -> int:
    """Have all objects wrapped by the active key; returns the exit code."""
    with store_of(context, config, name) as (store, *_):
        if not isinstance(store, EncryptedStore):
            raise ConfigError("[storage] keys is not given: nothing is encrypted in this store")
        done = store.rewrap()
    note(context, "keys rewrapped", {"objects": done.done, "archived": len(done.archived)})
    if not context.quiet:
        told = f"; {count(len(done.archived), 'object')} archived: rehydrate and rewrap them"
        click.echo(f"{count(done.done, 'object')} rewrapped{told if done.archived else ''}")
    return LEFT if done.archived else 0


def erase_owner(context: Context, path: Path, owner: str, *, yes: bool) -> int:
    """Remove an owner's data key, after a question; returns the exit code."""
    if not (yes or sys.stdin.isatty()):
        raise click.UsageError("erase asks before it erases, and there is no terminal to ask; add --yes")
    keys = KeyFile(path)
    if not yes and not click.confirm(f"Make all that is stored for {visible(owner)} unreadable?", err=True):
        return 0
    keys.erase(owner)
    note(context, "owner erased", {"owner": owner})
    return 0
