"""Options that `pixcrawler storage` commands share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from pixcrawler_core.commands.paths import GivenPath

as_json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON on standard output.")
dry_run_option = click.option("--dry-run", is_flag=True, help="Tell what would be done, and do nothing.")


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
