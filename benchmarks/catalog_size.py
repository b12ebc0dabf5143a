"""`make bench-catalog-size`: bytes of the catalog for each image and each URL seen, on SQLite and PostgreSQL.

Rows go through the models, as those of a job of the level `fast` with one source, in the order of a crawl.
"""

from __future__ import annotations

import argparse
import random
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from measure import table
from peewee import Model

from pixcrawler_core.catalog.database import connect
from pixcrawler_core.catalog.fields import utc_now
from pixcrawler_core.catalog.models import CrawlJob, Dataset, Image, LedgerRow, Stream
from pixcrawler_core.catalog.sql import Sql
from pixcrawler_core.workspace import Workspace

AT_ONCE = 1000
"""Rows of a statement, and of a transaction."""
PAGE = "https://photos.example.org/people/1095337069/{name}"
URL = "https://live.photos.example.org/photographs/{name}_scarlet-macaw_o.jpg"
SCORES = {
    "file_size": {"bytes": 56747},
    "format": {"format": "JPEG"},
    "dimensions": {"width": 960, "height": 743},
    "animation": {"animated": False},
    "alpha": {"mode": "rgb", "alpha": False},
    "placeholder": {"varied": 0.7741, "score": 0.7741, "threshold": 0.01},
}
CONSENT = {
    "robots_txt": "allowed",
    "x_robots_tag": None,
    "tdm_reservation": None,
    "tdm_policy": None,
    "checked_at": "2026-11-28T16:49:24+00:00",
    "user_agent": "PixCrawler/0.1.0 (+https://example.org/bot)",
}
SIZES_SQLITE = """
SELECT m.tbl_name, m.type, SUM(d.pgsize) FROM dbstat d JOIN sqlite_schema m ON m.name = d.name
WHERE m.tbl_name IN ('image', 'ledger_row') GROUP BY 1, 2
"""
SIZES_POSTGRES = """
SELECT name, 'table', pg_table_size(name::regclass) FROM (VALUES ('image'), ('ledger_row')) AS t (name)
UNION ALL
SELECT name, 'index', pg_indexes_size(name::regclass) FROM (VALUES ('image'), ('ledger_row')) AS t (name)
"""


def meta(name: str) -> dict[str, Any]:
    """What a source of openly licensed photographs tells."""
    return {
        "thumbnail_url": f"https://api.photos.example.org/v1/images/{name}/thumb/",
        "width": 960,
        "height": 743,
        "filesize_bytes": 56747,
        "title": "Scarlet macaw on a perch",
        "tags": ["macaw", "parrot", "red", "tropical"],
        "page_url": PAGE.format(name=name),
        "license": "cc-by-4.0",
        "license_url": "https://creativecommons.org/licenses/by/4.0/",
        "creator": "Dcoetzee",
        "creator_url": "https://photos.example.org/people/1095337069",
        "engine_id": name,
        "extra": {"attribution": '"Scarlet macaw on a perch" by Dcoetzee is licensed under CC BY 4.0.'},
    }


def ledger_row(number: int, accepted: bool, job: int, stream: int, chance: random.Random) -> dict[str, Any]:
    """A URL that was seen; what is not accepted was never fetched."""
    name = f"{chance.getrandbits(80):020x}"
    told = {
        "job": job,
        "stream": stream,
        "url_key": chance.getrandbits(63),
        "url": URL.format(name=name),
        "category": "macaw",
        "page": number // 100,
        "rank": number % 100,
        "seen_before": False,
        "passing": False,
        "meta": meta(name),
        "state": "found",
        "stage": "discovery",
    }
    fetched = {
        "state": "accepted",
        "stage": "selection",
        "sha256": f"{chance.getrandbits(256):064x}",
        "size": 56747,
        "http_status": 200,
        "final_url": URL.format(name=name),
        "consent": CONSENT,
        "format": "JPEG",
        "width": 960,
        "height": 743,
        "phash": f"{chance.getrandbits(64):016x}",
        "scores": SCORES,
        "number": number,
    }
    return told | (fetched if accepted else {})


