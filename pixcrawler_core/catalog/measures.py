"""Keeps what checks measured, by the digest of the bytes: measured once, for all jobs of the workspace."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from peewee import CompositeKey, Database, TextField

from pixcrawler_core.catalog.fields import CatalogModel, JsonField, to_json
from pixcrawler_core.catalog.sql import Sql

Kept = tuple[str, Mapping[str, Mapping[str, Any]]]
"""A digest, and measures by the check's key (`pixcrawler_core.validation.Report.fresh`)."""

_OF = "SELECT check_key, measures FROM kept_measures WHERE sha256 = ?"
_KEEP = (
    "INSERT INTO kept_measures (sha256, check_key, measures) VALUES (?, ?, ?) "
    "ON CONFLICT (sha256, check_key) DO UPDATE SET measures = excluded.measures"
)


class KeptMeasures(CatalogModel):
    """The measures of one check on the bytes with one digest."""

    sha256 = TextField()
    check_key = TextField()
    """Check, version, and a digest of the options that change what is measured."""
    measures = JsonField()

    class Meta:
        primary_key = CompositeKey("sha256", "check_key")


class MeasureStore:
    """Reads and writes kept measures. Raises WorkspaceError when the catalog cannot be used."""

    def __init__(self, database: Database) -> None:
        self._sql = Sql(database)

    def of(self, sha256: str) -> dict[str, dict[str, Any]]:
        """What was ever measured on the bytes with this digest, by the check's key."""
        return {key: json.loads(text) for key, text in self._sql.all(_OF, (sha256,))}

    def keep(self, rows: Sequence[Kept]) -> None:
        """Keep measures in one transaction, in the place of those that were kept under the same key."""
        values = [(sha, key, to_json(measures)) for sha, fresh in rows for key, measures in fresh.items()]
        with self._sql.transaction():
            self._sql.many(_KEEP, values)
