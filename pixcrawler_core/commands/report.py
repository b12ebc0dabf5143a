"""`pixcrawler report DATASET`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pixcrawler_core.commands.paths import GivenPath, text_of, visible

if TYPE_CHECKING:
    from pixcrawler_core.blobs.store import BlobStore
    from pixcrawler_core.cli import Context
    from pixcrawler_core.report.page import Report


@click.command()
@click.argument("dataset")
@click.option(
    "--output",
    type=GivenPath(dir_okay=False),
    help="File to write the page to (default: report.html in the dataset's folder).",
)
@click.option("--json", "as_json", is_flag=True, help="Print what was written as JSON.")
@click.pass_obj
def report(context: Context, /, dataset: str, output: Path | None, as_json: bool) -> int:
    """Write the page of DATASET, the name or the folder of a finished dataset, anew.

    The page is one file that opens without a network: pictures by category, what was left out and why,
    duplicates, plots and consent. It shows the files as they are now; an image that is gone is shown as
    missing.
    """
    from pixcrawler_core.commands.datasets import dataset_folder
    from pixcrawler_core.report.page import write_report

    folder = dataset_folder(context, dataset)
    done = write_report(folder, _blobs(context, folder), output)
    if as_json:
        click.echo(json.dumps(_told(done), indent=1, ensure_ascii=False))
    elif not context.quiet:
        _show(done)
    return 0


def _blobs(context: Context, folder: Path) -> BlobStore | None:
    """The blobs of the workspace in which the folder lies; None for a folder that lies elsewhere."""
    from pixcrawler_core.blobs.store import BlobStore
    from pixcrawler_core.storage.opening import blob_cipher

    place = folder.resolve().parent
    blobs = place.parent / "blobs"
    if place.name != "datasets" or not blobs.is_dir():
        return None
    return BlobStore(blobs, blob_cipher(context.registry, place.parent))


def _told(done: Report) -> dict[str, object]:
    counts = {"images": done.images, "shown": done.shown, "missing": done.missing}
    return {"path": text_of(done.path), **counts, "bytes": done.path.stat().st_size}


def _show(done: Report) -> None:
    click.echo(f"{done.shown:,} of {done.images:,} images in {visible(done.path)}")
    if done.missing:
        click.echo(f"{done.missing:,} files are missing; run the job again to fetch them", err=True)
