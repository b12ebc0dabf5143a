"""Options that `pixcrawler storage` commands share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from pixcrawler_core.commands.paths import GivenPath

as_json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON on standard output.")
dry_run_option = click.option("--dry-run", is_flag=True, help="Tell what would be done, and do nothing.")
verify_option = click.option(
    "--verify",
    is_flag=True,
    help="Compare the names and digests that the store has noted with the files here, and what it has with "
    "what the catalog says of it, which is set right. check --full reads what is stored.",
)
emptied_option = click.option(
    "--emptied",
    is_flag=True,
    help="With --verify: note that nothing is left of what the catalog knows of, which else is an error, "
    "since a disk that is not mounted looks like that.",
)
full_option = click.option(
    "--full",
    is_flag=True,
    help="Read all bytes, and prove them by their digests; of another store than a folder there is no other "
    "way.",
)


def of_store(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that say which store is meant."""
    command = click.option("--store", "name", help="One of [storage] stores (default: the only one).")(
        command
    )
    return click.option(
        "--config",
        type=GivenPath(),
        help="A job file, or another TOML file with a table [storage] (default: storage.toml in the "
        "workspace).",
    )(command)
