"""`pixcrawler keywords KEYWORD...`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pixcrawler_core.cli import Context
    from pixcrawler_core.config.keywords import KeywordsTable
    from pixcrawler_core.keywords.process import Expansion
    from pixcrawler_core.records import Query

DEFAULT = "wordnet,morphology,templates"


@click.command()
@click.argument("keywords", nargs=-1, metavar="KEYWORD...")
@click.option(
    "--expanders",
    help=f"Expanders to ask, with commas between them (default: {DEFAULT}, or those of the job file).",
)
@click.option(
    "--config",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Take the table [keywords] from this job file, and its keywords if none are given.",
)
@click.option("--most", type=click.IntRange(0, 1000), help="Most queries a keyword, beside itself.")
@click.option("--threshold", type=click.FloatRange(0, 1), help="Least score of a query.")
@click.option("--dropped", is_flag=True, help="Show also what is not asked, and why.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON document on standard output.")
@click.pass_obj
def keywords(context: Context, /, keywords: tuple[str, ...], **options: Any) -> int:
    """Show the queries that sources would be asked for each KEYWORD, with origin, relation and score.

    A word in brackets tells which meaning is meant: "crane (bird)". The other keywords tell it too.
    """
    table, categories = _asked(context, keywords, options)
    expansion = _expand(context, table, categories)
    if options["as_json"]:
        click.echo(json.dumps(expansion.as_json(), ensure_ascii=False, indent=1))
    else:
        _print(expansion, dropped=options["dropped"])
    for why in expansion.errors.values():
        click.echo(f"warning: {why}", err=True)
    return 1 if expansion.errors and not any(query.origin != "job" for query in expansion.queries) else 0


def _asked(
    context: Context, keywords: tuple[str, ...], options: dict[str, Any]
) -> tuple[KeywordsTable, dict[str, Sequence[str]]]:
    """The table `[keywords]`, and the keywords of each category."""
    from pixcrawler_core.config.load import check_tables, load_job
    from pixcrawler_core.crawl.widening import keywords_of
    from pixcrawler_core.words import tidy

    given = load_job(options["config"], context.registry) if options["config"] else None
    if not keywords and given is None:
        raise click.UsageError("Missing argument 'KEYWORD...': name a keyword, or a job file with --config")
    if not all(map(tidy, keywords)):
        raise click.UsageError("a KEYWORD is empty; name what is to be looked for")
    table = given.keywords.model_dump() if given else {"expanders": DEFAULT.split(",")}
    if options["expanders"] is not None:
        table["expanders"] = [name.strip() for name in options["expanders"].split(",") if name.strip()]
    table |= {name: options[name] for name in ("most", "threshold") if options[name] is not None}
    stand_in = {"name": "keywords", "keywords": ["keywords"]}
    checked = check_tables({"job": stand_in, "keywords": table}, context.registry, Path.cwd()).keywords
    own: dict[str, Sequence[str]] = {word: (word,) for word in keywords}
    return checked, own or (keywords_of(given) if given else {})


def _expand(context: Context, table: KeywordsTable, categories: dict[str, Sequence[str]]) -> Expansion:
    from pixcrawler_core.keywords.expanding import Expanders, models_of
    from pixcrawler_core.keywords.process import expand_keywords
    from pixcrawler_core.keywords.ranking import Ranker

    context.ensure_models(models_of(context.registry, table))
    expanders = Expanders.build(context.registry, table.expanders, table.tables)
    ranker = Ranker.of(lambda: context.registry.models)
    titles = _titles(context, categories)
    return expand_keywords(categories, table, expanders, ranker, titles.__getitem__)


def _titles(context: Context, categories: Iterable[str]) -> dict[str, Sequence[str]]:
    """Titles of what the workspace has accepted; none where there is no workspace yet."""
    from pixcrawler_core.catalog.reader import titles_of
    from pixcrawler_core.workspace import Workspace

    if context.database is None and not (context.workspace / "catalog.db").exists():
        return dict.fromkeys(categories, ())
    with Workspace(context.workspace, context.database) as workspace:
        return {category: titles_of(workspace.open(), category) for category in categories}


def _print(expansion: Expansion, *, dropped: bool) -> None:
    last = None
    for query in expansion.queries:
        if query.keyword != last:
            click.echo(query.keyword)
            last = query.keyword
        click.echo(_line(query))
    for query in expansion.dropped if dropped else ():
        click.echo(f"not asked for {query.keyword}: {query.text} ({query.origin}): {query.dropped}")


def _line(query: Query) -> str:
    about = query.relation if query.origin == "job" else f"{query.origin} {query.relation}"
    language = "" if query.language == "en" else f" [{query.language}]"
    detail = f"  ({query.detail})" if query.detail else ""
    return f"  {query.score or 0:.2f}  {query.text}{language}  {about}{detail}"
