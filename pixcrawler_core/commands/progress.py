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
    from rich.console import Console, Group
    from rich.live import Live
    from rich.progress import BarColumn, Progress, TextColumn
    from rich.text import Text

    meter = Meter(session, run)
    bar = Progress(BarColumn(bar_width=20), TextColumn("{task.fields[state]}", markup=False))
    task = bar.add_task("", total=meter.wanted, state="")
    with Live(console=Console(stderr=True), transient=True, auto_refresh=False) as live:
        while True:
            bar.update(task, completed=meter.accepted, state=meter.pace())
            name = Text(f"{session.job.name}: {meter.rejections()}", no_wrap=True, overflow="ellipsis")
            live.update(Group(bar, name), refresh=True)
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
        goals = [goal.wanted for goal in self.run.gate.asked()]
        return None if None in goals or not goals else sum(filter(None, goals))

    @property
    def accepted(self) -> int:
        """Images accepted, over all runs."""
        return sum(goal.accepted for goal in self.run.gate.asked())

    def line(self) -> str:
        """Accepted, rate, time left, and what was not accepted with the commonest reasons."""
        return f"{self.pace()}, {self.rejections()}"

    def pace(self) -> str:
        """Accepted, rate and time left."""
        seconds = max(0.001, time.monotonic() - self.start)
        rate = self.tally.downloads / seconds
        total = self.wanted
        parts = [
            f"{self.accepted}{f'/{total}' if total else ''} accepted",
            f"{self.tally.downloads} fetched ({rate:.1f}/s)",
        ]
        if self.tally.labelled:
            parts.append(f"{self.tally.labelled} labelled")
        if total and self.accepted < total and (gained := self.tally.states[State.ACCEPTED]):
            left = (total - self.accepted) * seconds / gained
            parts.append(f"{_duration(left)} left")
        return ", ".join(parts)

    def rejections(self) -> str:
        """How many were not accepted, with the commonest reasons."""
        reasons = self.tally.reasons
        common = ", ".join(f"{reason} {count}" for reason, count in reasons.most_common(3))
        return f"{reasons.total()} not accepted ({common})" if reasons else "none rejected so far"


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return (
        f"{hours} h {minutes:02d} min" if hours else f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"
    )
