"""What `pixcrawler replay` does: reads the lock, fetches what is missing, tells what is gone."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pixcrawler_core.commands.counting import counted
from pixcrawler_core.commands.paths import visible
from pixcrawler_core.crawl.result import DONE, SHORT
from pixcrawler_core.replay.job import replay_job
from pixcrawler_core.replay.lock import Lock
from pixcrawler_core.replay.replaying import Replay

if TYPE_CHECKING:
    from pixcrawler_core.cli import Context


@dataclass(frozen=True, kw_only=True)
class Order:
    """What the command line asks for."""

    lock: Path
    name: str | None
    fetch: Mapping[str, Any]
    """Options of `[fetch]`."""
    as_json: bool


def replay_lock(context: Context, order: Order) -> int:
    """Replay the lock that the command line names; returns the exit code."""
    lock = Lock(order.lock)
    job = replay_job(lock, order.name, order.fetch)
    if lock.warning and not lock.manifest and not context.quiet:
        click.echo(f"warning: {visible(lock.warning)}", err=True)
    silent = context.quiet or order.as_json
    with context.open_workspace() as workspace, Replay(workspace, context.registry, lock, job) as replay:
        with closing(replay.fetch()) as outcomes:
            deque(outcomes if silent else counted(outcomes, lock.counts.total()), maxlen=0)
        told = replay.finish()
    code = SHORT if told["lost"] else DONE
    if order.as_json:
        click.echo(json.dumps({**told, "exit_code": code}, indent=1))
    elif not context.quiet:
        _show(told)
    return code


def _show(told: Mapping[str, Any]) -> None:
    for each in told["lost"]:
        click.echo(visible(f"{each['state']}: {each['path']}: {each['url']}: {each['detail']}"))
    counts = ", ".join(f"{number} {what}" for what, number in told["counts"].items()) or "none is gone"
    click.echo(visible(f"{told['there']} of {told['images']} images in {told['folder']}: {counts}"))
