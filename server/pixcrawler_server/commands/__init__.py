"""Subcommands of `pixcrawler` that the server brings; each is imported when it is called."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import TYPE_CHECKING

from pixcrawler_core import hookimpl
from pixcrawler_core.components import Command
from pixcrawler_core.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable

    import click

SUMMARIES = {
    "audit": "Prove that the record of who did what is as it was written.",
    "billing": "Tell meters what users of the REST API used.",
    "jobs": "Order jobs, follow and end them, here or on a server.",
    "serve": "Answer the REST API.",
    "users": "Make users of the REST API, list and change them.",
    "worker": "Run the jobs that are ordered.",
}
NEEDED = ("argon2", "croniter", "falcon", "gunicorn", "joserfc", "limits", "uvicorn", "uvicorn_worker")


@hookimpl
def register_commands() -> Iterator[Command]:
    for name, summary in SUMMARIES.items():
        yield Command(name=name, summary=summary, load=_loader(name))


def _loader(name: str) -> Callable[[], click.Command]:
    def load() -> click.Command:
        try:
            module = import_module(f"pixcrawler_server.commands.{name}")
        except ModuleNotFoundError as error:
            if error.name not in NEEDED:
                raise
            raise ConfigError(
                f"`pixcrawler {name}` needs {error.name}: pip install 'pixcrawler[server]'"
            ) from error
        command: click.Command = getattr(module, name)
        return command

    return load
