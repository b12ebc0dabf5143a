"""`pixcrawler serve`."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pixcrawler_core.commands.paths import GivenPath
from pixcrawler_server.companion import Companion, worker_command
from pixcrawler_server.serving import Server, gunicorn_options, make_app, settings_of

if TYPE_CHECKING:
    from pixcrawler_core.cli import Context


@click.command()
@click.option("--bind", help="Address and port, or unix:/path (default: [server] bind, 127.0.0.1:8000).")
@click.option("--workers", type=click.IntRange(1, 64), help="Processes (default: [server] workers, 1).")
@click.option(
    "--config", type=GivenPath(dir_okay=False), help="Settings (default: server.toml in the workspace)."
)
@click.option(
    "--with-worker/--without-worker",
    default=True,
    help="Run a worker besides (default), or leave the jobs to `pixcrawler worker`.",
)
@click.pass_obj
def serve(
    context: Context, bind: str | None, workers: int | None, config: Path | None, with_worker: bool
) -> None:
    """Answer the REST API over the workspace, and run its jobs, until it is stopped.

    Make the first user with `pixcrawler users create --admin EMAIL`.
    """
    settings = settings_of(context.workspace, config)
    with context.open_workspace():
        pass  # bring the catalog up to date once, before the workers do
    level = "debug" if context.debug else "warning" if context.quiet else "info"
    options = gunicorn_options(settings, level)
    options |= {"bind": bind} if bind else {}
    options |= {"workers": workers} if workers else {}
    if with_worker and settings.crawl.dispatcher == "local":
        companion = Companion(worker_command(context.workspace, context.database, config, level))
        options |= {"when_ready": companion.begin, "on_exit": companion.end_before(options["on_exit"])}
    make = partial(make_app, settings, context.workspace, context.database, context.blocked)
    Server(options, make).run()
