"""What `pixcrawler storage keys` does with the blobs of the workspace."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

import click

from pixcrawler_core.amounts import count
from pixcrawler_core.blobs.upkeep import is_locked, plain_blobs, rewrap, seal
from pixcrawler_core.commands.comparing import watched
from pixcrawler_core.commands.paths import visible
from pixcrawler_core.commands.stores import note
from pixcrawler_core.errors import ConfigError
from pixcrawler_core.machine import usable_cores
from pixcrawler_core.storage.opening import SETTINGS
from pixcrawler_core.threads import in_threads

if TYPE_CHECKING:
    from pixcrawler_core.blobs.cipher import BlobCipher
    from pixcrawler_core.blobs.store import BlobStore
    from pixcrawler_core.cli import Context


def seal_blobs(context: Context) -> int:
    """Encrypt the blobs that are plain; returns the exit code, 1 if some are damaged and were left."""
    if not _cipher(context).encrypts:
        path = context.workspace / SETTINGS
        raise ConfigError(f"add encrypt_blobs = true to [storage] in {path}: without, new blobs stay plain")
    with _alone(context) as store:
        store.clean()
        plain = plain_blobs(store)
        whole = watched(context, in_threads(partial(seal, store), plain, usable_cores()), len(plain))
        damaged = [blob for blob, done in zip(plain, whole, strict=True) if not done]
    note(context, "blobs encrypted", {"blobs": len(plain) - len(damaged), "damaged": len(damaged)})
    for blob in damaged:
        click.echo(f"{visible(blob.path)} is damaged, and was left; remove it", err=True)
    if not context.quiet:
        click.echo(f"{count(len(plain) - len(damaged), 'blob')} encrypted")
    return 1 if damaged else 0


def rewrap_blobs(context: Context, cipher: BlobCipher) -> int:
    """Have all blobs wrapped by the active key; returns how many were not."""
    with _alone(context) as store:
        blobs = list(store.sealed())
        done = in_threads(partial(rewrap, store, cipher), blobs, usable_cores())
        return sum(watched(context, done, len(blobs)))


def discard_blobs(context: Context, *, yes: bool) -> int:
    """Remove the blobs that no key opens, after a question; returns the exit code."""
    if not (yes or sys.stdin.isatty()):
        raise click.UsageError("discard asks before it removes, and there is no terminal to ask; add --yes")
    cipher = _cipher(context)
    with _alone(context) as store:
        locked = [blob for blob in store.sealed() if is_locked(cipher, blob)]
        told = count(len(locked), "blob")
        if locked and not yes and not click.confirm(f"Remove {told} that no key opens?", err=True):
            return 0
        for blob in locked:
            store.remove(blob.sha256)
    note(context, "blobs discarded", {"blobs": len(locked)})
    if not context.quiet:
        click.echo(f"{told} removed")
    return 0


def _cipher(context: Context) -> BlobCipher:
    if context.cipher is None:
        path = context.workspace / SETTINGS
        raise ConfigError(f"no keys are named for blobs; name them as [storage] keys in {path}")
    return context.cipher


@contextmanager
def _alone(context: Context) -> Iterator[BlobStore]:
    """The workspace's blobs, which no run or takedown uses meanwhile."""
    workspace = context.open_workspace()
    lock = workspace.attend(alone=True)
    try:
        yield workspace.blobs
    finally:
        lock.release()
