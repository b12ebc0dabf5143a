"""Options of the commands that fetch images without a job file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import click

_OPTIONS = (
    click.option("--concurrency", type=click.IntRange(1, 512), help="Images fetched at once (default: 32)."),
    click.option(
        "--per-host", type=click.IntRange(1, 64), help="Images fetched at once from a host (default: 8)."
    ),
    click.option("--contact", help="Web page or e-mail address that goes into the user agent."),
    click.option(
        "--allow-private-host",
        "allow_private_hosts",
        multiple=True,
        help="Name, address or network that may be asked although it is not public. May be repeated.",
    ),
)
_NAMES = ("concurrency", "per_host", "contact", "allow_private_hosts")


def how_to_fetch(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that say how images are fetched."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def told_of_fetching(options: Mapping[str, Any]) -> dict[str, Any]:
    """What was said by these options, as the table `[fetch]`."""
    told = {name: options[name] for name in _NAMES if options[name] not in (None, ())}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in told.items()}
