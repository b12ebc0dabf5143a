"""Prints examined files: as lines of rejections, as JSON, or as a CSV table."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable, Sequence
from typing import Any

import click

from pixcrawler_core.commands.paths import text_of, visible
from pixcrawler_core.examining import Examined

Show = Callable[[Examined], None]
COLUMNS = (
    "path", "accepted", "check", "reason", "detail", "format", "width", "height", "size", "sha256", "phash",
)  # fmt: skip
"""Of a CSV table, before the checks' scores; the keys of a JSON object are these and `scores`."""


def listing(form: str, checks: Sequence[str]) -> Show:
    """What prints a file as `text` (rejections only), `json` or `csv`; the table has a column per check."""
    if form == "json":
        return _json
    return _csv(checks) if form == "csv" else _text


def _text(result: Examined) -> None:
    report = result.report
    if not report.accepted:
        line = f"{text_of(result.path)}: {report.reason}: {report.detail}"
        click.echo(visible(line))


def _json(result: Examined) -> None:
    click.echo(json.dumps({**_row(result), "scores": result.report.scores}))


def _csv(checks: Sequence[str]) -> Show:
    table = csv.writer(sys.stdout, lineterminator="\n")
    table.writerow([*COLUMNS, *(f"{name}.score" for name in checks)])

    def show(result: Examined) -> None:
        scores = result.report.scores
        table.writerow([*_row(result).values(), *(scores.get(name, {}).get("score") for name in checks)])

    return show


def _row(result: Examined) -> dict[str, Any]:
    own = {"path": text_of(result.path), "size": result.size, "sha256": result.sha256}
    return {name: own[name] if name in own else getattr(result.report, name) for name in COLUMNS}
