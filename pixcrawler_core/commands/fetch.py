"""`pixcrawler fetch URLS`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pixcrawler_core.cli.imports import importing
from pixcrawler_core.commands.fetch_options import how_to_fetch, told_of_fetching

if TYPE_CHECKING:
    from pixcrawler_core.cli import Context


@click.command()
@click.argument("urls", type=click.Path(path_type=Path))
@click.option("--name", help="Name of the dataset (default: that of the list).")
@click.option("--format", "format_", help="txt, csv, tsv, jsonl or parquet (default: by the file's name).")
@click.option("--url-column", help="Column with the URL (default: url).")
@click.option("--label-column", help="Column with the category (default: one category for all).")
@click.option("--sha256-column", help="Column with the digest that the bytes must have.")
@click.option("--max-images", type=click.IntRange(min=1), help="Accepted images per category (default: all).")
@how_to_fetch
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON on standard output.")
@click.pass_obj
def fetch(context: Context, /, urls: Path, as_json: bool, **options: Any) -> int:
    """Fetch the list URLS (txt, csv, tsv, jsonl, parquet): a job with only a [urls] table.

    Interrupted or killed, the same command goes on where it was.
    """
    with importing():
        from pixcrawler_core.commands.work import do_job
        from pixcrawler_core.config.load import check_tables

    job = check_tables(_tables(urls, options), context.registry, Path.cwd())
    return do_job(context, job, as_json=as_json)


def _tables(urls: Path, options: dict[str, Any]) -> dict[str, Any]:
    listed = {"file": str(urls), "format": options["format_"]}
    listed |= {name: options[name] for name in ("url_column", "label_column", "sha256_column")}
    job = {"name": options["name"], "max_images": options["max_images"]}
    tables = {"job": job, "urls": listed, "fetch": told_of_fetching(options)}
    return {name: {k: v for k, v in table.items() if v is not None} for name, table in tables.items()}
