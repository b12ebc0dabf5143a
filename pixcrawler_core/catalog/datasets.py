"""Datasets, the jobs that fill them, and the images they keep."""

from __future__ import annotations

import enum
from datetime import datetime
from pathlib import Path

from peewee import (
    BigAutoField,
    BigIntegerField,
    BooleanField,
    CharField,
    DoubleField,
    FloatField,
    ForeignKeyField,
    IntegerField,
    TextField,
    fn,
)

from pixcrawler_core.catalog.accounts import Project
from pixcrawler_core.catalog.colours import dominant_colors, local_file
from pixcrawler_core.catalog.fields import CatalogModel, JsonField, NumberField, UtcField, utc_now
from pixcrawler_core.quality import HIGH, quality_of
from pixcrawler_core.records import State


class JobStatus(enum.StrEnum):
    """Where a crawl job stands."""

    DRAFT = "draft"
    QUEUED = "queued"
    RUNNING = "running"
    PAUSED = "paused"
    CANCELLING = "cancelling"
    CANCELLED = "cancelled"
    COMPLETED = "completed"
    COMPLETED_SHORT = "completed_short"
    FAILED = "failed"


ACTIVE = (JobStatus.QUEUED, JobStatus.RUNNING, JobStatus.PAUSED, JobStatus.CANCELLING)
"""Statuses of a job that has the dataset to itself."""
CANCELLABLE = (JobStatus.DRAFT, JobStatus.QUEUED, JobStatus.RUNNING, JobStatus.PAUSED)


class Dataset(CatalogModel):
    """A named collection of images; `id` is the slug of its name and part of its folder's name."""

    project_id: int | None
    id = TextField(primary_key=True)
    name = TextField()
    project = ForeignKeyField(Project, null=True, backref="datasets", on_delete="SET NULL")
    created_at = UtcField(default=utc_now)
    updated_at = UtcField(default=utc_now)

    def can_start_job(self) -> bool:
        """Whether no other job of this dataset is waiting or at work."""
        busy = CrawlJob.select().where((CrawlJob.dataset == self.id) & CrawlJob.status.in_(ACTIVE))
        return not busy.exists()

    def get_total_images(self) -> int:
        """Number of images kept."""
        return Image.select().where(Image.dataset == self.id).count()

    def calculate_storage_size(self) -> int:
        """Bytes of the images kept."""
        total = Image.select(fn.SUM(Image.file_size)).where(Image.dataset == self.id).scalar()
        return int(total or 0)


class CrawlJob(CatalogModel):
    """One order to fill a dataset, with the configuration it runs under."""

    dataset_id: str
    id = NumberField()
    dataset = ForeignKeyField(Dataset, backref="jobs", on_delete="CASCADE")
    keywords = JsonField(default=list)
    max_images = IntegerField(null=True)
    """Accepted images per category; null for all there are."""
    search_engines = JsonField(default=list)
    status = CharField(default=JobStatus.DRAFT)
    progress = FloatField(default=0.0)
    """Per cent."""
    config = JsonField(default=dict)
    created_at = UtcField(default=utc_now)
    updated_at = UtcField(default=utc_now)
    started_at = UtcField(null=True)
    completed_at = UtcField(null=True)
    queries = JsonField(default=dict)
    """What the keywords were widened to: `made_of`, `queries`, `dropped` and `errors`."""
    tables = JsonField(default=dict)
    """The job file's tables as they were ordered; empty for a job that the command line runs by itself.
    `config` is what the last run worked under."""
    folder = TextField(default="")
    """Folder from which relative paths in `tables` start; empty where there may be none."""
    ordered_by = CharField(default="")
    """Id of the user who ordered it; empty for the command line."""
    priority = IntegerField(default=0)
    """Of waiting jobs, those of a higher one come first."""
    queued_at = UtcField(null=True)
    attempts = IntegerField(default=0)
    """Runs that were begun since it was queued by a person."""
    worker = CharField(default="")
    lease_until = UtcField(null=True)
    """Who runs it, and until when nobody else may; the worker puts that off as long as it lives."""
    revision = IntegerField(default=0)
    """Goes up with each change of status or progress."""
    live = JsonField(default=dict)
    """Figures of the run under way, or of the last one: `pixcrawler_core.crawl.reporting`."""
    error = TextField(default="")
    """Why it failed, or came out short of what sources had, in one sentence."""
    token = CharField(default="")
    """Of the run: one that has another one writes nothing."""

    class Meta:
        indexes = ((("status", "priority"), False), (("ordered_by", "started_at"), False))

    @classmethod
    def that_made(cls, dataset: str) -> CrawlJob | None:
        """The job that made a dataset what it is: that begun last, of those that ran if any did."""
        begun = fn.COALESCE(cls.queued_at, cls.started_at, cls.created_at)
        order = (cls.config != {}).desc(), begun.desc(), cls.id.desc()
        return cls.select().where(cls.dataset == dataset).order_by(*order).first()  # type: ignore[no-any-return]

    def can_cancel(self) -> bool:
        """Whether cancelling would still stop something."""
        return self.status in CANCELLABLE

    def calculate_eta(self, now: datetime) -> datetime | None:
        """When the job will be done if it goes on at its mean pace; None while that cannot be told."""
        if self.status != JobStatus.RUNNING or self.started_at is None or not 0 < self.progress <= 100:
            return None
        elapsed = now - self.started_at
        return self.started_at + elapsed * (100 / self.progress)  # type: ignore[no-any-return]

    def get_success_rate(self) -> float | None:
        """Share of accepted images among the candidates decided, 0 to 1; None before the first."""
        from pixcrawler_core.catalog.rows import LedgerRow

        decided = LedgerRow.select().where(
            LedgerRow.job == self.id, LedgerRow.state.not_in((State.FOUND, State.FETCHED))
        )
        rows = decided.count()
        return decided.where(LedgerRow.state == State.ACCEPTED).count() / rows if rows else None


