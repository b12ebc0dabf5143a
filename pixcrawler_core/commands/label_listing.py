"""Prints labelled files: a line each, as JSON, or as a CSV table with a row per label."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import click

from pixcrawler_core.assembly.label_forms import TABLE, as_row, csv_rows, label_cells
from pixcrawler_core.commands.paths import text_of, visible

if TYPE_CHECKING:
    from pixcrawler_core.commands.labelling import Labelled

Show = Callable[["Labelled"], None]
WRONG = ("reason", "detail")
"""Columns of a CSV table after those of the label: why there is none."""
FAILED = "labeler-failed"
"""Reason of a row in the place of the labels of a labeler that failed."""


def listing(form: str) -> Show:
    """What prints a file as `text`, `json` or `csv`."""
    if form == "json":
        return _json
    if form == "text":
        return _text
    click.echo(csv_rows([[*TABLE, *WRONG]]), nl=False)
    return _csv


def _text(result: Labelled) -> None:
    told = f"{result.reason}: {result.detail}" if result.reason else "; ".join(_said(result)) or "no labels"
    click.echo(visible(f"{text_of(result.path)}: {told}"))


def _said(result: Labelled) -> Iterator[str]:
    labels = [_named(label) for label in result.labelling.labels]
    if labels:
        yield ", ".join(labels)
    yield from result.labelling.errors.values()


def _named(label: Mapping[str, Any]) -> str:
    score = label.get("score")
    return label["name"] if score is None else f"{label['name']} {score:.2f}"


def _json(result: Labelled) -> None:
    told = {**_row(result), "label_errors": result.labelling.errors}
    click.echo(json.dumps({**told, "reason": result.reason, "detail": result.detail}))


def _csv(result: Labelled) -> None:
    row = as_row(_row(result))
    rows = [[*label_cells(row, label), None, None] for label in row["labels"]]
    rows += [
        [*label_cells(row, {"source": name}), FAILED, why] for name, why in result.labelling.errors.items()
    ]
    if result.reason:
        rows.append([*label_cells(row, {}), result.reason, result.detail])
    click.echo(csv_rows(rows), nl=False)


def _row(result: Labelled) -> dict[str, Any]:
    return {
        "path": text_of(result.path),
        "sha256": result.sha256,
        "category": result.category,
        "labels": list(result.labelling.labels),
    }
