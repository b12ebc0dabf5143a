"""What `pixcrawler takedown` does: finds what is meant, asks, removes it, and tells what was changed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pixcrawler_core.catalog.exported import forget_exports, noted
from pixcrawler_core.catalog.fields import utc_now
from pixcrawler_core.catalog.sql import Sql
from pixcrawler_core.commands.duplicates import count
from pixcrawler_core.commands.paths import text_of, visible
from pixcrawler_core.commands.reaching import UNFINISHED, Stores
from pixcrawler_core.crawl.reassembling import Reassembly
from pixcrawler_core.errors import ConfigError, PixCrawlerError
from pixcrawler_core.exports.volumes import FIRST
from pixcrawler_core.takedown.rows import Takedown, find, finish, take_down
from pixcrawler_core.takedown.rules import Kind, rule
from pixcrawler_core.takedown.sweeping import Swept, holders, remove_exports, sweep

if TYPE_CHECKING:
    from pixcrawler_core.cli import Context
    from pixcrawler_core.takedown.reaching import Reached
    from pixcrawler_core.workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What the command line asks for."""

    given: Mapping[str, Sequence[str]]
    radius: int
    config: Path | None
    """The file whose stores it reaches; None for that of the workspace."""
    note: str | None
    dry_run: bool
    yes: bool
    as_json: bool


@dataclass(kw_only=True)
class Done:
    """What a takedown changed."""

    takedown: Takedown
    swept: Swept = field(default_factory=Swept)
    written: list[Path] = field(default_factory=list)
    """Exports that were written again."""
    left: list[Path] = field(default_factory=list)
    """What may hold such images and was left alone: exports outside of the workspace, and whatever lies
    beside its exports and is not known to be one."""
    unwritten: dict[str, str] = field(default_factory=dict)
    """Datasets that could not be assembled anew, and why."""
    stores: list[Reached] = field(default_factory=list)
    """What was changed in stores."""

    @property
    def code(self) -> int:
        """The exit code."""
        if self.unwritten:
            return 1
        return UNFINISHED if any(each.why for each in self.stores) else 0


def take_down_images(context: Context, asked: Asked) -> int:
    """Take images down; returns the exit code."""
    rules = [rule(Kind(kind), text, asked.radius) for kind, texts in asked.given.items() for text in texts]
    place = context.open_workspace()
    if context.database is None and not place.catalog_path.exists():
        raise ConfigError(f"there is no workspace in {place.root}; name it with --workspace")
    stores = Stores(context, asked.config)
    with place as workspace, _alone(workspace):
        done = _foreseen(workspace, find(workspace.open(), rules, asked.radius))
        if asked.dry_run:
            done.swept.folders = list(holders(workspace, done.takedown.digests))
            done.stores = stores.foresee(workspace, done.takedown)
        else:
            if not asked.yes and not click.confirm(_question(done), err=True):
                click.echo("nothing was changed", err=True)
                return 0
            _do(context, workspace, done, asked, stores)
    _tell(context, asked, done)
    return done.code


def _foreseen(workspace: Workspace, takedown: Takedown) -> Done:
    """What would be changed, beside folders."""
    swept = Swept(
        exports=[path for path in noted(workspace, takedown.datasets) if _is_inside(workspace, path)],
        blobs=sum(map(workspace.blobs.has, takedown.digests)),
    )
    return Done(takedown=takedown, swept=swept)


def _is_inside(workspace: Workspace, path: Path) -> bool:
    return path.parent == workspace.exports and path.exists()


def _do(context: Context, workspace: Workspace, done: Done, asked: Asked, stores: Stores) -> None:
    """Take down what was found. Killed on the way, the same command goes on."""
    database, takedown, affected = workspace.open(), done.takedown, done.takedown.datasets
    stores.expect(database)
    take_down(database, takedown, asked.note, utc_now(), asked.radius)
    exports = noted(workspace, affected)
    done.swept = sweep(workspace, takedown.digests, affected)
    inside = [path for path in exports if path.parent == workspace.exports]
    done.swept.exports = list(remove_exports(inside))
    forget_exports(workspace, inside)
    finish(database, utc_now())
    for name in affected:
        _assemble(context, workspace, name, done)
    done.left = [path for path in exports if path not in inside and path.exists()]
    done.left += _unknown(workspace)
    done.stores = stores.reach(workspace, takedown)


def _assemble(context: Context, workspace: Workspace, name: str, done: Done) -> None:
    """Assemble a dataset anew, with the exports of its job; what is wrong is told, and stops nothing."""
    try:
        done.written += Reassembly(workspace, context.registry, name).run(exports_anew=True).exports
    except PixCrawlerError as error:
        if workspace.dataset(name).exists():
            done.unwritten[name] = str(error)


def _unknown(workspace: Workspace) -> Iterator[Path]:
    """What lies in the folder of exports, and is no export of a dataset of the catalog."""
    names = [name for (name,) in Sql(workspace.open()).all("SELECT id FROM dataset")]
    known = {path.name for path in noted(workspace, names)}
    volumes = {name.removesuffix(FIRST) for name in known if name.endswith(FIRST)}
    for path in sorted(workspace.exports.iterdir()):
        if path.name not in known and path.stem not in volumes:
            yield path


@contextmanager
def _alone(workspace: Workspace) -> Iterator[None]:
    """Keep all others out meanwhile: runs go by what was taken down when they began."""
    with ExitStack() as stack:
        stack.enter_context(workspace.attend(alone=True))
        for (name,) in Sql(workspace.open()).all("SELECT id FROM dataset ORDER BY id"):
            stack.enter_context(workspace.lock(name))
        yield


def _question(done: Done) -> str:
    images = count(sum(done.takedown.images.values()), "image")
    rows, blobs = count(len(done.takedown.rows), "row"), count(done.swept.blobs, "blob")
    exports = count(len(done.swept.exports), "export")
    return f"Remove {images} for good, with {rows} of the ledger, {blobs} and {exports}, and keep them out?"


def _tell(context: Context, asked: Asked, done: Done) -> None:
    for name, why in done.unwritten.items():
        click.echo(f"dataset {name} was not assembled anew: {visible(why)}; run its job", err=True)
    for each in done.stores:
        if each.why:
            click.echo(f"store {each.store}: {visible(each.why)}", err=True)
    if asked.as_json:
        click.echo(json.dumps(_object(asked, done), indent=1, ensure_ascii=False))
    elif not context.quiet:
        _show(done)


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
            "left": [text_of(path) for path in done.left],
        },
        "not_assembled": done.unwritten,
        "stores": [asdict(each) for each in done.stores],
    }


def _show(done: Done) -> None:
    for dataset, images in done.takedown.images.items():
        click.echo(f"{dataset}: {count(images, 'image')}")
    told = {
        "folder": done.swept.folders,
        "export removed": [path for path in done.swept.exports if path not in done.written],
        "export written again": done.written,
        "may have such images, left as it is": done.left,
    }
    for what, paths in told.items():
        for path in paths:
            click.echo(f"{what}: {visible(path)}")
    for each in done.stores:
        told_of = f"{count(each.objects, 'object')} removed, {count(len(each.renewed), 'unit')} stored anew"
        click.echo(f"store {each.store}: {told_of}, {count(len(each.removed), 'export')} removed")
    click.echo(f"{count(len(done.takedown.rows), 'row')} of the ledger, {count(done.swept.blobs, 'blob')}")
