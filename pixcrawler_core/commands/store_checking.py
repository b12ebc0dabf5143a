"""What `pixcrawler storage check` does."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pixcrawler_core.amounts import count
from pixcrawler_core.commands.keeping_out import kept_out
from pixcrawler_core.commands.paths import visible
from pixcrawler_core.commands.stores import Place, books_of, store_of
from pixcrawler_core.errors import ConfigError
from pixcrawler_core.storage.protocols import Checkable, StorageTier
from pixcrawler_core.storage.proving import Proof
from pixcrawler_core.storage.units import BLOBS, DATASETS, EXPORTS

if TYPE_CHECKING:
    from pixcrawler_core.cli import Context
    from pixcrawler_core.storage.protocols import Problem


def check_store(
    context: Context, config: Path | None, name: str | None, *, full: bool, repair: bool, as_json: bool
) -> int:
    """Check a store, and repair it if asked to; returns the exit code."""
    with store_of(context, config, name) as place, books_of(context, place) as books:
        store, proof, mended = _checkable(place, full=full), Proof(place.store), 0
        problems: Sequence[Problem] = list(store.check(full=full) if store else proof.problems())
        if repair:
            left = _repaired(place, store.repair() if store else problems, store if full else None)
            mended = len(set(problems) - set(left))
            _take_down(place)
            if books is not None:
                books.settle_all()
            place.note("store repaired", {"mended": mended, "left": len(left)})
            problems = left
    told = {"store": place.name, "full": full, "archived": proof.archived, "mended": mended}
    if as_json:
        click.echo(json.dumps({**told, "problems": [asdict(each) for each in problems]}, indent=1))
    else:
        _show(context, problems, mended, proof.archived, repair=repair)
    return 1 if problems else 0


def _checkable(place: Place, *, full: bool) -> Checkable | None:
    """The store, or the one that an encrypting one is around, if it can check itself.

    Raises ConfigError for one that cannot, and is not to be read as a whole.
    """
    store = getattr(place.store, "inner", place.store)
    if isinstance(store, Checkable):
        return store
    if full:
        return None
    raise ConfigError(
        f"the store {place.name!r} has no files of its own to look at, so all of it has to be read: add "
        "--full, which may take long, and cost what the store charges for reading"
    )


def _repaired(place: Place, left: Sequence[Problem], full: Checkable | None) -> Sequence[Problem]:
    """Put again what the workspace has of objects that are damaged; what is left then.

    What `full` has is read once more before.
    """
    if full:
        left = list(full.check(full=True))
    again = {each.key for each in left if each.key and _put_again(place, each.key)}
    return [each for each in left if each.key not in again]


def _take_down(place: Place) -> None:
    """Remove what was taken down, and what the repair made an object of again."""
    with kept_out(place.context) as barred:
        place.store.delete([stat.key for stat in place.store.list() if barred(stat.sha256)])


def _put_again(place: Place, key: str) -> bool:
    """Store a damaged object again from the workspace, if its file there has the bytes that it must have."""
    workspace, stat = place.context.open_workspace(), place.store.stat(key)
    folders = {DATASETS: workspace.datasets, EXPORTS: workspace.exports, BLOBS: workspace.blobs.root}
    kind, _, rest = key.partition("/")
    path = folders[kind] / rest if kind in folders else None
    if stat is None or path is None or not path.is_file():
        return False
    with path.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != stat.sha256:
            return False
    place.store.delete([key])
    place.store.put(key, path, sha256=stat.sha256, tier=StorageTier.HOT, metadata=stat.metadata)
    return True


def _show(context: Context, problems: Sequence[Problem], mended: int, archived: int, *, repair: bool) -> None:
    for each in problems:
        click.echo(f"{visible(each.key or each.place)}: {visible(each.why)}")
    if context.quiet:
        return
    told = f"; {count(mended, 'problem')} mended" if repair else ""
    unread = f"; {count(archived, 'object')} archived, and not read" if archived else ""
    click.echo(f"{count(len(problems), 'problem')}{told}{unread}")
