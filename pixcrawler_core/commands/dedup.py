"""`pixcrawler dedup PATH...`."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pixcrawler_core.cli.imports import importing
from pixcrawler_core.commands.paths import GivenPath

if TYPE_CHECKING:
    from pixcrawler_core.cli import Context


@dataclass(frozen=True, kw_only=True)
class Given:
    """What the command line says, by the names of its options."""

    paths: tuple[Path, ...]
    methods: tuple[str, ...]
    radius: int | None
    config: Path | None
    index: Path | None
    against: tuple[Path, ...]
    known: bool
    as_json: bool
    report: Path | None
    link: bool
    delete: bool
    yes: bool
    measure: Path | None

    @property
    def act(self) -> str | None:
        """What is done with duplicates."""
        return "link" if self.link else "delete" if self.delete else None


@click.command()
@click.argument("paths", nargs=-1, type=GivenPath())
@click.option(
    "--method",
    "methods",
    multiple=True,
    help="How duplicates are recognised: sha256, pixels, phash, embedding, a method of a plugin, or all for "
    "these four; can be repeated (default: those of --config, else sha256, pixels and phash).",
)
@click.option("--radius", type=int, help="The option radius of the method phash: bits that may differ.")
@click.option(
    "--config",
    type=GivenPath(),
    help="A job file; its [dedup] table, with those of the methods, counts.",
)
@click.option(
    "--index",
    type=GivenPath(file_okay=False),
    help="A folder in which to keep what is known of the files, so that the next time only new and changed "
    "ones are read.",
)
@click.option(
    "--against",
    multiple=True,
    type=GivenPath(),
    help="Compare also with the images of this folder, or of a folder made by --index; these are never "
    "changed. Can be repeated.",
)
@click.option(
    "--known",
    is_flag=True,
    help="Look the files up among all images that the workspace keeps, instead of comparing them.",
)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object per group, a line each.")
@click.option(
    "--report",
    type=GivenPath(dir_okay=False),
    help="Write a page that shows the groups side by side.",
)
@click.option(
    "--link",
    is_flag=True,
    help="Replace duplicates that are the same byte for byte by hard links to the file that is kept.",
)
@click.option("--delete", is_flag=True, help="Delete all duplicates, after a question.")
@click.option("--yes", is_flag=True, help="Delete without a question.")
@click.option(
    "--measure",
    type=GivenPath(dir_okay=False),
    help="Tell how well the methods do on the files of this CSV table with the columns path and group, where "
    "duplicates have the same group; instead of PATHS.",
)
@click.pass_obj
def dedup(context: Context, /, **options: Any) -> int:
    """Find images that duplicate each other among the files PATHS, or all below the folders PATHS.

    Prints groups: the best image, which is kept, and its duplicates, with the method that recognised each
    and the distance. Nothing is changed without --link or --delete; the exit code is 0 with duplicates, too.
    """
    given = Given(**options)
    _check(given)
    with importing():
        from pixcrawler_core.commands.comparing import Order
        from pixcrawler_core.commands.dedup_measuring import measure_methods
        from pixcrawler_core.commands.deduping import Asked, dedup_files
        from pixcrawler_core.commands.knowing import look_up

    paths, as_json = given.paths, given.as_json
    order = Order(methods=given.methods, radius=given.radius, config=given.config, index=given.index)
    if given.known:
        return look_up(context, order, paths, as_json=as_json)
    if given.measure:
        return measure_methods(context, order, given.measure, as_json=as_json)
    asked = Asked(
        paths=paths,
        against=given.against,
        as_json=as_json,
        report=given.report,
        act=given.act,
        yes=given.yes,
    )
    return dedup_files(context, order, asked)


def _check(given: Given) -> None:
    """What options there are together. Raises UsageError."""
    changing = given.report or given.link or given.delete
    if given.measure and (given.paths or given.against or changing):
        raise click.UsageError(
            "--measure goes without PATHS, --against, --report, --link and --delete; its table names files"
        )
    if not given.measure and not given.paths:
        raise click.UsageError("name the files or folders to look at, or a table with --measure")
    if given.link and given.delete:
        raise click.UsageError("--link and --delete exclude each other")
    if given.yes and not given.delete:
        raise click.UsageError("--yes answers the question of --delete, which is not asked")
    if given.delete and not given.yes and not sys.stdin.isatty():
        raise click.UsageError("--delete asks before it deletes, and there is no terminal to ask; add --yes")
    if given.known and (given.measure or given.against or given.index or changing):
        raise click.UsageError("--known goes with PATHS, --method, --radius, --config and --json only")
