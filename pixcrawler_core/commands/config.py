"""`pixcrawler config`: the schema of the job file, and a check of one without running it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from pixcrawler_core.cli import Context
    from pixcrawler_core.config.job import Job


@click.group()
def config() -> None:
    """Describe and check job files."""


@config.command()
@click.pass_obj
def schema(context: Context) -> None:
    """Print the JSON Schema of the job file, with the options of all installed plugins."""
    from pixcrawler_core.config.schema import job_schema

    click.echo(json.dumps(job_schema(context.registry), indent=2, ensure_ascii=False))


@config.command()
@click.argument("job", type=click.Path(path_type=Path), metavar="JOB.toml")
@click.pass_obj
def check(context: Context, job: Path) -> None:
    """Check a job file without fetching anything.

    Prints what the job would do, or each problem with its line and exit code 2.
    """
    from pixcrawler_core.config.load import load_job

    loaded = load_job(job, context.registry)
    for table in loaded.unused_tables:
        click.echo(f"{job}: note: {table} has no effect, since nothing picks it", err=True)
    if not context.quiet:
        click.echo(f"{job}: ok, {_summary(loaded)}")


def _summary(job: Job) -> str:
    if job.urls is not None:
        return f"list of URLs {job.urls['file']}"
    count = len(job.categories)
    noun = "category" if count == 1 else "categories"
    return f"{count} {noun}, engines {', '.join(job.engines)}"
