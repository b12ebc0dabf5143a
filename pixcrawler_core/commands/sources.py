"""`pixcrawler sources list|check|parse`."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pixcrawler_core.cli.imports import importing

if TYPE_CHECKING:
    from pixcrawler_core.cli import Context
    from pixcrawler_core.components import Source
    from pixcrawler_core.crawl.health import Standing


@click.group()
def sources() -> None:
    """Sources of image URLs: search engines, open collections, lists."""


@sources.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON on standard output.")
@click.pass_obj
def list_(context: Context, as_json: bool) -> None:
    """List the sources: what they give, what they need, how they stand in this workspace."""
    from pixcrawler_core.components import Source
    from pixcrawler_core.crawl.checkup import known_standings

    standings = known_standings(context.workspace, context.database)
    rows = [_row(context, source, standings) for source in context.registry.all(Source).values()]
    if as_json:
        click.echo(json.dumps(rows, indent=1))
        return
    for row in rows:
        click.echo(f"{row['name']}: {row['summary']}")
        licences = "gives licences" if row["licences"] else "gives no licences"
        click.echo(f"    {licences}; limits: {row['limits'] or 'none known'}")
        if row["needs"]:
            click.echo(f"    needs {'; '.join(row['needs'])}")
        if row["state"]:
            click.echo(f"    {row['state']['sentence']}")


@sources.command()
@click.argument("names", nargs=-1)
@click.option("--query", default="cat", show_default=True, help="What to look for (not with --simulated).")
@click.option("--accept-terms", is_flag=True, help="Also ask search engines whose terms may forbid it.")
@click.option(
    "--simulated",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Ask a simulated web over this folder of photographs instead of the real one.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON on standard output.")
@click.pass_obj
def check(context: Context, /, names: tuple[str, ...], as_json: bool, **options: Any) -> int:
    """Ask each of the sources NAMES (default: all that are ready) one small question; say how it answered.

    What is found out is remembered in the workspace: a source that answers is asked again by the next run.
    Exit code 1 if one of them does not answer as it should.
    """
    with importing():
        from pixcrawler_core.commands.checking import check_sources

    found = check_sources(context, names, **options)
    if as_json:
        click.echo(json.dumps(found, indent=1, ensure_ascii=False))
    for row in () if as_json else found:
        problem = f": {row['problem']}" if row["problem"] else ""
        click.echo(
            f"{row['name']}: {row['state'].replace('_', ' ')}, {row['candidates']} candidates{problem}"
        )
    return 0 if all(row["state"] == "ok" for row in found) else 1


PARSED = {"ok": 0, "empty": 0, "blocked": 4, "throttled": 4, "changed_layout": 5, "failed": 1}
"""Exit codes of `sources parse` by the class of the answer."""
FIELDS = (
    "engine", "query", "rank", "page", "image_url", "thumbnail_url", "width", "height", "filesize_bytes",
    "format", "title", "alt", "tags", "page_url", "site", "license", "license_url", "creator", "creator_url",
    "date", "engine_id", "safe", "extra",
)  # fmt: skip


@sources.command()
@click.argument("engine")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--url", default="", help="Where the answer came from (default: the source's homepage).")
@click.option("--json", "as_json", is_flag=True, help="Print JSON lines also where a person would read them.")
@click.pass_obj
def parse(context: Context, engine: str, file: Path, url: str, as_json: bool) -> int:
    """Parse the saved answer FILE of the source ENGINE, offline, and print its candidates.

    One JSON object a line; on a terminal without --json, one line of text each. The class of the answer goes
    to standard error. Exit code 0: parsed, also when empty; 4: blocked or throttled; 5: unknown layout;
    1: the answer tells of an error.
    """
    with importing():
        from pixcrawler_core.components import Source
        from pixcrawler_core.crawl.saved import parse_saved

    reading = parse_saved(context.registry.get(Source, engine), file.read_bytes(), url)
    click.echo(f"{reading.page_class.value}{f': {reading.problem}' if reading.problem else ''}", err=True)
    readable = not as_json and sys.stdout.isatty()
    for rank, candidate in enumerate(reading.page.candidates):
        told = dataclasses.asdict(dataclasses.replace(candidate, rank=rank))
        row = {name: told[name] for name in FIELDS if told[name] not in (None, (), {})}
        click.echo(f"{rank}: {row['image_url']}" if readable else json.dumps(row, ensure_ascii=False))
    return PARSED[reading.page_class.value]


def _row(context: Context, source: Source, standings: Mapping[str, Standing]) -> dict[str, Any]:
    standing = standings.get(source.name)
    missing = context.secrets.missing(source)
    needs = [
        f"{each.env} ({'not set: ' if each.env in missing else ''}{each.url})" for each in source.secrets
    ]
    needs += ["accept_terms = true"] if source.terms else []
    return {
        "name": source.name,
        "summary": source.summary,
        "searches": source.searches,
        "licences": source.licences,
        "limits": source.limits,
        "homepage": source.homepage,
        "needs": needs,
        "ready": not missing and not source.terms,
        "terms": source.terms,
        "filters": sorted(source.spider.filters),
        "state": {**standing.as_json(), "sentence": standing.sentence()} if standing else None,
        "options": source.options.model_json_schema()["properties"],
    }
