"""A dataset of any number of images, written straight into the catalog, with few pictures behind them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from pixcrawler_core.catalog.fields import to_sql_time, utc_now
from pixcrawler_core.catalog.models import CrawlJob, Dataset, Stream
from pixcrawler_core.catalog.sql import Sql

if TYPE_CHECKING:
    from pixcrawler_core.workspace import Workspace

CATEGORIES = ("birds", "bridges", "castles", "flowers", "mountains")
LICENCES = ("cc-by-4.0", "cc0-1.0", "cc-by-sa-4.0", None)
HOSTS = ("images.example.org", "photos.example.com", "static.example.net")
REASONS = ("too-small", "blurred", "watermark")
EVERY = 10
"""For so many images, one candidate was rejected."""
AT_ONCE = 5000
ROW = (
    "id, job_id, stream_id, url_key, url, category, page, rank, seen_before, meta, state, stage, reason, "
    "passing, sha256, size, format, width, height, scores, number, created_at, updated_at"
)
IMAGE = (
    "dataset_id, ledger_row, category, number, original_url, filename, storage_url, width, height, "
    "file_size, format, hash, is_valid, is_duplicate, labels, metadata, created_at, quality, engine, host, "
    "licence"
)


@dataclass(frozen=True, kw_only=True)
class Crowd:
    """Fills a dataset. `title` is what pages call each image."""

    workspace: Workspace
    dataset: str
    name: str
    project: int | None
    title: str = "A picture"

    def fill(self, count: int, pictures: Sequence[bytes]) -> None:
        """Make the dataset, with so many images and a tenth of that rejected; the pictures take turns."""
        blobs = [(blob.sha256, blob.size) for blob in (self.workspace.blobs.put([each]) for each in pictures)]
        Dataset.create(id=self.dataset, name=self.name, project=self.project)
        config = {"job": {"name": self.name, "keywords": ["birds"], "report": False}}
        job = CrawlJob.create(dataset=self.dataset, max_images=count, status="completed", config=config)
        stream = Stream.create(job=job, category="", engine="openverse", query=self.name)
        sql = Sql(self.workspace.open())
        last = int(sql.all("SELECT COALESCE(MAX(id), 0) FROM ledger_row")[0][0])
        with sql.transaction():
            _insert(sql, "ledger_row", ROW, self._rows(job.id, stream.id, last, count, blobs))
            _insert(sql, "image", IMAGE, self._images(last, count, blobs))

    def _rows(
        self, job: int, stream: int, last: int, count: int, blobs: Sequence[tuple[str, int]]
    ) -> Iterator[tuple[Any, ...]]:
        now, meta = to_sql_time(utc_now()), json.dumps({"title": self.title, "license": "cc-by-4.0"})
        for n in range(count + count // EVERY):
            kept, (digest, size) = n < count, blobs[n % len(blobs)]
            outcome = ("accepted", "selection", None) if kept else ("rejected", "validation", REASONS[n % 3])
            yield (
                last + n + 1, job, stream, n, f"https://{HOSTS[n % 3]}/{n}.jpg", _category(n), 1, n, False,
                meta, *outcome, kept, digest if kept else f"{n:064x}", size, "JPEG", 640, 480,
                _scores(n if kept else -1), n // len(CATEGORIES) + 1 if kept else None, now, now,
            )  # fmt: skip

    def _images(self, last: int, count: int, blobs: Sequence[tuple[str, int]]) -> Iterator[tuple[Any, ...]]:
        now = to_sql_time(utc_now())
        for n in range(count):
            digest, size = blobs[n % len(blobs)]
            yield (
                self.dataset, last + n + 1, _category(n), n // len(CATEGORIES) + 1,
                f"https://{HOSTS[n % 3]}/{n}.jpg", f"categories/{_category(n)}/image_{n}.jpg", "", 640, 480,
                size, "JPEG", digest, True, False, "[]", f'{{"scores":{_scores(n)}}}', now, n % 100 / 100,
                "openverse", HOSTS[n % 3], LICENCES[n % 4],
            )  # fmt: skip


def _category(n: int) -> str:
    return CATEGORIES[n % len(CATEGORIES)]


def _scores(n: int) -> str:
    score = 0.1 if n < 0 else 0.2 + n % 80 / 100
    return json.dumps({"sharpness": {"score": score, "threshold": 0.2}, "contrast": {"score": 0.7}})


def _insert(sql: Sql, table: str, names: str, rows: Iterator[tuple[Any, ...]]) -> None:
    marks = ", ".join("?" * (names.count(",") + 1))
    statement = f"INSERT INTO {table} ({names}) VALUES ({marks})"  # noqa: S608
    while some := list(islice(rows, AT_ONCE)):
        sql.many(statement, some)
