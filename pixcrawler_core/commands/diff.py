"""`pixcrawler diff A B`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pixcrawler_core.cli.imports import importing

if TYPE_CHECKING:
    from pixcrawler_core.cli import Context


@click.command()
@click.argument("before", metavar="A")
@click.argument("after", metavar="B")
@click.option("--summary", is_flag=True, help="Only the numbers, without a line for each image.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON on standard output.")
@click.pass_obj
def diff(context: Context, /, before: str, after: str, summary: bool, as_json: bool) -> int:
    """Tell how the images of B differ from those of A.

    A and B are names of finished datasets, versions of them (NAME.v1 or NAME@1), folders, or files: a
    manifest.json or a pixcrawler.lock. Told are images that were added (+), removed (-), moved to another
    path (>) or have other bytes under the same one (!), and those with another split, licence or labels;
    a lock knows of splits only. The exit code is 0 whether or not they differ.
    """
    with importing():
        from pixcrawler_core.commands.differing import diff_datasets

    return diff_datasets(context, before, after, summary=summary, as_json=as_json)
