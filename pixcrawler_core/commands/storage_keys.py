"""`pixcrawler storage keys new|rotate|rewrap|remove|seal|discard|erase`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pixcrawler_core.cli.imports import importing
from pixcrawler_core.commands.paths import GivenPath
from pixcrawler_core.commands.storage_options import of_store

if TYPE_CHECKING:
    from pixcrawler_core.cli import Context


@click.group()
def keys() -> None:
    """The file of keys with which a store, and the workspace's blobs, are encrypted: [storage] keys."""


@keys.command()
@click.argument("file", type=GivenPath(dir_okay=False))
@click.pass_obj
def new(context: Context, file: Path) -> int:
    """Make FILE, a file of keys with one new key. Keep a copy of it: without it nothing can be read."""
    with importing():
        from pixcrawler_core.commands.store_keys import new_keys

    return new_keys(context, file)


@keys.command()
@click.argument("file", type=GivenPath(dir_okay=False))
@click.pass_obj
def rotate(context: Context, file: Path) -> int:
    """Have a new key in FILE for what is stored from now on; what is there stays readable."""
    with importing():
        from pixcrawler_core.commands.store_keys import rotate_keys

    return rotate_keys(context, file)


@keys.command()
@of_store
@click.pass_obj
def rewrap(context: Context, config: Path | None, name: str | None) -> int:
    """Have what older keys encrypted wrapped by the active one: in the store, and the workspace's blobs.

    Exit code 3: some of it is archived.
    """
    with importing():
        from pixcrawler_core.commands.store_keys import rewrap_keys

    return rewrap_keys(context, config, name)


@keys.command()
@click.argument("file", type=GivenPath(dir_okay=False))
@click.argument("key")
@click.option("--yes", is_flag=True, help="Do it without a question.")
@click.pass_obj
def remove(context: Context, file: Path, key: str, yes: bool) -> int:
    """Remove the old key with the id KEY from FILE, after rewrap: what it still wraps is lost.

    The active key stays, and one that an owner's data key is wrapped with.
    """
    with importing():
        from pixcrawler_core.commands.store_keys import remove_key

    return remove_key(context, file, key, yes=yes)


@keys.command()
@click.pass_obj
def seal(context: Context) -> int:
    """Encrypt the workspace's blobs that are plain still. Killed on the way, the same command goes on."""
    with importing():
        from pixcrawler_core.commands.blob_keys import seal_blobs

    return seal_blobs(context)


@keys.command()
@click.option("--yes", is_flag=True, help="Do it without a question.")
@click.pass_obj
def discard(context: Context, yes: bool) -> int:
    """Remove the workspace's blobs that no key opens any more; the next run fetches what it needs of them."""
    with importing():
        from pixcrawler_core.commands.blob_keys import discard_blobs

    return discard_blobs(context, yes=yes)


@keys.command()
@click.argument("file", type=GivenPath(dir_okay=False))
@click.argument("owner")
@click.option("--yes", is_flag=True, help="Do it without a question.")
@click.pass_obj
def erase(context: Context, file: Path, owner: str, yes: bool) -> int:
    """Remove the data key of OWNER from FILE: nothing that was stored for them can be read again."""
    with importing():
        from pixcrawler_core.commands.store_keys import erase_owner

    return erase_owner(context, file, owner, yes=yes)
