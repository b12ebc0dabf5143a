"""Notes which exports of a dataset were written where."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from pixcrawler_core.catalog.database import describe, reported
from pixcrawler_core.catalog.datasets import Dataset, Export
from pixcrawler_core.catalog.fields import utc_now
from pixcrawler_core.catalog.sql import Sql
from pixcrawler_core.exports.volumes import files_of

if TYPE_CHECKING:
    from pixcrawler_core.workspace import Workspace

_FORGET = "DELETE FROM export WHERE path = ?"
_PATHS = "SELECT path FROM export WHERE dataset_id = ? AND path <> '' ORDER BY path"


def note_exports(workspace: Workspace, dataset: str, paths: Iterable[Path]) -> None:
    """Note where exports of a dataset were written, in the place of what was noted under the same path.

    Their format is what their name has behind that of the dataset; paths in the workspace's own folder of
    exports start from there, so that it can be moved, and their bytes count as what the dataset's owner has.
    Nothing is noted of a dataset that the catalog does not
    have. Raises WorkspaceError.
    """
    database = workspace.open()
    with reported(f"cannot use the catalog {describe(database)}"), database.atomic():
        if Dataset.get_or_none(Dataset.id == dataset) is None:
            return
        for path in paths:
            told, form = _told(workspace, path), path.name.partition(dataset)[2]
            Export.delete().where(Export.path == told).execute()
            here = () if Path(told).is_absolute() else files_of(path)
            size = sum(each.stat().st_size for each in here)
            Export.create(dataset=dataset, format=form, path=told, completed_at=utc_now(), size=size)


def noted(workspace: Workspace, datasets: Iterable[str]) -> list[Path]:
    """Where exports of these datasets were written, as far as that was noted. Raises WorkspaceError."""
    sql = Sql(workspace.open())
    paths = (path for dataset in datasets for (path,) in sql.all(_PATHS, (dataset,)))
    return [workspace.exports / path for path in paths]


def forget_exports(workspace: Workspace, paths: Iterable[Path]) -> None:
    """Forget exports that are gone. Raises WorkspaceError."""
    sql = Sql(workspace.open())
    for path in paths:
        sql.run(_FORGET, (_told(workspace, path),))


def _told(workspace: Workspace, path: Path) -> str:
    whole, own = path.resolve(), workspace.exports.resolve()
    return str(whole.relative_to(own) if whole.is_relative_to(own) else whole)