def image(row: int, number: int, dataset: str, chance: random.Random) -> dict[str, Any]:
    """An image that the dataset keeps."""
    path = f"categories/macaw/image_{number:06d}.jpg"
    return {
        "dataset": dataset,
        "row": row,
        "category": "macaw",
        "number": number,
        "original_url": URL.format(name=f"{chance.getrandbits(80):020x}"),
        "filename": path,
        "storage_url": f"file:///var/lib/pixcrawler/workspace/datasets/dataset-{dataset}/{path}",
        "width": 960,
        "height": 743,
        "file_size": 56747,
        "format": "JPEG",
        "hash": f"{chance.getrandbits(256):064x}",
        "is_valid": True,
        "is_duplicate": False,
        "labels": [{"name": "macaw", "source": "category", "version": "1"}],
        "metadata": {"scores": SCORES, "labelled_by": {"category": "ead2c9502f9f7006"}, "label_errors": {}},
        "quality": chance.random(),
        "engine": "openverse",
        "host": "live.photos.example.org",
        "licence": "cc-by-4.0",
    }


def fill(workspace: Workspace, count: int) -> tuple[float, dict[str, dict[str, int]]]:
    """Seconds for as many images, each with its row and another URL that was only found; bytes by table."""
    chance, sql = random.Random(1), Sql(workspace.open())
    dataset = Dataset.create(id="large", name="Large")
    job = CrawlJob.create(dataset=dataset, keywords=["macaw"], max_images=count, search_engines=["openverse"])
    stream = Stream.create(job=job, category="macaw", engine="openverse", query="macaw")
    began = time.perf_counter()
    for first in range(0, count, AT_ONCE):
        numbers = range(first, min(first + AT_ONCE, count))
        rows = [
            ledger_row(each, accepted, job.id, stream.id, chance)
            for each in numbers
            for accepted in (True, False)
        ]
        with sql.transaction():
            _insert(LedgerRow, [row for row in rows if row["state"] == "accepted"])
            _insert(LedgerRow, [row for row in rows if row["state"] == "found"])
            _insert(Image, [image(first + each + 1, each + 1, "large", chance) for each in numbers])
    seconds = time.perf_counter() - began
    return seconds, _sizes(workspace, sql)


def _insert(model: type[Model], rows: list[dict[str, Any]]) -> None:
    now = utc_now()
    stamped = [
        {**row, **{name: now for name in ("created_at", "updated_at") if hasattr(model, name)}}
        for row in rows
    ]
    for first in range(0, len(stamped), 500):
        model.insert_many(stamped[first : first + 500]).execute()


def _sizes(workspace: Workspace, sql: Sql) -> dict[str, dict[str, int]]:
    if sql.database.param != "?":
        found = sql.all(SIZES_POSTGRES)
    else:
        with closing(sqlite3.connect(workspace.catalog_path)) as connection:
            found = connection.execute(SIZES_SQLITE).fetchall()
    sizes: dict[str, dict[str, int]] = {}
    for name, kind, size in found:
        sizes.setdefault(name, {})[kind] = int(size)
    return sizes


@contextmanager
def emptied(url: str) -> Iterator[str]:
    """An empty schema of the PostgreSQL database, which goes afterwards."""
    admin = connect(url)
    Sql(admin).run("CREATE SCHEMA catalog_size")
    try:
        yield f"{url}{'&' if '?' in url else '?'}options=-csearch_path%3Dcatalog_size"
    finally:
        Sql(admin).run("DROP SCHEMA catalog_size CASCADE")
        admin.close()


def measured(name: str, count: int, url: str | None) -> list[list[str]]:
    """Rows of the table of a database."""
    with TemporaryDirectory() as folder, Workspace(Path(folder), url) as workspace:
        seconds, sizes = fill(workspace, count)
    lines = []
    for kind, rows in (("image", count), ("ledger_row", 2 * count)):
        of_table, of_indexes = sizes[kind]["table"] / rows, sizes[kind]["index"] / rows
        figures = (of_table, of_indexes, of_table + of_indexes)
        lines.append([f"{name}, {kind}", f"{rows:,}", *(f"{each:,.0f}" for each in figures)])
    total = sum(sum(size.values()) for size in sizes.values())
    lines.append([f"{name}, an image and its two URLs", f"{count:,}", "", "", f"{total / count:,.0f}"])
    print(f"{name}: {3 * count / seconds:,.0f} rows a second")
    return lines


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=200_000, help="images")
    parser.add_argument("--database", help="URL of a PostgreSQL database; default: SQLite alone")
    options = parser.parse_args()
    lines = measured("SQLite", options.count, None)
    if options.database:
        with emptied(options.database) as url:
            lines += measured("PostgreSQL", options.count, url)
    print(table(["row", "rows", "bytes, table", "bytes, indexes", "bytes, both"], lines))


if __name__ == "__main__":
    main()
