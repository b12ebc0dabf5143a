"""`pixcrawler jobs submit|list|show|cancel|retry|logs`."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pixcrawler_core.catalog.fields import utc_now
from pixcrawler_core.catalog.models import JobStatus
from pixcrawler_core.commands.paths import GivenPath, visible
from pixcrawler_core.errors import ConfigError
from pixcrawler_core.jobs.transitions import ENDED
from pixcrawler_server.jobs.desk import Desk, LocalDesk, RemoteDesk

if TYPE_CHECKING:
    from pixcrawler_core.cli import Context

POLL = 1.0
"""Seconds between two looks at a log that is followed."""
Act = Callable[..., None]


def _common(act: Act) -> Act:
    """Add what all of them take: where the jobs are."""

    @click.option("--server", metavar="URL", help="A server, instead of the workspace here.")
    @click.option("--api-key", envvar="PIXCRAWLER_API_KEY", help="API key for the server.")
    @click.pass_obj
    @wraps(act)
    def wrapped(context: Context, /, server: str | None, api_key: str | None, **given: Any) -> None:
        with _desk(context, server, api_key) as desk:
            act(context, desk, **given)

    return wrapped


@contextmanager
def _desk(context: Context, server: str | None, api_key: str | None) -> Iterator[Desk]:
    if server is None:
        with context.open_workspace() as workspace:
            yield LocalDesk(workspace, context.registry, utc_now)
        return
    if not api_key:
        raise ConfigError("a server needs an API key: --api-key, or PIXCRAWLER_API_KEY in the environment")
    yield RemoteDesk(server, api_key)


@click.group()
def jobs() -> None:
    """Jobs that workers run, in the workspace here or on a server."""


@jobs.command()
@click.argument("job", type=GivenPath(dir_okay=False))
@click.option("--dataset", help="Id of the dataset that it fills (here: default by its name).")
@click.option("--draft", is_flag=True, help="Do not begin it yet; `retry` does.")
@click.option(
    "--priority", type=click.IntRange(-9, 9), default=0, help="Higher ones come first (default: 0)."
)
@click.option("--json", "as_json", is_flag=True, help="Print the job as JSON.")
@_common
def submit(
    context: Context, desk: Desk, job: Path, dataset: str | None, draft: bool, priority: int, as_json: bool
) -> None:
    """Order the job of the job file JOB; `pixcrawler worker` or the server runs it."""
    _print(context, desk.submit(job, dataset, draft=draft, priority=priority), as_json)


@jobs.command("list")
@click.option("--status", type=click.Choice([each.value for each in JobStatus]), help="Only these.")
@click.option("--limit", type=click.IntRange(1, 100), default=20, help="Jobs at most (default: 20).")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array.")
@_common
def list_(context: Context, desk: Desk, status: str | None, limit: int, as_json: bool) -> None:
    """List jobs, newest first."""
    found = desk.listed(status, limit)
    if as_json:
        click.echo(json.dumps(found, indent=1))
        return
    for job in found:
        click.echo(_line(job))


@jobs.command()
@click.argument("job_id", metavar="ID", type=click.IntRange(min=1))
@click.option("--json", "as_json", is_flag=True, help="Print the job as JSON.")
@_common
def show(context: Context, desk: Desk, job_id: int, as_json: bool) -> None:
    """Show the job ID."""
    _print(context, desk.shown(job_id), as_json)


@jobs.command()
@click.argument("job_id", metavar="ID", type=click.IntRange(min=1))
@click.option("--json", "as_json", is_flag=True, help="Print the job as JSON.")
@_common
def cancel(context: Context, desk: Desk, job_id: int, as_json: bool) -> None:
    """End the job ID; what it found stays."""
    _print(context, desk.cancel(job_id), as_json)


@jobs.command()
@click.argument("job_id", metavar="ID", type=click.IntRange(min=1))
@click.option("--json", "as_json", is_flag=True, help="Print the job as JSON.")
@_common
def retry(context: Context, desk: Desk, job_id: int, as_json: bool) -> None:
    """Begin the draft ID, or a job again that was cancelled, failed or came out short."""
    _print(context, desk.retry(job_id), as_json)


@jobs.command()
@click.argument("job_id", metavar="ID", type=click.IntRange(min=1))
@click.option("--follow", is_flag=True, help="Go on until the job has ended.")
@_common
def logs(context: Context, desk: Desk, job_id: int, follow: bool) -> None:
    """Print what the runs of the job ID said."""
    offset = 0
    while True:
        ended = not follow or desk.shown(job_id)["status"] in ENDED
        lines, offset = desk.log(job_id, offset)
        for line in lines:
            click.echo(visible(line))
        if ended:
            return
        time.sleep(POLL)


def _print(context: Context, job: Mapping[str, Any], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(job, indent=1))
    elif not context.quiet:
        click.echo(_line(job))


def _line(job: Mapping[str, Any]) -> str:
    words = visible(", ".join(job["keywords"][:3])[:60])
    more = f": {visible(job['error'])}" if job["error"] else ""
    return f"{job['id']}: {job['status']}, {job['progress']:.0f} %, {visible(job['dataset'])} ({words}){more}"
