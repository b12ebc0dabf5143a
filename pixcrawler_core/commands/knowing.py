"""What `pixcrawler dedup --known` does: looks files up among all images that the workspace keeps."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pixcrawler_core.amounts import count
from pixcrawler_core.catalog import statements
from pixcrawler_core.catalog.sql import Sql
from pixcrawler_core.commands.comparing import Order, methods_of, tell_failures, watched
from pixcrawler_core.commands.paths import check_paths, text_of, visible
from pixcrawler_core.dedup.kept import KeptImages, recogniser_of
from pixcrawler_core.dedup.places import GivenFiles
from pixcrawler_core.dedup.reading import Failure, stamp_of, unreadable
from pixcrawler_core.errors import DecodeError, WorkspaceError
from pixcrawler_core.image import Image
from pixcrawler_core.machine import keep_freed_memory

if TYPE_CHECKING:
    from pixcrawler_core.cli import Context
    from pixcrawler_core.dedup.recogniser import Recogniser
    from pixcrawler_core.workspace import Workspace


def look_up(context: Context, order: Order, paths: Sequence[Path], *, as_json: bool) -> int:
    """Print for each file which images of which datasets it duplicates; returns the exit code."""
    place = context.open_workspace()
    if not (context.database or place.catalog_path.exists()):
        raise WorkspaceError(f"there is no workspace at {context.workspace}; name one with --workspace")
    check_paths(paths)
    places = GivenFiles(paths)
    methods = methods_of(context, order)
    keep_freed_memory()
    failures: list[Failure] = []
    files = known = 0
    with place as workspace, closing(recogniser_of(methods, workspace, None)) as recogniser:
        kept = KeptImages(workspace.open(), None, workspace.in_use)
        kept.known_to(recogniser, partial(watched, context))
        sql = Sql(workspace.open())
        for path in watched(context, every := list(places.files()), len(every)):
            found = _looked_up(recogniser, path, sql)
            if isinstance(found, Failure):
                failures.append(found)
                continue
            files, known = files + 1, known + bool(found)
            _show(workspace, places.shown(path), found, as_json=as_json)
    if not context.quiet:
        tell_failures(failures, places)
        click.echo(f"{count(files, 'file')}: {known} known to the workspace", err=True)
    return 0


def _looked_up(recogniser: Recogniser, path: Path, sql: Sql) -> list[dict[str, Any]] | Failure:
    """What is kept that a file duplicates, the nearest first."""
    try:
        stamp_of(path)
        image = Image.open(path, detailed=True)
        found = recogniser.find(image, recogniser.study(image, {}))
    except OSError as error:
        return unreadable(path, error)
    except DecodeError as error:
        return Failure(path, error.reason, error.detail)
    rows = ((each, sql.first(statements.IMAGE_OF_ROW, (each.key,))) for each in found)
    return [
        {
            "dataset": row[0],
            "path": row[1],
            "url": row[2],
            "row": each.key,
            "method": each.method,
            "distance": each.distance,
        }
        for each, row in rows
        if row is not None
    ]


def _show(workspace: Workspace, path: Path, found: Sequence[dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({"path": text_of(path), "known": list(found)}))
        return
    if not found:
        click.echo(f"{visible(path)}: not known")
    for each in found:
        image = workspace.dataset(each["dataset"]) / each["path"]
        told = f"{image} ({each['method']} {each['distance']:.4g}, {each['url']})"
        click.echo(f"{visible(path)}: {visible(told)}")
