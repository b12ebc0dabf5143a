"""What `pixcrawler review` does: checks decisions, applies them, assembles the dataset anew, tells of it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from slugify import slugify

from pixcrawler_core.assembly.dataset import MANIFEST, manifest_head
from pixcrawler_core.catalog.database import reported
from pixcrawler_core.catalog.datasets import Dataset
from pixcrawler_core.catalog.label_reviews import LabelDecision, label_decisions_of
from pixcrawler_core.catalog.reviews import Decision, Verb, decisions_of
from pixcrawler_core.commands.paths import visible
from pixcrawler_core.commands.review_checks import Checker
from pixcrawler_core.commands.review_rows import read_rows
from pixcrawler_core.crawl.reassembling import Reassembled, Reassembly
from pixcrawler_core.errors import ConfigError

if TYPE_CHECKING:
    from pixcrawler_core.catalog.reviewing import Effects
    from pixcrawler_core.cli import Context
    from pixcrawler_core.workspace import Workspace


def review_dataset(
    context: Context, name: str, files: Mapping[Verb, Sequence[Path]], *, dry_run: bool, as_json: bool
) -> int:
    """Apply the decisions in files, or with `dry_run` only check them; returns the exit code."""
    rows = [row for verb, paths in files.items() for path in paths for row in read_rows(path, verb)]
    with _opened(context) as workspace:
        dataset = _dataset_id(workspace, name)
        with workspace.lock(dataset):
            reassembly = Reassembly(workspace, context.registry, dataset)
            checker = Checker(
                dataset=dataset,
                ledger=reassembly.ledger,
                blobs=workspace.blobs,
                categories=reassembly.categories,
                labelers=reassembly.labelers,
            )
            effects = checker.effects(rows)
            done = None
            if not dry_run:
                reassembly.ledger.review(effects)
                done = reassembly.run()
    if as_json:
        click.echo(json.dumps(_told(dataset, effects, done), indent=1, ensure_ascii=False))
    elif not context.quiet:
        _show(dataset, effects, done)
    return 0


def list_decisions(context: Context, name: str, *, as_json: bool) -> int:
    """Print the decisions that are kept; returns the exit code."""
    with _opened(context) as workspace:
        dataset = _dataset_id(workspace, name)
        decisions = decisions_of(workspace.open(), dataset).values()
        on_labels = label_decisions_of(workspace.open(), dataset)
    for decision in decisions:
        click.echo(json.dumps(decision.as_json()) if as_json else _line(decision))
    for each in on_labels:
        click.echo(json.dumps(each.as_json()) if as_json else _label_line(each))
    return 0


def _opened(context: Context) -> Workspace:
    """The workspace, which must be there. Raises ConfigError."""
    workspace = context.open_workspace()
    if context.database is None and not workspace.catalog_path.exists():
        raise ConfigError(f"there is no workspace in {workspace.root}; name it with --workspace")
    return workspace


def _dataset_id(workspace: Workspace, name: str) -> str:
    """The id of a dataset, of which this is the folder, the name or the id. Raises ConfigError."""
    folder = Path(name)
    if (folder / MANIFEST).is_file():
        return _id_of(workspace, folder)
    with reported(f"cannot use the catalog of {workspace.root}"):
        found: dict[str, str] = {each.id: each.name for each in Dataset.select()}
    for key, called in found.items():
        if name in (key, called) or slugify(name) == key:
            return key
    raise ConfigError(
        f"no dataset is called {name!r} in {workspace.root}; there are: {', '.join(sorted(found)) or 'none'}"
    )


def _id_of(workspace: Workspace, folder: Path) -> str:
    try:
        dataset = str(manifest_head(folder / MANIFEST)["dataset"])
    except (OSError, ValueError, KeyError) as error:
        raise ConfigError(f"{folder / MANIFEST}: not the manifest of a dataset ({error})") from error
    if workspace.dataset(dataset).resolve() != folder.resolve():
        raise ConfigError(f"{folder} is no dataset of the workspace {workspace.root}; name its --workspace")
    return dataset


def _told(dataset: str, effects: Effects, done: Reassembled | None) -> dict[str, Any]:
    told: dict[str, Any] = {"dataset": dataset, "dry_run": done is None}
    told |= {"decisions": effects.decisions, "images": effects.images}
    if done is not None:
        told |= {"folder": str(done.folder), "total": done.images, "short": dict(done.short)}
        told["exports"] = [str(path) for path in done.exports]
    return told


def _show(dataset: str, effects: Effects, done: Reassembled | None) -> None:
    decisions = ", ".join(f"{number} {verb}" for verb, number in effects.decisions.items())
    images = ", ".join(f"{number} {what}" for what, number in effects.images.items())
    click.echo(f"dataset {dataset}: decisions {decisions}; images {images}")
    if done is None:
        click.echo("a dry run: nothing was changed")
        return
    click.echo(f"{done.images} images in {done.folder}")
    if done.short:
        short = ", ".join(f"{visible(name)} {number}" for name, number in done.short.items())
        click.echo(f"short: {short}; run the job again to find others")
    for path in done.exports:
        click.echo(f"export: {path}")


def _line(decision: Decision) -> str:
    told = decision.as_json()
    where = f" to {decision.category!r}" if decision.category else ""
    who = f" by {decision.reviewer}" if decision.reviewer else ""
    note = f": {decision.note}" if decision.note else ""
    return visible(f"{told['decided_at']} {decision.sha256} {decision.verb}{where}{who}{note}")


def _label_line(decision: LabelDecision) -> str:
    told = decision.as_json()
    what = f"{decision.label!r} of {decision.labeler}: {decision.holds}"
    who = f" by {decision.reviewer}" if decision.reviewer else ""
    note = f": {decision.note}" if decision.note else ""
    return visible(f"{told['decided_at']} {decision.sha256} label {what}{who}{note}")
