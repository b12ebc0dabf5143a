"""The ledger's tables: streams of search results, a row for each URL found, and what hosts said."""

from __future__ import annotations

from peewee import (
    SQL,
    AutoField,
    BigAutoField,
    BigIntegerField,
    BooleanField,
    CompositeKey,
    ForeignKeyField,
    IntegerField,
    TextField,
)

from pixcrawler_core.catalog.datasets import CrawlJob
from pixcrawler_core.catalog.fields import CatalogModel, JsonField, UtcField, utc_now


class Stream(CatalogModel):
    """The result pages of one query on one engine for one category, and how far they were read."""

    id = AutoField()
    job = ForeignKeyField(CrawlJob, backref="streams", on_delete="CASCADE", index=False)
    category = TextField()
    """Empty for a stream whose candidates name their own category."""
    engine = TextField()
    query = TextField()
    next_page = IntegerField(default=1)
    cursor = JsonField(null=True)
    """What the source needs to ask for the next page."""
    done = BooleanField(default=False)
    failure = TextField(null=True)
    """Why the stream ended early; null when it was read to its end."""
    rests_from = IntegerField(null=True)
    """The page from which on the stream waits until all others of its category are exhausted."""

    class Meta:
        indexes = ((("job", "category", "engine", "query"), True),)


class LedgerRow(CatalogModel):
    """One URL that one stream found, and what became of it. Times and JSON as in the other tables."""

    id = BigAutoField()
    job = ForeignKeyField(CrawlJob, on_delete="CASCADE", index=False)
    stream = IntegerField(column_name="stream_id")
    """Id of the stream; no foreign key, so that the inserts of many rows need not look it up."""
    url_key = BigIntegerField()
    """`pixcrawler_core.urls.url_key` of the URL."""
    url = TextField()
    category = TextField()
    page = IntegerField()
    rank = IntegerField()
    seen_before = BooleanField()
    meta = JsonField()
    """What else the source told: the fields of a candidate that have no column here."""
    state = TextField()
    stage = TextField()
    reason = TextField(null=True)
    detail = TextField(null=True)
    passing = BooleanField()
    sha256 = TextField(null=True)
    size = BigIntegerField(null=True)
    http_status = IntegerField(null=True)
    final_url = TextField(null=True)
    consent = JsonField(null=True)
    format = TextField(null=True)
    width = IntegerField(null=True)
    height = IntegerField(null=True)
    phash = TextField(null=True)
    scores = JsonField(null=True)
    number = IntegerField(null=True)
    duplicate_of = BigIntegerField(null=True)
    created_at = UtcField()
    updated_at = UtcField()

    class Meta:
        indexes = ((("job", "url_key", "stream"), True), (("job", "id"), False))


UNFINISHED = "state IN ('found', 'fetched')"
"""The condition of the partial index, to be repeated word for word by the queries that are to use it."""

LedgerRow.add_index(LedgerRow.stream, LedgerRow.id, where=SQL(UNFINISHED), name="ledger_row_unfinished")


class Answer(CatalogModel):
    """What a source answered last when it was asked for a page of a stream."""

    stream = IntegerField(column_name="stream_id")
    """Id of the stream, as in `LedgerRow`."""
    page = IntegerField()
    sha256 = TextField()
    """`pixcrawler_core.crawl.plan.Page.answer`."""

    class Meta:
        primary_key = CompositeKey("stream", "page")


class HostPolicy(CatalogModel):
    """What a host said about being crawled: its robots.txt and TDM reservation, and when it was asked."""

    host = TextField(primary_key=True)
    policy = JsonField()
    updated_at = UtcField(default=utc_now)
