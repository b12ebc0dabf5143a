"""What `pixcrawler takedown` does: finds what is meant, asks, removes it, and tells what was changed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pixcrawler_core.assembly.manifest import MANIFEST
from pixcrawler_core.catalog.exported import elsewhere
from pixcrawler_core.catalog.fields import utc_now
from pixcrawler_core.catalog.sql import Sql
from pixcrawler_core.commands.duplicates import count
from pixcrawler_core.commands.paths import text_of, visible
from pixcrawler_core.crawl.reassembling import Reassembly
from pixcrawler_core.errors import ConfigError
from pixcrawler_core.takedown.rows import Takedown, find, finish, take_down
from pixcrawler_core.takedown.rules import Kind, rule
from pixcrawler_core.takedown.sweeping import Swept, holders, sweep

if TYPE_CHECKING:
    from pixcrawler_core.cli import Context
    from pixcrawler_core.workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What the command line asks for."""

    given: Mapping[str, Sequence[str]]
    radius: int
    note: str | None
    dry_run: bool
    yes: bool
    as_json: bool


@dataclass(frozen=True, kw_only=True)
class Done:
    """What a takedown changed."""

    takedown: Takedown
    swept: Swept
    written: list[Path]
    """Exports that were written again."""
    elsewhere: list[Path]
    """Exports of these datasets outside of the workspace, which are as they were."""


def take_down_images(context: Context, asked: Asked) -> int:
    """Take images down; returns the exit code."""
    rules = [rule(Kind(kind), text, asked.radius) for kind, texts in asked.given.items() for text in texts]
    place = context.open_workspace()
    if context.database is None and not place.catalog_path.exists():
        raise ConfigError(f"there is no workspace in {place.root}; name it with --workspace")
    with place as workspace, _alone(workspace):
        takedown = find(workspace.open(), rules, asked.radius)
        if asked.dry_run or not _confirmed(takedown, asked):
            return _tell(context, asked, _nothing(takedown, list(holders(workspace, takedown.digests))))
        done = _done(context, workspace, takedown, asked)
    return _tell(context, asked, done)


def _done(context: Context, workspace: Workspace, takedown: Takedown, asked: Asked) -> Done:
    """Take down what was found. Killed on the way, the same command goes on."""
    database = workspace.open()
    affected = sorted({*(each.dataset for each in takedown.rows), *takedown.unfinished})
    made = [Reassembly(workspace, context.registry, name) for name in affected if _is_there(workspace, name)]
    take_down(database, takedown, asked.note, utc_now(), asked.radius)
    outside = elsewhere(database, affected, workspace.exports)
    swept = sweep(workspace, takedown.digests, affected)
    written = [path for each in made for path in each.run(exports_anew=True).exports]
    finish(database, utc_now())
    return Done(takedown=takedown, swept=swept, written=written, elsewhere=outside)


def _datasets(workspace: Workspace) -> list[str]:
    """The ids of all datasets of the catalog."""
    return [name for (name,) in Sql(workspace.open()).all("SELECT id FROM dataset ORDER BY id")]


def _is_there(workspace: Workspace, name: str) -> bool:
    return (workspace.dataset(name) / MANIFEST).is_file()


@contextmanager
def _alone(workspace: Workspace) -> Iterator[None]:
    """Keep all runs of the workspace out meanwhile: they read what was taken down when they start."""
    with ExitStack() as stack:
        for name in _datasets(workspace):
            stack.enter_context(workspace.lock(name))
        yield


def _confirmed(takedown: Takedown, asked: Asked) -> bool:
    images = sum(takedown.images.values())
    rows = count(len(takedown.rows), "row")
    told = f"Remove {count(images, 'image')} for good, and keep them out ({rows} of the ledger)?"
    return asked.yes or click.confirm(told, err=True)


def _nothing(takedown: Takedown, folders: list[Path]) -> Done:
    return Done(takedown=takedown, swept=Swept(folders=folders), written=[], elsewhere=[])


def _tell(context: Context, asked: Asked, done: Done) -> int:
    if asked.as_json:
        click.echo(json.dumps(_object(asked, done), indent=1, ensure_ascii=False))
    elif not context.quiet:
        _show(done)
    return 0


def _object(asked: Asked, done: Done) -> dict[str, Any]:
    return {
        "dry_run": asked.dry_run,
        "rules": [str(each) for each in done.takedown.rules],
        "rows": len(done.takedown.rows),
        "images": done.takedown.images,
        "folders": [text_of(path) for path in done.swept.folders],
        "blobs": done.swept.blobs,
        "exports": {
            "removed": [text_of(path) for path in done.swept.exports if path not in done.written],
            "written": [text_of(path) for path in done.written],
            "elsewhere": [text_of(path) for path in done.elsewhere],
        },
    }


def _show(done: Done) -> None:
    for dataset, images in done.takedown.images.items():
        click.echo(f"{dataset}: {count(images, 'image')}")
    told = {
        "folder": done.swept.folders,
        "export removed": [path for path in done.swept.exports if path not in done.written],
        "export written again": done.written,
        "export elsewhere, left as it is": done.elsewhere,
    }
    for what, paths in told.items():
        for path in paths:
            click.echo(f"{what}: {visible(path)}")
    click.echo(f"{count(len(done.takedown.rows), 'row')} of the ledger, {count(done.swept.blobs, 'blob')}")
