"""Fetches models for a command: a bar on a terminal, plain lines elsewhere, nothing if asked to be quiet."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pixcrawler_core.amounts import megabytes

if TYPE_CHECKING:
    import rich.progress

    from pixcrawler_core.models.manifest import Model
    from pixcrawler_core.models.store import ModelStore, Progress

LINE_EVERY = 5.0
"""Seconds between plain lines."""


def ensure(names: Iterable[str], store: ModelStore, *, quiet: bool = False) -> None:
    """Have models in the store before a command needs them; nothing is shown when all are there.

    Raises what `ModelStore.pull` does: one line that names the model and `pixcrawler models pull`.
    """
    with shown(quiet=quiet) as progress:
        store.pull(names, progress)


@contextmanager
def shown(*, quiet: bool) -> Iterator[Progress]:
    """The display that suits standard error."""
    if quiet:
        yield _Nothing()
    elif sys.stderr.isatty():
        with _bars() as bars:
            yield _Bars(bars)
    else:
        yield _Lines()


class _Nothing:
    def fetching(self, model: Model, done: int) -> None:
        """Nothing."""

    def finished(self, model: Model, path: Path) -> None:
        """Nothing."""


class _Lines:
    def __init__(self) -> None:
        self._name = ""
        self._next = 0.0

    def fetching(self, model: Model, done: int) -> None:
        now, total = time.monotonic(), megabytes(model.archive.size)
        if model.name != self._name:
            click.echo(f"{model.name}: fetching {total} from {model.registry_name}", err=True)
        elif now >= self._next:
            click.echo(f"{model.name}: {megabytes(done)} of {total}", err=True)
        else:
            return
        self._name, self._next = model.name, now + LINE_EVERY

    def finished(self, model: Model, path: Path) -> None:
        click.echo(f"{model.name}: here, {megabytes(model.size)}", err=True)


class _Bars:
    def __init__(self, bars: rich.progress.Progress) -> None:
        self._bars = bars
        self._tasks: dict[str, rich.progress.TaskID] = {}

    def fetching(self, model: Model, done: int) -> None:
        if model.name not in self._tasks:
            self._tasks[model.name] = self._bars.add_task(model.name, total=model.archive.size)
        self._bars.update(self._tasks[model.name], completed=done)

    def finished(self, model: Model, path: Path) -> None:
        self._bars.update(self._tasks[model.name], completed=model.archive.size)


def _bars() -> rich.progress.Progress:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=20),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(compact=True),
        console=Console(stderr=True),
    )
