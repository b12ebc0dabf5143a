"""`pixcrawler replay LOCK`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pixcrawler_core.cli.imports import importing
from pixcrawler_core.commands.fetch_options import how_to_fetch, told_of_fetching
from pixcrawler_core.commands.paths import GivenPath

if TYPE_CHECKING:
    from pixcrawler_core.cli import Context


@click.command()
@click.argument("lock", type=GivenPath())
@click.option("--name", help="Name of the dataset (default: that of the lock's dataset).")
@how_to_fetch
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON on standard output.")
@click.pass_obj
def replay(
    context: Context,
    /,
    lock: Path,
    name: str | None,
    *,
    as_json: bool,
    **options: Any,
) -> int:
    """Make the dataset of LOCK once more, from the same URLs, with the same bytes under the same paths.

    LOCK is a pixcrawler.lock, or the folder of a dataset. The manifest is read too if it lies beside it.
    Interrupted or killed, the same command goes on where it was. Exit code 3 says that images are gone: a
    line tells each.
    """
    with importing():
        from pixcrawler_core.commands.replaying import Order, replay_lock

    order = Order(lock=lock, name=name, fetch=told_of_fetching(options), as_json=as_json)
    return replay_lock(context, order)
