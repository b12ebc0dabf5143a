"""`pixcrawler run JOB.toml`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pixcrawler_core.cli.imports import importing

if TYPE_CHECKING:
    from pixcrawler_core.cli import Context


@click.command()
@click.argument("job", type=click.Path(path_type=Path), required=False)
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
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON on standard output.")
@click.pass_obj
def run(context: Context, job: Path | None, ordered: int | None, shard: int | None, as_json: bool) -> int:
    """Run the job file JOB: search, fetch, validate, choose and assemble a dataset.

    Interrupted or killed, the same command goes on where it was. After completion it does nothing, or tops
    up if the job asks for more. Exit code 3 says that the sources had less than was asked.
    """
    if [job, ordered, shard].count(None) != 2:
        raise click.UsageError("give either a job file, or --ordered, or --shard")
    with importing():
        from pixcrawler_core.commands.ordered import run_ordered, run_shard
        from pixcrawler_core.commands.work import do_job
        from pixcrawler_core.config.load import load_job

    if ordered is not None:
        return run_ordered(context, ordered, as_json=as_json)
    if shard is not None:
        return run_shard(context, shard)
    return do_job(context, load_job(job or Path(), context.registry), as_json=as_json)
