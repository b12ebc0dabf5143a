"""What images are listed by, states of exports, and what a server does in the background."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from peewee import (
    AutoField,
    CharField,
    Database,
    DateTimeField,
    DoubleField,
    ForeignKeyField,
    IntegerField,
    Model,
    TextField,
)
from playhouse.migrate import SchemaMigrator, migrate

from pixcrawler_core.catalog.sql import Sql
from pixcrawler_core.quality import quality_of
from pixcrawler_core.urls import host_of

PAGE = 5000
"""Images filled in at a time."""
IMAGES = (
    "SELECT i.id, i.metadata, i.original_url, s.engine, r.meta FROM image i "
    "JOIN ledger_row r ON r.id = i.ledger_row JOIN stream s ON s.id = r.stream_id "
    "WHERE i.id > ? ORDER BY i.id LIMIT ?"
)
FILL = "UPDATE image SET quality = ?, engine = ?, host = ?, licence = ? WHERE id = ?"
INDEXES = (
    ("dataset_id", "quality", "ledger_row"),
    ("dataset_id", "category", "quality", "ledger_row"),
    ("dataset_id", "engine", "category", "number"),
    ("dataset_id", "host", "category", "number"),
    ("dataset_id", "licence", "category", "number"),
)


class Table(Model):
    class Meta:
        legacy_table_names = False


class Dataset(Table):
    id = TextField(primary_key=True)


class Task(Table):
    id = AutoField()
    dataset = ForeignKeyField(Dataset, null=True, on_delete="CASCADE")
    kind = CharField()
    status = CharField()
    options = TextField()
    result = TextField()
    detail = TextField(null=True)
    actor = CharField()
    created_at = DateTimeField()
    completed_at = DateTimeField(null=True)


class RemovedDataset(Table):
    id = TextField(primary_key=True)
    exports = TextField()
    created_at = DateTimeField()


TABLES = (Task, RemovedDataset)


def up(migrator: SchemaMigrator, database: Database) -> None:
    """Create the tables, add the columns and fill them, and then the indexes."""
    with database.bind_ctx([Dataset, *TABLES], bind_refs=False, bind_backrefs=False):
        database.create_tables(TABLES)
    migrate(
        migrator.add_column("image", "quality", DoubleField(null=True)),
        migrator.add_column("image", "engine", TextField(null=True)),
        migrator.add_column("image", "host", TextField(null=True)),
        migrator.add_column("image", "licence", TextField(null=True)),
        migrator.add_column("export", "status", CharField(default="ready")),
        migrator.add_column("export", "options", TextField(default="{}")),
        migrator.add_column("export", "detail", TextField(null=True)),
        migrator.add_column("export", "images", IntegerField(null=True)),
    )
    _fill(Sql(database))
    migrate(*(migrator.add_index("image", columns, False) for columns in INDEXES))
    migrate(migrator.add_index("ledger_row", ("job_id", "id"), False))


def _fill(sql: Sql) -> None:
    last = 0
    while page := sql.all(IMAGES, (last, PAGE)):
        sql.many(FILL, list(_values(page)))
        last = page[-1][0]


def _values(page: Sequence[tuple[Any, ...]]) -> Iterator[tuple[object, ...]]:
    for key, metadata, url, engine, meta in page:
        scores = json.loads(metadata).get("scores") or {}
        yield quality_of(scores), engine, _plain(host_of(url)), _plain(json.loads(meta).get("license")), key


def _plain(text: str | None) -> str | None:
    """Text that both databases can hold."""
    return text and text.replace("\0", "\ufffd").encode("utf-16", "surrogatepass").decode("utf-16", "replace")