class Image(CatalogModel):
    """An image that a dataset keeps."""

    dataset_id: str
    id = BigAutoField()
    dataset = ForeignKeyField(Dataset, backref="images", on_delete="CASCADE", index=False)
    row = BigIntegerField(unique=True, column_name="ledger_row")
    """Id of the ledger row it came from."""
    category = TextField()
    number = IntegerField()
    """Counted from 1 within the category."""
    original_url = TextField()
    filename = TextField(default="")
    """Path within the dataset's folder; empty until the dataset is assembled."""
    storage_url = TextField(default="")
    """Where the bytes lie: a path, a `file:` URL or a store's URL; empty until the dataset is assembled."""
    width = IntegerField(null=True)
    height = IntegerField(null=True)
    file_size = BigIntegerField(null=True)
    """Bytes."""
    format = TextField(null=True)
    hash = TextField(null=True)
    """SHA-256 of the bytes, in hex."""
    is_valid = BooleanField(default=True)
    is_duplicate = BooleanField(default=False)
    labels = JsonField(default=list)
    """See `pixcrawler_core.records.Labelling.labels`."""
    metadata = JsonField(default=dict)
    """`scores` holds each check's measures and its score, by the check's name; `label_errors` why a labeler
    gave nothing, and `labelled_by` a digest of each that was asked, by the labeler's name."""
    created_at = UtcField(default=utc_now)
    quality = DoubleField(null=True)
    """What `calculate_quality_score` tells, to order by."""
    engine = TextField(null=True)
    """The source that found it."""
    host = TextField(null=True)
    """Of its URL."""
    licence = TextField(null=True)
    """The code that the source told, such as `cc-by-4.0`."""

    class Meta:
        indexes = (
            (("dataset", "category", "number"), True),
            (("dataset", "quality", "row"), False),
            (("dataset", "category", "quality", "row"), False),
            (("dataset", "engine", "category", "number"), False),
            (("dataset", "host", "category", "number"), False),
            (("dataset", "licence", "category", "number"), False),
        )

    def calculate_quality_score(self) -> float | None:
        """Mean of the checks' scores, 0 to 1; None if no check gave one."""
        return quality_of(self.metadata.get("scores") or {})

    def is_high_quality(self, threshold: float = HIGH) -> bool:
        """Whether there is a quality score and it reaches the threshold (0 to 1)."""
        score = self.calculate_quality_score()
        return score is not None and score >= threshold

    def get_dominant_colors(self, count: int = 5, file: Path | None = None) -> list[str]:
        """The image's main colours as `#rrggbb`, most frequent first; at most `count` (1 to 256).

        Reads `file`, or else what `storage_url` names, which must then be a local file. The colours come
        from Pillow's median cut of a reduced view. Raises ValueError for a count out of range or a file
        that is not local, OSError for one that cannot be read as an image.
        """
        if not 1 <= count <= 256:
            raise ValueError(f"count must be between 1 and 256, not {count}")
        return dominant_colors(file or local_file(self.storage_url), count)


class ExportStatus(enum.StrEnum):
    """Where an export stands."""

    PENDING = "pending"
    READY = "ready"
    FAILED = "failed"


class Export(CatalogModel):
    """A dataset written in some format."""

    dataset_id: str
    id = NumberField()
    dataset = ForeignKeyField(Dataset, backref="exports", on_delete="CASCADE")
    format = CharField()
    path = TextField(default="")
    size = BigIntegerField(null=True)
    """Bytes."""
    sha256 = CharField(null=True)
    created_at = UtcField(default=utc_now)
    completed_at = UtcField(null=True)
    status = CharField(default=ExportStatus.READY)
    options = JsonField(default=dict)
    """The table `[export]` that it was asked for with; empty for one that a run or the command line wrote."""
    detail = TextField(null=True)
    """Why it failed."""
    images = IntegerField(null=True)
    """Images that went out."""
    progress = FloatField(default=0.0)
    """Per cent of one that the server writes."""
