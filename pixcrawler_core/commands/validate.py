"""`pixcrawler validate PATH...`."""

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
    "--level",
    type=click.Choice(["fast", "medium", "slow"]),
    help="How thorough the checks are (default: that of --config, else fast).",
)
@click.option(
    "--config",
    type=GivenPath(),
    help="A job file; its [validators] tables, and the level of its [job], count.",
)
@click.option("--category", help="What the pictures are said to show; checks of the content compare with it.")
@click.option("--jobs", type=click.IntRange(1, 256), help="Processes (default: as many as there are cores).")
@click.option("--fresh", is_flag=True, help="Measure anew what the workspace has kept of earlier runs.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object per file, a line each.")
@click.option("--csv", "as_csv", is_flag=True, help="Print a CSV table: a row per file, a column per score.")
@click.pass_obj
def validate(
    context: Context,
    /,
    paths: tuple[Path, ...],
    level: str | None,
    config: Path | None,
    category: str | None,
    jobs: int | None,
    fresh: bool,
    as_json: bool,
    as_csv: bool,
) -> int:
    """Check the image files PATHS, or all below the folders PATHS, as a crawl would check them.

    Prints the files that are rejected, with the reason; the exit code is 0 all the same. Nothing is
    changed or moved. What medium and slow checks measured is kept in the workspace if there is one, and
    serves later runs.
    """
    if as_json and as_csv:
        raise click.UsageError("--json and --csv exclude each other")
    with importing():
        from pixcrawler_core.commands.validating import Asked, validate_files

    form = "json" if as_json else "csv" if as_csv else "text"
    asked = Asked(
        paths=paths, level=level, config=config, category=category, jobs=jobs, fresh=fresh, form=form
    )
    return validate_files(context, asked)
