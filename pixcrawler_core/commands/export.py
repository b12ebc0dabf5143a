"""`pixcrawler export DATASET`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pixcrawler_core.cli.imports import importing
from pixcrawler_core.commands.paths import GivenPath

if TYPE_CHECKING:
    from pixcrawler_core.cli import Context


@click.command()
@click.argument("dataset")
@click.option(
    "--format",
    "formats",
    multiple=True,
    help="What is written: zip, folder, parquet, or another of `pixcrawler plugins list --kind exporter`; "
    "can be repeated (default: the formats of the dataset's job).",
)
@click.option("--split", "splits", multiple=True, help="Only images of this split; can be repeated.")
@click.option(
    "--policy",
    help="Only images whose licence fits: commercial, modification, attribution-free, several of them parted "
    "by commas, any known licence, or the path of a file with rules.",
)
@click.option("--resize", help="How pictures get the size of --size: keep_ratio, border or center_crop.")
@click.option("--size", type=int, help="Pixels of a side, for --resize.")
@click.option("--no-enlarge", is_flag=True, help="Do not let --resize make small pictures larger.")
@click.option("--max-side", type=int, help="Reduce larger pictures until no side has more pixels.")
@click.option("--encode", help="Convert all pictures: jpeg, png, webp or avif; original: leave them.")
@click.option("--quality", type=int, help="1 to 100, of JPEG, WebP and AVIF files that are encoded again.")
@click.option("--metadata", help="What files tell beside their pixels: keep, no-location or none.")
@click.option("--blur-faces", is_flag=True, help="Blur the faces that are found.")
@click.option(
    "--config",
    type=GivenPath(),
    help="A job file whose [export] counts, instead of that of the dataset's job.",
)
@click.option(
    "--output",
    type=GivenPath(file_okay=False),
    help="Folder in which exports are written (default: exports in the workspace).",
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON on standard output.")
@click.pass_obj
def export(
    context: Context,
    /,
    dataset: str,
    config: Path | None,
    output: Path | None,
    *,
    no_enlarge: bool,
    blur_faces: bool,
    as_json: bool,
    **options: Any,
) -> int:
    """Write DATASET, the name or the folder of a finished dataset, in formats that loaders read.

    ID.vN names an earlier version. Options that are not given are those of [export] in the dataset's job,
    if it is a dataset of the workspace; a folder from elsewhere needs --format.
    An export of a part, or of changed pictures, says so in its name. Nothing has its final name before it is
    complete. Exit code 1 says that no image fits what was asked.
    """
    with importing():
        from pixcrawler_core.commands.exporting import Asked, export_files

    given = {name: value for name, value in options.items() if value not in (None, ())}
    given |= {"enlarge": False} if no_enlarge else {}
    given |= {"blur_faces": True} if blur_faces else {}
    asked = Asked(dataset=dataset, config=config, output=output, options=given, as_json=as_json)
    return export_files(context, asked)
