"""What `run`, `fetch` and `demo` share: do a job with progress, and tell how it ended."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import click

from pixcrawler_core.commands.progress import progress_for
from pixcrawler_core.crawl.process import run_session
from pixcrawler_core.crawl.session import Session
from pixcrawler_core.keywords import expanding
from pixcrawler_core.labelling import models_of
from pixcrawler_core.tiers import chosen

if TYPE_CHECKING:
    from pixcrawler_core.cli import Context
    from pixcrawler_core.config.job import Job
    from pixcrawler_core.crawl.order import Order
    from pixcrawler_core.crawl.process import Watch


def do_job(
    context: Context,
    job: Job,
    *,
    as_json: bool,
    watching: Callable[[Session], Watch] | None = None,
    order: Order | None = None,
) -> int:
    """Run a job in the context's workspace; returns the exit code. Models that it needs are fetched first.

    `watching` makes what goes on beside the run, instead of a display of progress; `order` is who runs it.
    """
    context.ensure_models(models_for(context, job))
    workspace, secrets = context.open_workspace(), context.secrets
    session = Session(job=job, registry=context.registry, workspace=workspace, secrets=secrets, order=order)
    if not context.quiet:
        for warning in session.plan.warnings:
            click.echo(f"warning: {warning}", err=True)
    display = watching or partial(progress_for, quiet=context.quiet or as_json)
    result = run_session(session, display(session), "DEBUG" if context.debug else "WARNING")
    if as_json:
        click.echo(json.dumps(result.as_json(), indent=1, ensure_ascii=False))
    elif not context.quiet:
        from pixcrawler_core.commands.summary import print_summary

        print_summary(result)
    if result.error is not None:
        raise result.error
    return result.exit_code


def models_for(context: Context, job: Job) -> set[str]:
    """Names of the models that a job needs."""
    needed = models_of_checks(context, job)
    needed |= expanding.models_of(context.registry, job.keywords)
    needed |= models_of(context.registry, job.labels.labelers, job.labels.tables)
    if job.export.formats and job.export.blur_faces:
        from pixcrawler_core.assembly.rendition import FACES

        needed.add(FACES)
    return needed


def models_of_checks(context: Context, job: Job) -> set[str]:
    """The models that the checks of a job need."""
    validators = chosen(context.registry, job.job.validation, job.validator_tables)
    return {name for validator in validators for name in validator.models}
