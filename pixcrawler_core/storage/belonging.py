"""To which dataset of the catalog something stored belongs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pixcrawler_core.storage.units import EXPORTS, dataset_ids

if TYPE_CHECKING:
    from pixcrawler_core.catalog.sql import Sql

_EXPORTED = "SELECT dataset_id FROM export WHERE path = ? ORDER BY id DESC LIMIT 1"
_KNOWN = "SELECT 1 FROM dataset WHERE id = ?"


def dataset_of(sql: Sql, unit: str) -> str | None:
    """The dataset that a unit belongs to, if the catalog has it."""
    if exported := sql.first(_EXPORTED, (unit.removeprefix(f"{EXPORTS}/"),)):
        return str(exported[0])
    known = (each for each in dataset_ids(unit) if sql.first(_KNOWN, (each,)))
    return next(known, None)
