"""`pixcrawler run JOB.toml`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pixcrawler_core.cli.imports import importing

if TYPE_CHECKING:
    from pixcrawler_core.cli import Context


@click.command()
@click.argument("job", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON on standard output.")
@click.pass_obj
def run(context: Context, job: Path, as_json: bool) -> int:
    """Run the job file JOB: search, fetch, validate, choose and assemble a dataset.

    Interrupted or killed, the same command goes on where it was. After completion it does nothing, or tops
    up if the job asks for more. Exit code 3 says that the sources had less than was asked.
    """
    with importing():
        from pixcrawler_core.commands.work import do_job
        from pixcrawler_core.config.load import load_job

    return do_job(context, load_job(job, context.registry), as_json=as_json)
