"""What `pixcrawler takedown` does: finds what is meant, asks, removes it, and tells what was changed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pixcrawler_core.amounts import count
from pixcrawler_core.commands.paths import text_of, visible
from pixcrawler_core.commands.reaching import UNFINISHED, Stores
from pixcrawler_core.errors import ConfigError
from pixcrawler_core.takedown.carrying import Carrier, Done, alone
from pixcrawler_core.takedown.rules import Kind, rule

if TYPE_CHECKING:
    from pixcrawler_core.cli import Context


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


def take_down_images(context: Context, asked: Asked) -> int:
    """Take images down; returns the exit code."""
    rules = [rule(Kind(kind), text, asked.radius) for kind, texts in asked.given.items() for text in texts]
    place = context.open_workspace()
    if context.database is None and not place.catalog_path.exists():
        raise ConfigError(f"there is no workspace in {place.root}; name it with --workspace")
    stores = Stores(context, asked.config)
    with place as workspace, alone(workspace):
        carrier = Carrier(workspace=workspace, registry=context.registry, radius=asked.radius, stores=stores)
        done = carrier.foresee(rules)
        if asked.dry_run:
            carrier.add_holders(done)
        else:
            if not asked.yes and not click.confirm(_question(done), err=True):
                click.echo("nothing was changed", err=True)
                return 0
            carrier.carry_out(done, asked.note)
    _tell(context, asked, done)
    return _code(done)


def _code(done: Done) -> int:
    """The exit code."""
    if done.unwritten:
        return 1
    return UNFINISHED if any(each.why for each in done.stores) else 0


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
