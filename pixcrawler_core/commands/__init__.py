"""The subcommands of `pixcrawler`, one module each."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pixcrawler_core import hookimpl
from pixcrawler_core.components import Command

if TYPE_CHECKING:
    import click

SUMMARIES = {
    "config": "Check a job file, or print the schema of job files.",
    "db": "Upgrade the catalog, or show its state.",
    "dedup": "Find duplicates among image files, and link or delete them.",
    "demo": "Crawl a simulated web of real photographs into a dataset.",
    "diff": "Tell how the images of two datasets differ.",
    "export": "Write a finished dataset in formats that loaders read.",
    "fetch": "Make a dataset of a list of image URLs.",
    "label": "Label image files as a crawl would.",
    "keywords": "Show the queries that keywords are widened to.",
    "models": "List the models, fetch them, or verify them.",
    "plugins": "List the plugins, show one, or begin one.",
    "replay": "Make the dataset of a lock once more, from the same URLs.",
    "report": "Write the page of a finished dataset anew.",
    "review": "Apply a reviewer's decisions to a finished dataset.",
    "run": "Run a job file: search, fetch, validate, assemble.",
    "search": "Look what the sources find, without fetching images.",
    "sources": "List the sources.",
    "storage": "Keep datasets and exports in stores, and move them between tiers.",
    "takedown": "Remove images for good, from datasets, exports and blobs.",
    "validate": "Check image files as a crawl would.",
    "verify": "Verify the files of a dataset against its manifest and lock.",
}


@hookimpl
def register_commands() -> Iterator[Command]:
    for name, summary in SUMMARIES.items():
        yield Command(name=name, summary=summary, load=_loader(name))


def _loader(name: str) -> _Loader:
    def load() -> click.Command:
        module = importlib.import_module(f"pixcrawler_core.commands.{name}")
        command: click.Command = getattr(module, name)
        return command

    return load


if TYPE_CHECKING:
    from collections.abc import Callable

    _Loader = Callable[[], click.Command]
