"""Keeps what was taken down out of stores, and from coming back out of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from pixcrawler_core.amounts import count
from pixcrawler_core.assembly.manifest import MANIFEST, manifest_entries
from pixcrawler_core.catalog.tombstones import tombstones, unswept
from pixcrawler_core.commands.paths import visible
from pixcrawler_core.commands.stores import catalog_of, has_catalog
from pixcrawler_core.errors import DatasetError, WorkspaceError
from pixcrawler_core.storage.pushing import AGAIN
from pixcrawler_core.takedown.matching import Matcher

if TYPE_CHECKING:
    from pixcrawler_core.cli import Context
    from pixcrawler_core.storage.protocols import Stat

Barred = Callable[[str], bool]
"""Tells whether bytes with a SHA-256 were taken down."""


@contextmanager
def kept_out(context: Context) -> Iterator[Barred]:
    """What was taken down in the workspace; nobody takes anything down meanwhile.

    Raises WorkspaceError while a takedown is under way, and after one that was broken off.
    """
    if not has_catalog(context):
        yield lambda _: False
        return
    workspace = catalog_of(context)
    with workspace.attend():
        with workspace:
            database = workspace.open()
            if unswept(database):
                raise WorkspaceError(
                    f"a takedown in {workspace.root} was broken off, so files of it may be left; run it "
                    "again, then this command"
                )
            barred = Matcher(tombstones(database)).fetched
        yield barred


def check_folder(folder: Path, barred: Barred) -> None:
    """Raise DatasetError if the manifest of a dataset tells of images that were taken down."""
    try:
        found = sum(barred(str(entry.get("sha256"))) for entry in manifest_entries(folder / MANIFEST))
    except (OSError, ValueError, AttributeError) as error:
        raise DatasetError(f"{folder / MANIFEST} cannot be read ({error}); assemble it anew") from error
    if found:
        raise DatasetError(
            f"{visible(folder)} has {count(found, 'image')} of what was taken down, and is not stored; "
            f"{AGAIN}"
        )


def check_stats(unit: str, stats: Iterable[Stat], barred: Barred) -> None:
    """Raise WorkspaceError if a store has something of a unit that was taken down here."""
    found = sum(barred(stat.sha256) for stat in stats)
    if found:
        raise WorkspaceError(
            f"{visible(unit)} has {count(found, 'object')} of what was taken down, and is not pulled; {AGAIN}"
        )
