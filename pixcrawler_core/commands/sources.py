"""`pixcrawler sources list`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

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
