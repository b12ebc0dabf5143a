"""What `pixcrawler export` does: writes a finished dataset in formats, and tells what went out."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pixcrawler_core.amounts import count
from pixcrawler_core.assembly.manifest import MANIFEST, manifest_head
from pixcrawler_core.catalog.exported import note_exports
from pixcrawler_core.commands.comparing import watched
from pixcrawler_core.commands.datasets import PREFIX, dataset_folder
from pixcrawler_core.commands.paths import text_of, visible
from pixcrawler_core.components import Exporter
from pixcrawler_core.config.export import ExportTable
from pixcrawler_core.config.load import load_export
from pixcrawler_core.config.problems import OptionsError, parse_options
from pixcrawler_core.crawl.exports import Exports
from pixcrawler_core.errors import ConfigError, DatasetError, WorkspaceError

if TYPE_CHECKING:
    from pixcrawler_core.assembly.exporting import Exported
    from pixcrawler_core.cli import Context


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What the command line asks for."""

    dataset: str
    config: Path | None
    output: Path | None
    options: Mapping[str, Any]
    """Those keys of `[export]` that are given."""
    as_json: bool


def export_files(context: Context, asked: Asked) -> int:
    """Write the exports; returns the exit code."""
    folder = dataset_folder(context, asked.dataset)
    table = _table(context, folder, asked)
    if table.blur_faces:
        from pixcrawler_core.assembly.rendition import FACES

        context.ensure_models([FACES])
    base = asked.config.parent if asked.config and "policy" not in asked.options else Path()
    exports = Exports(context.registry, table, base)
    place = _place(asked.output or context.open_workspace().exports)
    with _taken(context, folder):
        done = list(exports.each(place, folder, partial(watched, context)))
    _note(context, folder, [each.path for each in done])
    if asked.as_json:
        click.echo(json.dumps({"dataset": folder.name, "exports": [_told(each) for each in done]}, indent=1))
    elif not context.quiet:
        _show(done)
    return 0 if all(each.images for each in done) else 1


def _table(context: Context, folder: Path, asked: Asked) -> ExportTable:
    """The table of the job file or of the dataset's job, with what the command line says instead.

    A folder from elsewhere does not say what is written here, nor which files are read for that.
    """
    ours = _is_ours(context, folder)
    try:
        if asked.config:
            told = load_export(asked.config, context.registry).model_dump(exclude_unset=True)
        else:
            told = manifest_head(folder / MANIFEST).get("job", {}).get("export", {}) if ours else {}
        table = parse_options(ExportTable, {**told, **asked.options}, "the export")
    except OptionsError as error:
        raise ConfigError(str(error)) from None
    except (OSError, ValueError, AttributeError, TypeError, RecursionError) as error:
        raise DatasetError(f"{folder / MANIFEST} cannot be read: {error}") from error
    if not table.formats:
        there = ", ".join(sorted(context.registry.all(Exporter)))
        why = "" if ours else f" ({folder} is not in this workspace: what its own job says is not done)"
        raise ConfigError(f"name what is to be written with --format; there are: {there}{why}")
    return table


def _place(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WorkspaceError(f"cannot write to {folder}: {error.strerror or error}") from error
    return folder


@contextmanager
def _taken(context: Context, folder: Path) -> Iterator[None]:
    """Keep runs from changing a dataset of the workspace meanwhile; others, and versions, do not change."""
    if _is_ours(context, folder) and "." not in folder.name:
        with context.open_workspace().lock(folder.name.removeprefix(PREFIX)):
            yield
        return
    yield


def _is_ours(context: Context, folder: Path) -> bool:
    return folder.resolve().parent == context.open_workspace().datasets.resolve()


def _note(context: Context, folder: Path, exports: Iterable[Path]) -> None:
    """Note in the catalog what was written of a dataset of the workspace."""
    workspace = context.open_workspace()
    if _is_ours(context, folder) and (context.database or workspace.catalog_path.exists()):
        with workspace:
            note_exports(workspace, folder.name.removeprefix(PREFIX).partition(".")[0], exports)


def _told(done: Exported) -> dict[str, Any]:
    left = dict(done.left_out.most_common())
    return {"path": text_of(done.path), "images": done.images, "left_out": left, "failed": done.failed}


def _show(done: Sequence[Exported]) -> None:
    for each in done:
        told = [f"{visible(each.path)}: {count(each.images, 'image')}"]
        told += [f"{number} left out ({visible(why)})" for why, number in each.left_out.most_common()]
        told += [f"{each.failed} could not be changed as asked"] if each.failed else []
        click.echo("; ".join(told))
