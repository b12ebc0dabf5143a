"""The commands of `pixcrawler` as click has them, without those of installed plugins."""

from __future__ import annotations

from collections.abc import Iterator

import click

from pixcrawler_core.cli import Context, pixcrawler
from pixcrawler_core.registry import load

Path = tuple[str, ...]
"""The words that call a command: `("db", "status")`."""


def commands() -> dict[Path, click.Command]:
    """Every command that can be called, groups left out, by its words."""
    context = Context()
    vars(context)["registry"] = load(installed=False)
    with click.Context(pixcrawler, obj=context) as above:
        return dict(_walk(pixcrawler, above, ()))


def _walk(group: click.Group, above: click.Context, path: Path) -> Iterator[tuple[Path, click.Command]]:
    for name in group.list_commands(above):
        command = group.get_command(above, name)
        assert command is not None, name
        if isinstance(command, click.Group):
            yield from _walk(command, above, (*path, name))
        else:
            yield (*path, name), command


def options(command: click.Command) -> list[click.Option]:
    """The options of a command, `--help` left out."""
    return [parameter for parameter in command.params if isinstance(parameter, click.Option)]


def common(found: dict[Path, click.Command]) -> list[str]:
    """Names of the options that all commands have, in their order."""
    shared = set.intersection(*({each.name or "" for each in options(one)} for one in found.values()))
    some = next(iter(found.values()))
    return [each.name or "" for each in options(some) if each.name in shared]
