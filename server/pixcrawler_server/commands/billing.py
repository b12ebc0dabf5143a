"""`pixcrawler billing settle`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from pixcrawler_core.catalog.fields import utc_now
from pixcrawler_core.catalog.usage import add_storage
from pixcrawler_server.metering import open_meters, settler_of
from pixcrawler_server.serving import settings_of

if TYPE_CHECKING:
    from pixcrawler_core.cli import Context
    from pixcrawler_server.settling import Settled


@click.group()
def billing() -> None:
    """What users of the REST API are charged for."""


@billing.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON on standard output.")
@click.pass_obj
def settle(context: Context, as_json: bool) -> int:
    """Charge for what is kept in this hour, and tell the meters what they were not told so far.

    May be run at any time, and by several at once: nothing is charged twice. Exit code 1 where something is
    left to be told, or for a person to see.
    """
    settings = settings_of(context.workspace, None)
    meters = open_meters(settings, context.registry)
    try:
        with context.open_workspace() as workspace:
            add_storage(utc_now())
            settled = settler_of(workspace.open(), context.registry, meters, utc_now).settle()
    finally:
        for meter in meters.values():
            meter.close()
    if as_json:
        click.echo(json.dumps({name: each.as_json() for name, each in settled.items()}))
    else:
        for name, each in settled.items():
            click.echo(_line(name, each))
    return 1 if any(each.waiting or each.unsure for each in settled.values()) else 0


def _line(name: str, settled: Settled) -> str:
    counts = f"{settled.told} told, {settled.refused} refused, {settled.waiting} waiting"
    unsure = f", {settled.unsure} of which nobody knows" if settled.unsure else ""
    return f"{name}: {counts}{unsure}{f' ({settled.error})' if settled.error else ''}"
