"""What `pixcrawler storage push` and `pull` do."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pixcrawler_core.amounts import count, megabytes
from pixcrawler_core.assembly.manifest import MANIFEST
from pixcrawler_core.catalog.sql import Sql
from pixcrawler_core.commands.comparing import watched
from pixcrawler_core.commands.datasets import PREFIX, dataset_folder
from pixcrawler_core.commands.keeping_out import check_folder, check_stats, kept_out
from pixcrawler_core.commands.paths import text_of, visible
from pixcrawler_core.commands.stores import books_of, catalog_of, has_catalog, store_of, unit_of_name
from pixcrawler_core.errors import ConfigError, WorkspaceError
from pixcrawler_core.storage.belonging import dataset_of
from pixcrawler_core.storage.pulling import Pull
from pixcrawler_core.storage.pushing import Push, Sent
from pixcrawler_core.storage.units import BLOBS, DATASETS, EXPORTS, dataset_ids

if TYPE_CHECKING:
    from pixcrawler_core.cli import Context
    from pixcrawler_core.storage.bookkeeping import Books
    from pixcrawler_core.storage.units import Unit
    from pixcrawler_core.workspace import Workspace


@dataclass
class Tally:
    """What was sent of a unit."""

    unit: str
    files: int = 0
    sent: int = 0
    size: int = 0
    """Bytes that were sent."""

    def add(self, file: Sent) -> None:
        """Count a file."""
        self.files += 1
        self.sent += file.new
        self.size += file.size * file.new

    def as_json(self) -> dict[str, Any]:
        """The same for a program."""
        return {"unit": self.unit, "files": self.files, "sent": self.sent, "bytes": self.size}


def push_dataset(
    context: Context,
    config: Path | None,
    name: str | None,
    dataset: str,
    what: Sequence[str],
    *,
    as_json: bool,
) -> int:
    """Push a dataset, its exports, the blobs; returns the exit code."""
    folder = dataset_folder(context, dataset)
    with (
        store_of(context, config, name, unseen=True) as place,
        _taken(context, folder),
        kept_out(context) as barred,
    ):
        check_folder(folder, barred)
        places = list(_places(context, folder, what or place.table.push))
        with books_of(context, place) as books:
            done = [_pushed(context, Push(place.store, path, unit, barred), books) for unit, path in places]
        for each in done:
            place.note("stored", each.as_json())
    _tell(context, done, "sent", as_json=as_json)
    return 0


def pull_unit(
    context: Context, config: Path | None, name: str | None, text: str, output: Path | None, *, as_json: bool
) -> int:
    """Pull a dataset or export; returns the exit code."""
    with store_of(context, config, name) as place:
        unit = unit_of_name(place.store, text)
        if unit.name == BLOBS:
            raise ConfigError(
                "blobs are not pulled: pull the dataset, or run its job, which fetches what lacks"
            )
        workspace = context.open_workspace()
        kind, _, own = unit.name.partition("/")
        folder = output or (workspace.datasets if kind == DATASETS else workspace.exports)
        if kind == DATASETS and output is None:
            _check_complete(unit)
        _make(folder)
        with _taken(context, folder / own), kept_out(context) as barred:
            check_stats(unit.name, unit.stats, barred)
            pull = Pull(place.store, unit.name, folder)
            tally = Tally(unit.name)
            for file in watched(context, pull.run(), len(pull.stats)):
                tally.add(file)
    _tell(context, [tally], "fetched", as_json=as_json)
    return 0


def _places(context: Context, folder: Path, what: Iterable[str]) -> Iterator[tuple[str, Path]]:
    """The names of units, and what is to be there."""
    workspace = context.open_workspace()
    for each in what:
        if each == "dataset":
            yield f"{DATASETS}/{folder.name}", folder
        elif each == BLOBS:
            yield BLOBS, workspace.blobs.root
        else:
            yield from ((f"{EXPORTS}/{path.name}", path) for path in _exports(context, workspace, folder))


def _exports(context: Context, workspace: Workspace, folder: Path) -> list[Path]:
    """The exports of a dataset in the workspace, not those of another one whose name only begins like its."""
    own = folder.name.removeprefix(PREFIX)
    begins = (f"{folder.name}.", f"{folder.name}-")
    found = [path for path in sorted(workspace.exports.glob("*")) if path.name.startswith(begins)]
    with catalog_of(context) if has_catalog(context) else nullcontext() as catalog:
        sql = Sql(catalog.open()) if catalog else None
        return [path for path in found if _is_of(path, own, workspace, sql)]


def _is_of(export: Path, own: str, workspace: Workspace, sql: Sql | None) -> bool:
    """Whether an export is that of a dataset, by the catalog, or else by what datasets there are here."""
    unit = text_of(Path(EXPORTS) / export.name)
    known = dataset_of(sql, unit) if sql else None
    folders = workspace.datasets
    here = (each for each in dataset_ids(unit) if each == own or (folders / f"{PREFIX}{each}").is_dir())
    return (known or next(here, own)).partition(".")[0] == own.partition(".")[0]


def _pushed(context: Context, push: Push, books: Books | None) -> Tally:
    tally = Tally(push.name)
    sending = push.run() if books is None else books.push(push)
    with closing(sending):
        for file in watched(context, sending, len(push.files)):
            tally.add(file)
    return tally


@contextmanager
def _taken(context: Context, folder: Path) -> Iterator[None]:
    """Keep runs from changing a dataset of the workspace meanwhile."""
    workspace = context.open_workspace()
    ours = folder.resolve().parent == workspace.datasets.resolve() and "." not in folder.name
    with workspace.lock(folder.name.removeprefix(PREFIX)) if ours else nullcontext():
        yield


def _check_complete(unit: Unit) -> None:
    if not any(stat.key == f"{unit.name}/{MANIFEST}" for stat in unit.stats):
        raise WorkspaceError(
            f"{visible(unit.name)} is not complete in the store: a push of it was broken off; push it again, "
            "or pull what there is into another folder by --output"
        )


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WorkspaceError(f"cannot write to {folder}: {error.strerror or error}") from error


def _tell(context: Context, done: Sequence[Tally], verb: str, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps([each.as_json() for each in done], indent=1))
    elif not context.quiet:
        for each in done:
            sent = f"{each.sent} {verb}, {megabytes(each.size)}"
            click.echo(f"{visible(text_of(Path(each.unit)))}: {count(each.files, 'file')}, {sent}")
