"""`pixcrawler worker`."""

from __future__ import annotations

import logging.config
import os
import secrets
import select
import signal
import socket
import sys
from contextlib import ExitStack
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pixcrawler_core.catalog.fields import utc_now
from pixcrawler_core.commands.paths import GivenPath
from pixcrawler_core.jobs.claims import ShardQueue
from pixcrawler_core.jobs.clock import CatalogClock
from pixcrawler_core.jobs.queue import Queue
from pixcrawler_core.secrets import user_secrets
from pixcrawler_core.service import Dispatcher
from pixcrawler_server.chores import chores_of
from pixcrawler_server.housekeeping import Housekeeper
from pixcrawler_server.jobs import forking
from pixcrawler_server.jobs.crew import Chore, Crew
from pixcrawler_server.jobs.headroom import Doorkeeper, Headroom
from pixcrawler_server.jobs.helpers import Helpers
from pixcrawler_server.jobs.orders import Orders
from pixcrawler_server.jobs.starting import Starter
from pixcrawler_server.jobs.timetable import Timetable
from pixcrawler_server.jobs.waiting import Waiting
from pixcrawler_server.logs import log_config
from pixcrawler_server.serving import settings_of

if TYPE_CHECKING:
    from types import FrameType

    from pixcrawler_core.cli import Context
    from pixcrawler_core.workspace import Workspace
    from pixcrawler_server.settings import ServerSettings


@click.command()
@click.option("--concurrency", type=click.IntRange(1, 64), help="Jobs at once (default: [crawl] at_once, 2).")
@click.option(
    "--config", type=GivenPath(dir_okay=False), help="Settings (default: server.toml in the workspace)."
)
@click.option("--until-idle", is_flag=True, help="Stop once it runs nothing and no job waits.")
@click.option(
    "--until-stdin-ends", is_flag=True, help="Stop when standard input ends, for programs that start it."
)
@click.option(
    "--with-chores/--without-chores",
    default=True,
    help="Do the chores of the server, too (default), or leave them to others.",
)
@click.pass_obj
def worker(
    context: Context,
    concurrency: int | None,
    config: Path | None,
    until_idle: bool,
    until_stdin_ends: bool,
    with_chores: bool,
) -> None:
    """Run ordered jobs, schedules when they are due, and the chores of the server, until it is stopped.

    Each job runs in a process of its own. Any number of workers may share a catalog; those of one machine
    share the workspace too. A worker that dies loses nothing: another one, or the next, goes on. One that has
    not the workspace of the server leaves it the chores, since they remove files.
    """
    settings = settings_of(context.workspace, config)
    level = "debug" if context.debug else "warning" if context.quiet else "info"
    logging.config.dictConfig(log_config(level))
    try:
        forking.prepare()
    except KeyboardInterrupt:  # told to stop before it began anything
        return
    with context.open_workspace() as workspace, ExitStack() as stack:
        at_once = concurrency or settings.crawl.at_once
        dispatcher = context.registry.build(Dispatcher, settings.crawl.dispatcher)
        lease = timedelta(seconds=settings.crawl.lease)
        own = Queue(workspace.open(), _name(), CatalogClock(database=workspace.open()), lease)
        queue = stack.enter_context(dispatcher.serve(own, at_once))
        crew = _crew(context, workspace, settings, queue, at_once)
        if until_stdin_ends:
            crew.chores += (partial(_stop_at_end, crew),)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, partial(_stop, crew))
        chores = chores_of(settings, context.registry, workspace, utc_now) if with_chores else ()
        with Housekeeper(workspace.open(), chores, utc_now):
            crew.work(until_idle=until_idle)


def _crew(
    context: Context, workspace: Workspace, settings: ServerSettings, queue: Queue, concurrency: int
) -> Crew:
    environment = dict(os.environ)
    if context.database:
        environment["PIXCRAWLER_DATABASE"] = context.database
    orders = Orders(settings, context.registry, user_secrets(), utc_now)
    timetable: Chore = Timetable(workspace.open(), orders, utc_now).run_due
    crawl = settings.crawl
    starter = Starter(root=workspace.root.resolve(), crawl=crawl, environment=environment)
    door = Doorkeeper(Headroom(root=workspace.root, disk=crawl.least_disk, memory=crawl.least_memory))
    shards = ShardQueue(
        database=workspace.open(),
        place=workspace.identity(),
        now=queue.now,
        make_token=secrets.token_hex,
        lease=queue.lease,
    )
    helpers = Helpers(queue=shards, start=starter.shard)
    return Crew(
        queue=queue,
        concurrency=concurrency,
        start=starter.job,
        opens=door.opens,
        free=lambda dataset: not workspace.in_use(dataset),
        helpers=helpers if crawl.shards == "auto" else None,
        chores=(timetable, Waiting(database=workspace.open(), door=door, now=queue.now).tell),
    )


def _name() -> str:
    """What the worker calls itself: no other does, not even this one when it is begun again."""
    return f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"


def _stop(crew: Crew, _number: int, _frame: FrameType | None) -> None:
    crew.stopping = True


def _stop_at_end(crew: Crew) -> None:
    readable, _, _ = select.select([sys.stdin], [], [], 0)
    if readable and not os.read(sys.stdin.fileno(), 4096):
        crew.stopping = True
