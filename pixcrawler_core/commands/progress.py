"""Shows how a run goes on: a bar on a terminal, plain lines elsewhere, nothing if asked to be quiet."""

from __future__ import annotations

import asyncio
import sys
import time
from typing import TYPE_CHECKING

import click

from pixcrawler_core.records import State

if TYPE_CHECKING:
    from pixcrawler_core.crawl.process import Watch
    from pixcrawler_core.crawl.run import Run
    from pixcrawler_core.crawl.session import Session

LINE_EVERY = 5.0
"""Seconds between plain lines."""
BAR_EVERY = 0.2
"""Seconds between updates of the bar."""


def progress_for(session: Session, *, quiet: bool) -> Watch:
    """The display that suits standard error."""
    if quiet:
        return _nothing
    if sys.stderr.isatty():
        return lambda run: _bar(session, run)
    return lambda run: _lines(session, run)


async def _nothing(_run: Run) -> None:
    return


async def _lines(session: Session, run: Run) -> None:
    meter = Meter(session, run)
    while True:
        await asyncio.sleep(LINE_EVERY)
        click.echo(meter.line(), err=True)


async def _bar(session: Session, run: Run) -> None:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    meter = Meter(session, run)
    columns = [
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[state]}"),
        TimeElapsedColumn(),
    ]
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(session.job.name, total=meter.wanted, state="")
        while True:
            progress.update(task, completed=meter.accepted, state=meter.line())
            await asyncio.sleep(BAR_EVERY)


class Meter:
    """Puts a run's counters into words."""

    def __init__(self, session: Session, run: Run) -> None:
        self.tally = session.tally
        self.run = run
        self.start = time.monotonic()

    @property
    def wanted(self) -> int | None:
        """Images wanted over all categories; None without a limit."""
        goals = [goal.wanted for goal in self.run.gate.goals.values()]
        return None if None in goals or not goals else sum(filter(None, goals))

    @property
    def accepted(self) -> int:
        """Images accepted, over all runs."""
        return sum(goal.accepted for goal in self.run.gate.goals.values())

    def line(self) -> str:
        """Accepted, rate, time left, and what was not accepted with the commonest reasons."""
        seconds = max(0.001, time.monotonic() - self.start)
        rate = self.tally.downloads / seconds
        total = self.wanted
        parts = [
            f"{self.accepted}{f'/{total}' if total else ''} accepted",
            f"{self.tally.downloads} fetched ({rate:.1f}/s)",
        ]
        if total and (gained := self.tally.states[State.ACCEPTED]):
            left = (total - self.accepted) * seconds / gained
            parts.append(f"{_duration(left)} left")
        return ", ".join([*parts, *self._others()])

    def _others(self) -> list[str]:
        reasons = self.tally.reasons
        if not reasons:
            return []
        common = ", ".join(f"{reason} {count}" for reason, count in reasons.most_common(3))
        return [f"{reasons.total()} not accepted ({common})"]


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return (
        f"{hours} h {minutes:02d} min" if hours else f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"
    )
