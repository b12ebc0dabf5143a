"""Notes which exports of a dataset were written where."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from pixcrawler_core.catalog.database import describe, reported
from pixcrawler_core.catalog.datasets import Dataset, Export
from pixcrawler_core.catalog.fields import utc_now
from pixcrawler_core.catalog.sql import Sql

if TYPE_CHECKING:
    from peewee import Database

_PATHS = "SELECT path FROM export WHERE dataset_id = ? ORDER BY path"


def note_exports(database: Database, dataset: str, exports: Iterable[tuple[str, Path]]) -> None:
    """Note the format and the path of exports, in the place of earlier ones under the same path.

    Nothing is noted of a dataset that the catalog does not have. Raises WorkspaceError.
    """
    with reported(f"cannot use the catalog {describe(database)}"), database.atomic():
        if Dataset.get_or_none(Dataset.id == dataset) is None:
            return
        for form, path in exports:
            told = str(path.resolve())
            Export.delete().where(Export.path == told).execute()
            Export.create(dataset=dataset, format=form, path=told, completed_at=utc_now())


def elsewhere(database: Database, datasets: Iterable[str], folder: Path) -> list[Path]:
    """The noted exports of these datasets that are there, and not in a folder. Raises WorkspaceError."""
    inside = folder.resolve()
    found = (path for dataset in datasets for (path,) in Sql(database).all(_PATHS, (dataset,)))
    paths = map(Path, found)
    return [path for path in paths if path.exists() and not path.is_relative_to(inside)]
