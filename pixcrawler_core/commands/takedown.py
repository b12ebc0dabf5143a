"""`pixcrawler takedown`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pixcrawler_core.cli.imports import importing
from pixcrawler_core.commands.paths import GivenPath

if TYPE_CHECKING:
    from pixcrawler_core.cli import Context


@click.command()
@click.option(
    "--url",
    multiple=True,
    help="Images with this address, also that of their page; like the next four it can be repeated.",
)
@click.option("--host", multiple=True, help="All images of this host, and of those below it.")
@click.option("--sha256", multiple=True, help="Images with these bytes.")
@click.option("--phash", multiple=True, help="Images that look like this perceptual hash.")
@click.option("--creator", multiple=True, help="Images by this creator: the name, or the address.")
@click.option(
    "--radius",
    type=click.IntRange(0, 10),
    default=4,
    show_default=True,
    help="How many of the 64 bits of perceptual hashes may differ between copies of a picture.",
)
@click.option(
    "--config",
    type=GivenPath(),
    help="A TOML file with a table [storage], whose stores it reaches too (default: storage.toml in the "
    "workspace, if it is there).",
)
@click.option("--note", help="Why; it is kept with the entry in the log, where it can be read.")
@click.option("--dry-run", is_flag=True, help="Tell what would go, and change nothing.")
@click.option("--yes", is_flag=True, help="Do it without a question.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON on standard output.")
@click.pass_obj
def takedown(
    context: Context,
    /,
    url: tuple[str, ...],
    host: tuple[str, ...],
    sha256: tuple[str, ...],
    phash: tuple[str, ...],
    creator: tuple[str, ...],
    *,
    radius: int,
    config: Path | None,
    note: str | None,
    dry_run: bool,
    yes: bool,
    as_json: bool,
) -> int:
    """Remove images for good from all datasets, exports and blobs of the workspace.

    What is named is removed with all copies of the same bytes or the same picture, and kept out of all later
    runs. Datasets are assembled anew without them, also kept versions. Exports that had such an image are
    removed; those of the job are written again. So it is in stores; exit code 3 says that one of them was not
    reached, and that the same command is to be given again. There is no way back.
    """
    given = {"url": url, "host": host, "sha256": sha256, "phash": phash, "creator": creator}
    if not any(given.values()):
        raise click.UsageError("name what is meant with --url, --host, --sha256, --phash or --creator")
    if not (yes or dry_run or sys.stdin.isatty()):
        raise click.UsageError("takedown asks before it removes, and there is no terminal to ask; add --yes")
    with importing():
        from pixcrawler_core.commands.taking_down import Asked, take_down_images

    asked = Asked(
        given=given, radius=radius, config=config, note=note, dry_run=dry_run, yes=yes, as_json=as_json
    )
    return take_down_images(context, asked)
