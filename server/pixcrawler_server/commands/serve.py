"""`pixcrawler serve`."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pixcrawler_core.catalog.fields import utc_now
from pixcrawler_core.commands.paths import GivenPath
from pixcrawler_core.config.problems import parse_options
from pixcrawler_server.companion import Companion, worker_command
from pixcrawler_server.opening import announcing, is_local, local_token
from pixcrawler_server.serving import Server, check_free, gunicorn_options, make_app, settings_of
from pixcrawler_server.settings import ServerTable

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
@click.option(
    "--browser/--no-browser",
    default=True,
    help="Open the page in a browser (default, where the terminal has a display), or print its link alone.",
)
@click.pass_obj
def serve(
    context: Context, /, bind: str | None, workers: int | None, config: Path | None, **switches: bool
) -> None:
    """Answer the REST API over the workspace, show the web page, and run jobs, until it is stopped.

    On one machine with one user, the link that is printed signs them in, once, within ten minutes; a user is
    made where there is none. Others are made with `pixcrawler users create`.
    """
    settings = settings_of(context.workspace, config)
    if bind:
        told = settings.server.model_dump(exclude_unset=True) | {"bind": bind}
        settings = settings.model_copy(update={"server": parse_options(ServerTable, told, "[server]")})
    check_free(settings.server.bind)
    token = None
    with context.open_workspace() as workspace:  # brings the catalog up to date before the workers do
        if not context.quiet and is_local(settings):
            with workspace.open().atomic():
                token = local_token(settings, utc_now())
    level = "debug" if context.debug else "warning" if context.quiet else "info"
    options = gunicorn_options(settings, level)
    options |= {"workers": workers} if workers else {}
    announce = announcing(token, settings.server.url, context.workspace, browser=switches["browser"])
    ready = [] if context.quiet else [announce]
    if switches["with_worker"]:
        environment = dict(os.environ)
        if context.database:  # not an argument, which all users of the machine may read
            environment["PIXCRAWLER_DATABASE"] = context.database
        companion = Companion(worker_command(context.workspace, config, level), environment)
        ready.append(companion.begin)
        options |= {"on_exit": companion.end_before(options["on_exit"])}
    options |= {"when_ready": partial(_all, ready)}
    make = partial(make_app, settings, context.workspace, context.database, context.blocked)
    Server(options, make).run()


def _all(calls: Sequence[Callable[[Any], None]], server: Any) -> None:
    for call in calls:
        call(server)
