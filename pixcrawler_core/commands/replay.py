"""`pixcrawler replay LOCK`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pixcrawler_core.cli.imports import importing
from pixcrawler_core.commands.paths import GivenPath

if TYPE_CHECKING:
    from pixcrawler_core.cli import Context


@click.command()
@click.argument("lock", type=GivenPath())
@click.option("--name", help="Name of the dataset (default: that of the lock's dataset).")
@click.option("--concurrency", type=click.IntRange(1, 512), help="Images fetched at once (default: 32).")
@click.option(
    "--per-host", type=click.IntRange(1, 64), help="Images fetched at once from a host (default: 8)."
)
@click.option("--contact", help="Web page or e-mail address that goes into the user agent.")
@click.option(
    "--allow-private-host",
    "private",
    multiple=True,
    help="Name, address or network that may be asked although it is not public. May be repeated.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON on standard output.")
@click.pass_obj
def replay(
    context: Context,
    /,
    lock: Path,
    name: str | None,
    private: tuple[str, ...],
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

    fetch = {key: value for key, value in options.items() if value is not None}
    fetch |= {"allow_private_hosts": list(private)} if private else {}
    return replay_lock(context, Order(lock=lock, name=name, fetch=fetch, as_json=as_json))
