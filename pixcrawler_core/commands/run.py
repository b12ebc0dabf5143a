"""`pixcrawler run JOB.toml`, and of many job files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pixcrawler_core.cli.imports import importing
from pixcrawler_core.commands.paths import GivenPath

if TYPE_CHECKING:
    from pixcrawler_core.cli import Context


@click.command()
@click.argument("jobs", type=GivenPath(), metavar="[JOB]...", nargs=-1)
@click.option(
    "--concurrency",
    type=click.IntRange(1, 64),
    help="Of many jobs, as many are run at once (default: 1).",
)
@click.option(
    "--ordered",
    type=click.IntRange(min=1),
    metavar="ID",
    help="Run a job that was ordered, instead of a job file: what a worker does. It reads what else to know "
    "from a line of JSON on standard input, and stops when that ends.",
)
@click.option(
    "--shard", type=click.IntRange(min=1), metavar="ID", help="The same for a shard of a job that runs."
)
@click.option(
    "--until-stdin-ends", is_flag=True, help="Stop when standard input ends, for programs that start it."
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON on standard output.")
@click.pass_obj
def run(
    context: Context,
    jobs: tuple[Path, ...],
    concurrency: int | None,
    ordered: int | None,
    shard: int | None,
    until_stdin_ends: bool,
    as_json: bool,
) -> int:
    """Run the job file JOB: search, fetch, validate, choose and assemble a dataset.

    Interrupted or killed, the same command goes on where it was. After completion it does nothing, or tops
    up if the job asks for more. Exit code 3 says that the sources had less than was asked.

    Of several files, or a folder with files that end in .toml, one is run after the other, each in a process
    of its own. All of them are checked before the first begins. One that fails does not end the others, and
    those that are complete are not run again. The exit code is the worst: 1, else 3, else 0.
    """
    if [jobs or None, ordered, shard].count(None) != 2:
        raise click.UsageError("give either job files, or --ordered, or --shard")
    many = len(jobs) > 1 or any(path.is_dir() for path in jobs)
    if not many and concurrency is not None:
        raise click.UsageError("--concurrency is for several job files, or a folder of them")
    with importing():
        from pixcrawler_core.commands.batch import run_batch
        from pixcrawler_core.commands.ordered import run_ordered, run_shard
        from pixcrawler_core.commands.work import do_job
        from pixcrawler_core.config.load import load_job
        from pixcrawler_core.crawl.reporting import ending

    if ordered is not None:
        return run_ordered(context, ordered, as_json=as_json)
    if shard is not None:
        return run_shard(context, shard)
    if many:
        return run_batch(context, jobs, concurrency or 1, as_json=as_json)
    job = load_job(jobs[0], context.registry)
    return do_job(context, job, as_json=as_json, watching=ending if until_stdin_ends else None)
