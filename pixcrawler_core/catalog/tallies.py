"""What jobs found and kept, counted by day, so that nobody has to read the ledger for it."""

from __future__ import annotations

from peewee import BigIntegerField, CharField, CompositeKey, ForeignKeyField, TextField

from pixcrawler_core.catalog.datasets import CrawlJob
from pixcrawler_core.catalog.fields import CatalogModel
from pixcrawler_core.catalog.sql import Sql

_FORGET = "DELETE FROM crawl_tally WHERE job_id = ?"
_COUNT = """
INSERT INTO crawl_tally (job_id, day, engine, state, reason, images, bytes)
SELECT r.job_id, substr(CAST(r.created_at AS TEXT), 1, 10), COALESCE(s.engine, ''), r.state,
  COALESCE(r.reason, ''), COUNT(*), COALESCE(SUM(r.size), 0)
FROM ledger_row r LEFT JOIN stream s ON s.id = r.stream_id WHERE r.job_id = ? GROUP BY 1, 2, 3, 4, 5
"""


class CrawlTally(CatalogModel):
    """How many URLs that a job found on a day on a source are in a state, as of the end of its last run."""

    job_id: int
    job = ForeignKeyField(CrawlJob, backref="tallies", on_delete="CASCADE", index=False)
    day = CharField()
    """In UTC: `2026-01-15`."""
    engine = TextField()
    state = CharField()
    reason = TextField()
    """Empty for none."""
    images = BigIntegerField()
    bytes = BigIntegerField()
    """Of those that were fetched."""

    class Meta:
        primary_key = CompositeKey("job", "day", "engine", "state", "reason")
        indexes = ((("day",), False),)


def count_job(sql: Sql, job: int) -> None:
    """Count a job anew, in the transaction under way. Reads the rows of this job alone."""
    sql.run(_FORGET, (job,))
    sql.run(_COUNT, (job,))
