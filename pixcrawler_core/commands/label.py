"""`pixcrawler label PATH...`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pixcrawler_core.cli.imports import importing
from pixcrawler_core.commands.paths import GivenPath

if TYPE_CHECKING:
    from pixcrawler_core.cli import Context


@click.command()
@click.argument("paths", nargs=-1, required=True, type=GivenPath())
@click.option(
    "--labelers", help="The labelers that are asked, parted by commas (default: those of --config)."
)
@click.option(
    "--config",
    type=GivenPath(),
    help="A job file; the labelers of its [labels] and their options count.",
)
@click.option("--category", help="What the pictures are said to show; some labelers compare with it.")
@click.option("--jobs", type=click.IntRange(1, 256), help="Processes (default: as many as are worth while).")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object per file, a line each.")
@click.option("--csv", "as_csv", is_flag=True, help="Print a CSV table: a row per label.")
@click.pass_obj
def label(
    context: Context,
    /,
    paths: tuple[Path, ...],
    labelers: str | None,
    config: Path | None,
    category: str | None,
    jobs: int | None,
    as_json: bool,
    as_csv: bool,
) -> int:
    """Label the image files PATHS, or all below the folders PATHS, as a crawl would label them.

    Prints a line for each file with its labels. Files that are no whole pictures are told and do not stop
    the rest; the exit code is 0 all the same. Nothing is changed or kept.
    """
    if as_json and as_csv:
        raise click.UsageError("--json and --csv exclude each other")
    if labelers is None and config is None:
        raise click.UsageError("name labelers with --labelers, or a job file that does with --config")
    with importing():
        from pixcrawler_core.commands.labelling import Asked, label_files

    form = "json" if as_json else "csv" if as_csv else "text"
    asked = Asked(paths=paths, labelers=labelers, config=config, category=category, jobs=jobs, form=form)
    return label_files(context, asked)
