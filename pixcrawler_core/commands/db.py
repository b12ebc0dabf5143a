"""`pixcrawler db upgrade|status`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from peewee import Database

    from pixcrawler_core.cli import Context


@click.group()
def db() -> None:
    """The catalog: datasets, jobs, images and the ledger."""


@db.command()
@click.pass_obj
def upgrade(context: Context) -> None:
    """Bring the catalog to this program's schema; every command that uses it does so too."""
    from pixcrawler_core.catalog.database import describe
    from pixcrawler_core.catalog.migrate import upgrade as bring_up

    workspace = context.open_workspace()
    database = workspace.connect()
    try:
        done = bring_up(database)
    finally:
        database.close()
    if not context.quiet:
        click.echo(f"{describe(database)}: {', '.join(done) if done else 'up to date'}")


@db.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON on standard output.")
@click.pass_obj
def status(context: Context, as_json: bool) -> int:
    """Show which migrations the catalog has; exit code 1 if some are missing."""
    from pixcrawler_core.catalog.migrate import status as steps_of

    database = _existing(context)
    try:
        steps = steps_of(database)
    finally:
        database.close()
    if as_json:
        rows = [{"name": each.name, "applied": each.applied, "known": each.known} for each in steps]
        click.echo(json.dumps(rows, indent=1, default=str))
    else:
        for each in steps:
            applied = f"applied {each.applied:%Y-%m-%d %H:%M}" if each.applied else "missing"
            click.echo(f"{each.name}: {applied}{'' if each.known else ' (unknown to this program)'}")
    return 0 if all(each.applied and each.known for each in steps) else 1


def _existing(context: Context) -> Database:
    from pixcrawler_core.errors import WorkspaceError

    workspace = context.open_workspace()
    if context.database is None and not workspace.catalog_path.exists():
        raise WorkspaceError(
            f"there is no catalog in {workspace.root}; make one with `pixcrawler db upgrade`, "
            "or choose a workspace with --workspace"
        )
    return workspace.connect()
