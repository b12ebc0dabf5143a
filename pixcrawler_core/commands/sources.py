"""`pixcrawler sources list|parse`."""

from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pixcrawler_core.cli.imports import importing

if TYPE_CHECKING:
    from pixcrawler_core.cli import Context
    from pixcrawler_core.components import Source


@click.group()
def sources() -> None:
    """Sources of image URLs: search engines, open collections, lists."""


@sources.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON on standard output.")
@click.pass_obj
def list_(context: Context, as_json: bool) -> None:
    """List the sources with what they give and what limits them."""
    from pixcrawler_core.components import Source

    found = context.registry.all(Source).values()
    if as_json:
        click.echo(json.dumps([_row(source) for source in found], indent=1))
        return
    for source in found:
        click.echo(f"{source.name}: {source.summary}")
        licences = "gives licences" if source.licences else "gives no licences"
        click.echo(f"    {licences}; limits: {source.limits or 'none known'}")


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


def _row(source: Source) -> dict[str, Any]:
    return {
        "name": source.name,
        "summary": source.summary,
        "searches": source.searches,
        "licences": source.licences,
        "limits": source.limits,
        "homepage": source.homepage,
        "options": source.options.model_json_schema()["properties"],
    }
