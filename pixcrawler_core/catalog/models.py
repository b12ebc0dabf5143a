"""All models of the catalog in one place, and the way they get their database."""

from __future__ import annotations

from peewee import Database

from pixcrawler_core.catalog.accounts import (
    ActivityLog,
    ApiKey,
    MemberRole,
    Project,
    ProjectMember,
    Role,
    UsageRecord,
    User,
    UserStatus,
)
from pixcrawler_core.catalog.datasets import CrawlJob, Dataset, Export, ExportStatus, Image, JobStatus
from pixcrawler_core.catalog.fields import CatalogModel
from pixcrawler_core.catalog.jobs import Backfill, JobBegun, JobEvent, Schedule
from pixcrawler_core.catalog.label_reviews import LabelReview
from pixcrawler_core.catalog.measures import KeptMeasures
from pixcrawler_core.catalog.metered import (
    BillingAccount,
    BillingEvent,
    DeliveryState,
    MeterDelivery,
    MeterMark,
    UsageHour,
)
from pixcrawler_core.catalog.profiles import ArchiveStatus, Avatar, DataArchive, Identity
from pixcrawler_core.catalog.rehydrations import Rehydration
from pixcrawler_core.catalog.reviews import Review
from pixcrawler_core.catalog.rows import Answer, HostPolicy, LedgerRow, Stream
from pixcrawler_core.catalog.serving import Chore, FeatureFlag, IdempotencyKey
from pixcrawler_core.catalog.sessions import LoginSession, OneTimeToken, Purpose, RefreshToken, WaitingLetter
from pixcrawler_core.catalog.shards import JobShard, ShardState
from pixcrawler_core.catalog.splits import ImageSplit
from pixcrawler_core.catalog.standings import SourceState
from pixcrawler_core.catalog.stored import StoredUnit
from pixcrawler_core.catalog.tallies import CrawlTally
from pixcrawler_core.catalog.tasks import RemovedDataset, Task, TaskKind, TaskStatus
from pixcrawler_core.catalog.tombstones import Tombstone
from pixcrawler_core.catalog.unreached import UnreachedStore

__all__ = [
    "MODELS",
    "ActivityLog",
    "Answer",
    "ApiKey",
    "ArchiveStatus",
    "Avatar",
    "Backfill",
    "BillingAccount",
    "BillingEvent",
    "Chore",
    "CrawlJob",
    "CrawlTally",
    "DataArchive",
    "Dataset",
    "DeliveryState",
    "Export",
    "ExportStatus",
    "FeatureFlag",
    "HostPolicy",
    "IdempotencyKey",
    "Identity",
    "Image",
    "ImageSplit",
    "JobBegun",
    "JobEvent",
    "JobShard",
    "JobStatus",
    "KeptMeasures",
    "LabelReview",
    "LedgerRow",
    "LoginSession",
    "MemberRole",
    "MeterDelivery",
    "MeterMark",
    "OneTimeToken",
    "Project",
    "ProjectMember",
    "Purpose",
    "RefreshToken",
    "Rehydration",
    "RemovedDataset",
    "Review",
    "Role",
    "Schedule",
    "ShardState",
    "SourceState",
    "StoredUnit",
    "Stream",
    "Task",
    "TaskKind",
    "TaskStatus",
    "Tombstone",
    "UnreachedStore",
    "UsageHour",
    "UsageRecord",
    "User",
    "UserStatus",
    "WaitingLetter",
    "bind",
]

MODELS: tuple[type[CatalogModel], ...] = (
    User,
    Project,
    ApiKey,
    ActivityLog,
    UsageRecord,
    Dataset,
    CrawlJob,
    Image,
    Export,
    StoredUnit,
    Schedule,
    Stream,
    LedgerRow,
    Answer,
    HostPolicy,
    SourceState,
    KeptMeasures,
    ImageSplit,
    Review,
    LabelReview,
    Tombstone,
    Rehydration,
    UnreachedStore,
    ProjectMember,
    LoginSession,
    RefreshToken,
    OneTimeToken,
    UsageHour,
    MeterDelivery,
    MeterMark,
    BillingAccount,
    BillingEvent,
    IdempotencyKey,
    FeatureFlag,
    CrawlTally,
    Avatar,
    Identity,
    DataArchive,
    Task,
    RemovedDataset,
    JobEvent,
    JobBegun,
    Chore,
    WaitingLetter,
    JobShard,
)
"""In the order in which their tables can be created."""


def bind(database: Database) -> None:
    """Let all models use this database; the last one bound serves the whole process, in all its threads."""
    database.bind(MODELS, bind_refs=False, bind_backrefs=False)
