"""Shows how far a command is that goes through a known number of things: a bar, or plain lines."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

import click

T = TypeVar("T")
LINE_EVERY = 5.0
"""Seconds between plain lines."""


def counted(things: Iterable[T], total: int) -> Iterator[T]:
    """The same things; on standard error, a bar with rate and time left on a terminal, lines elsewhere."""
    return _bar(things, total) if total and sys.stderr.isatty() else _lines(things, total)


def _lines(things: Iterable[T], total: int) -> Iterator[T]:
    start = told = time.monotonic()
    for number, thing in enumerate(things, 1):
        yield thing
        now = time.monotonic()
        if now - told >= LINE_EVERY:
            told = now
            left = (total - number) * (now - start) / number
            click.echo(f"{number}/{total}, {_rate(number, start)}, {left:.0f} s left", err=True)


def _bar(things: Iterable[T], total: int) -> Iterator[T]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]}"), TimeRemainingColumn())
    # What goes to the same terminal is printed above the bar; what goes into a pipe is left alone.
    together = sys.stdout.isatty()
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, redirect_stdout=together) as progress:
        task = progress.add_task("", total=total, rate="")
        start = time.monotonic()
        for number, thing in enumerate(things, 1):
            yield thing
            progress.update(task, advance=1, rate=_rate(number, start))


def _rate(number: int, start: float) -> str:
    """How many things a second there were since `start`, in words."""
    return f"{number / max(time.monotonic() - start, 0.001):.1f}/s"
