"""`pixcrawler search QUERY`."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from pixcrawler_core.cli import Context
    from pixcrawler_core.records import Candidate


@click.command()
@click.argument("query", nargs=-1, required=True)
@click.option("--source", "sources", multiple=True, help="Source to ask (default: openverse, wikimedia).")
@click.option(
    "--option",
    "options",
    multiple=True,
    metavar="SOURCE.KEY=VALUE",
    help="Option of a source, as in its table of a job file. May be repeated.",
)
@click.option("--limit", type=click.IntRange(1, 10_000), default=20, show_default=True, help="Most results.")
@click.option(
    "--allow-private-host", "private", multiple=True, help="Host that may be asked though not public."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
@click.pass_obj
def search(context: Context, /, query: tuple[str, ...], as_json: bool, **options: Any) -> int:
    """Show what the sources find for QUERY; no image is fetched, nothing is recorded."""
    from pixcrawler_core.config.load import check_tables
    from pixcrawler_core.crawl.arguments import SurveySession, survey_tables
    from pixcrawler_core.crawl.process import crawl_settings, run_loop, survey
    from pixcrawler_core.secrets import keys_of

    engines = _engines(options["sources"] or ("openverse", "wikimedia"), options["options"])
    tables = survey_tables([" ".join(query)], engines, options["limit"])
    tables["fetch"] = {"allow_private_hosts": list(options["private"])}
    job = check_tables(tables, context.registry, Path.cwd())
    show = _print_json if as_json else _print_line
    session = SurveySession(job, context.registry, context.secrets, show)
    settings = crawl_settings(job.fetch, "DEBUG" if context.debug else "ERROR")
    for warning in session.plan.warnings:
        click.echo(f"warning: {warning}", err=True)
    run_loop(
        lambda: survey(context.registry, session, settings), settings, keys_of(session.plan.options.values())
    )
    for source, failure in session.discovery.failures.items():
        click.echo(f"{source}: {failure}", err=True)
    found = sum(session.discovery.found.values())
    if not found and not as_json and not context.quiet:
        click.echo("nothing found", err=True)
    return 1 if session.discovery.failures and not found else 0


def _engines(sources: tuple[str, ...], options: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    engines: dict[str, dict[str, Any]] = {name: {} for name in sources}
    for option in options:
        place, separator, value = option.partition("=")
        engine, dot, key = place.partition(".")
        if not separator or not dot or engine not in engines:
            raise click.UsageError(
                f"--option {option!r} should look like SOURCE.KEY=VALUE with one of {sources}"
            )
        engines[engine][key] = _value(value)
    return engines


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _print_json(candidate: Candidate) -> None:
    click.echo(json.dumps(dataclasses.asdict(candidate), ensure_ascii=False))


def _print_line(candidate: Candidate) -> None:
    size = f"{candidate.width}x{candidate.height}" if candidate.width and candidate.height else "size unknown"
    about = [candidate.engine, size, candidate.license or "licence unknown", candidate.title or "untitled"]
    click.echo(f"{candidate.image_url}\n    {', '.join(about)}")
