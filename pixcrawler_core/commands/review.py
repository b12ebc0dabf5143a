"""`pixcrawler review DATASET`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pixcrawler_core.cli.imports import importing

if TYPE_CHECKING:
    from pixcrawler_core.cli import Context

FILE = click.Path(path_type=Path, dir_okay=False)


@click.command()
@click.argument("dataset")
@click.option(
    "--accept", multiple=True, type=FILE, help="Images that belong to the dataset; can be repeated."
)
@click.option("--reject", multiple=True, type=FILE, help="Images that do not; can be repeated.")
@click.option(
    "--move",
    multiple=True,
    type=FILE,
    help="Images that belong to another category, which the column category names; can be repeated.",
)
@click.option(
    "--label",
    multiple=True,
    type=FILE,
    help="Labels that images have or have not, by the columns labeler, label and holds; can be repeated.",
)
@click.option("--dry-run", is_flag=True, help="Check the files and tell what would change, nothing else.")
@click.option("--list", "listed", is_flag=True, help="Print the decisions that are kept, the oldest first.")
@click.option("--json", "as_json", is_flag=True, help="Print counts as JSON; with --list an object a line.")
@click.pass_obj
def review(
    context: Context,
    /,
    dataset: str,
    accept: tuple[Path, ...],
    reject: tuple[Path, ...],
    move: tuple[Path, ...],
    label: tuple[Path, ...],
    dry_run: bool,
    listed: bool,
    as_json: bool,
) -> int:
    """Apply a reviewer's decisions to DATASET, the name or the folder of a finished dataset.

    A file is a CSV table with a header, or has a JSON object a line. A row names an image by its path as in
    the manifest, its sha256 or its url; note and reviewer are kept with the decision. All files are checked
    before anything is applied. Decisions hold for all later runs; the next run finds others in the place of
    what was rejected.
    """
    if listed and (accept or reject or move or label or dry_run):
        raise click.UsageError("--list goes without --accept, --reject, --move, --label and --dry-run")
    if not (listed or accept or reject or move or label):
        raise click.UsageError(
            "give decisions with --accept, --reject, --move or --label, or ask for them with --list"
        )
    with importing():
        from pixcrawler_core.catalog.reviews import Verb
        from pixcrawler_core.commands.reviewing import list_decisions, review_dataset

    if listed:
        return list_decisions(context, dataset, as_json=as_json)
    files = {Verb.ACCEPT: accept, Verb.REJECT: reject, Verb.MOVE: move, Verb.LABEL: label}
    return review_dataset(context, dataset, files, dry_run=dry_run, as_json=as_json)
