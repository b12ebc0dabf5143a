"""`pixcrawler audit verify`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from pixcrawler_core.catalog.audit import newest
from pixcrawler_core.catalog.audit import verify as verify_chain
from pixcrawler_core.catalog.sql import Sql

if TYPE_CHECKING:
    from pixcrawler_core.cli import Context


@click.group()
def audit() -> None:
    """The record of who did what."""


@audit.command()
@click.option(
    "--head", help="Hash that the newest entry had when it was looked at before; it must still be there."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON on standard output.")
@click.pass_obj
def verify(context: Context, head: str | None, as_json: bool) -> int:
    """Prove that no entry was changed, removed or put in; exit code 1 names the first one.

    Keep the hash that is printed elsewhere: given as --head, it also finds entries cut off at the end.
    """
    with context.open_workspace() as workspace:
        sql = Sql(workspace.open())
        broken, (count, top) = verify_chain(sql, head), newest(sql)
    if as_json:
        told = {"id": broken.id, "why": broken.why} if broken else None
        click.echo(json.dumps({"newest": count, "hash": top, "broken": told}))
    elif broken:
        click.echo(f"entry {broken.id}: {broken.why}")
    else:
        click.echo(f"as it was written, up to entry {count} with the hash {top or 'of none'}")
    return 1 if broken else 0
