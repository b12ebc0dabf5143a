"""What `pixcrawler dedup --measure` does: tells how well methods recognise duplicates that are known."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
import numpy as np

from pixcrawler_core.commands.comparing import Added, Order, add, collected, methods_of, tell_failures
from pixcrawler_core.commands.paths import text_of, visible
from pixcrawler_core.dedup.accuracy import Accuracy, Two, accuracy, found_pairs, true_pairs
from pixcrawler_core.dedup.looking import Looker
from pixcrawler_core.dedup.measured import TOGETHER, figures, note
from pixcrawler_core.dedup.places import GivenFiles
from pixcrawler_core.errors import ConfigError
from pixcrawler_core.machine import keep_freed_memory, usable_cores

if TYPE_CHECKING:
    from pixcrawler_core.cli import Context
    from pixcrawler_core.dedup.collection import Collection

COLUMNS = ("path", "group")


def measure_methods(context: Context, order: Order, table: Path, *, as_json: bool) -> int:
    """Compare the files of a table, and print what was right and wrong; returns the exit code."""
    labels = _labels(table)
    places = GivenFiles(labels)
    if len(places.roots) < len(labels):
        raise ConfigError(f"{table}: a file is named twice, by two ways; name each once")
    methods = methods_of(context, order)
    keep_freed_memory()
    with collected(methods, order.index) as own:
        added = add(context, own, list(places.files()))
        looker = Looker()
        keys = dict(added.keys)
        for number, failure in enumerate(added.failures, 1):
            keys[failure.path] = -number  # its duplicates are missed
        found = _found(own, added, looker)
    names = {key: places.shown(path) for path, key in keys.items()}
    truth = true_pairs({key: labels[name] for key, name in names.items()})
    by_name = {method.name: pairs for method, pairs in zip(methods, found, strict=True)}
    if len(by_name) > 1:
        by_name[TOGETHER] = {two: distance for pairs in found for two, distance in pairs.items()}
    results = [accuracy(name, pairs, truth) for name, pairs in by_name.items()]
    (_print_json if as_json else _print_text)(results, names)
    if context.workspace.is_dir():
        note(
            context.workspace,
            figures(results, methods, table.name, f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"),
        )
    if not context.quiet:
        tell_failures([*added.failures, *looker.failures.values()], places)
    return 0


def _found(own: Collection, added: Added, looker: Looker) -> list[dict[Two, float]]:
    matches = own.matches()
    keys = {key: path for path, key in added.keys.items()}
    files = own.files(np.array([key for key in matches.images.tolist() if key in keys], np.int64))

    def same(one: int, other: int, method: int) -> bool:
        return looker.same(files[one], files[other], own.methods[method])

    return found_pairs(matches, keys, len(own.methods), same, usable_cores())


def _labels(table: Path) -> dict[Path, str]:
    """The group of each file; relative paths start from the folder of the table. Raises ConfigError."""
    labels: dict[Path, str] = {}
    try:
        with table.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file, strict=True)
            if lacking := [each for each in COLUMNS if each not in (rows.fieldnames or [])]:
                raise ConfigError(f"{table}:1: there is no column {lacking[0]!r}; it needs path and group")
            for row in rows:
                path, group = (row[each] or "" for each in COLUMNS)
                labels[_checked(table, rows.line_num, path, group, labels)] = group
    except OSError as error:
        raise ConfigError(f"{table}: cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{table}: this is no CSV table in UTF-8, but something else") from error
    except csv.Error as error:
        raise ConfigError(f"{table}: this is no CSV table: {error}") from error
    if not labels:
        raise ConfigError(f"{table}: there are no rows below the header; name at least two files")
    return labels


def _checked(table: Path, line: int, path: str, group: str, labels: Mapping[Path, str]) -> Path:
    whole = table.parent / path
    if not path or not group:
        raise ConfigError(f"{table}:{line}: path or group is empty; give each file a group, if of its own")
    if whole in labels:
        raise ConfigError(f"{table}:{line}: {path!r} is named twice; name each file once")
    if "\0" in path or not whole.is_file():
        raise ConfigError(f"{table}:{line}: {path!r}: there is no such file in {table.parent}")
    return whole


def _print_text(results: Sequence[Accuracy], names: Mapping[int, Path]) -> None:
    width = max(len(each.method) for each in results)
    click.echo(f"{'method':{width}}  precision  recall     F1  right  wrong  missed")
    for each in results:
        shares = f"{_share(each.precision):>9}  {_share(each.recall):>6}  {_share(each.f1):>5}"
        numbers = f"{each.right:>5}  {len(each.wrong):>5}  {len(each.missed):>6}"
        click.echo(f"{each.method:{width}}  {shares}  {numbers}")
    for each in results:
        for two, distance in sorted(each.wrong.items()):
            click.echo(f"wrong: {each.method} {distance:.4g}: {' and '.join(_shown(two, names))}")
        for two in sorted(each.missed):
            click.echo(f"missed: {each.method}: {' and '.join(_shown(two, names))}")


def _print_json(results: Sequence[Accuracy], names: Mapping[int, Path]) -> None:
    for each in results:
        told = {
            "method": each.method,
            "precision": each.precision,
            "recall": each.recall,
            "f1": each.f1,
            "right": each.right,
            "wrong": [
                {"paths": [text_of(names[key]) for key in two], "distance": distance}
                for two, distance in sorted(each.wrong.items())
            ],
            "missed": [[text_of(names[key]) for key in two] for two in sorted(each.missed)],
        }
        click.echo(json.dumps(told))


def _shown(two: Two, names: Mapping[int, Path]) -> list[str]:
    return [visible(names[key]) for key in two]


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
