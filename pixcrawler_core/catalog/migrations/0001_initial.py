"""The catalog's first schema. Frozen: later changes are migrations of their own, never edits of this one."""

from __future__ import annotations

from peewee import (
    SQL,
    AutoField,
    BigAutoField,
    BigIntegerField,
    BooleanField,
    CharField,
    Database,
    DateTimeField,
    FloatField,
    ForeignKeyField,
    IntegerField,
    Model,
    TextField,
    UUIDField,
)
from playhouse.migrate import SchemaMigrator


class Table(Model):
    """Base of the frozen models, which knows them all in the order of their definition."""

    class Meta:
        legacy_table_names = False


class User(Table):
    id = UUIDField(primary_key=True)
    email = CharField(unique=True)
    full_name = CharField()
    avatar_url = TextField(null=True)
    role = CharField()
    max_projects = IntegerField()
    storage_quota = BigIntegerField()
    created_at = DateTimeField()
    updated_at = DateTimeField()

    class Meta:
        table_name = "users"


class Project(Table):
    id = AutoField()
    owner = ForeignKeyField(User, on_delete="CASCADE")
    name = CharField()
    description = TextField()
    created_at = DateTimeField()
    updated_at = DateTimeField()

    class Meta:
        indexes = ((("owner", "name"), True),)


class ApiKey(Table):
    id = AutoField()
    user = ForeignKeyField(User, on_delete="CASCADE")
    name = CharField()
    prefix = CharField()
    key_hash = CharField(unique=True)
    created_at = DateTimeField()
    last_used_at = DateTimeField(null=True)
    expires_at = DateTimeField(null=True)
    revoked_at = DateTimeField(null=True)


class ActivityLog(Table):
    id = AutoField()
    user = ForeignKeyField(User, null=True, on_delete="SET NULL")
    action = CharField()
    entity = CharField()
    entity_id = CharField()
    details = TextField()
    created_at = DateTimeField(index=True)


class UsageRecord(Table):
    id = AutoField()
    user = ForeignKeyField(User, on_delete="CASCADE")
    kind = CharField()
    amount = BigIntegerField()
    unit = CharField()
    details = TextField()
    created_at = DateTimeField(index=True)


class Dataset(Table):
    id = TextField(primary_key=True)
    name = TextField()
    project = ForeignKeyField(Project, null=True, on_delete="SET NULL")
    created_at = DateTimeField()
    updated_at = DateTimeField()


class CrawlJob(Table):
    id = AutoField()
    dataset = ForeignKeyField(Dataset, on_delete="CASCADE")
    keywords = TextField()
    max_images = IntegerField(null=True)
    search_engines = TextField()
    status = CharField()
    progress = FloatField()
    config = TextField()
    created_at = DateTimeField()
    updated_at = DateTimeField()
    started_at = DateTimeField(null=True)
    completed_at = DateTimeField(null=True)


class Image(Table):
    id = BigAutoField()
    dataset = ForeignKeyField(Dataset, index=False, on_delete="CASCADE")
    row = BigIntegerField(unique=True, column_name="ledger_row")
    category = TextField()
    number = IntegerField()
    original_url = TextField()
    filename = TextField()
    storage_url = TextField()
    width = IntegerField(null=True)
    height = IntegerField(null=True)
    file_size = BigIntegerField(null=True)
    format = TextField(null=True)
    hash = TextField(null=True)
    is_valid = BooleanField()
    is_duplicate = BooleanField()
    labels = TextField()
    metadata = TextField()
    created_at = DateTimeField()

    class Meta:
        indexes = ((("dataset", "category", "number"), True),)


class Export(Table):
    id = AutoField()
    dataset = ForeignKeyField(Dataset, on_delete="CASCADE")
    format = CharField()
    path = TextField()
    size = BigIntegerField(null=True)
    sha256 = CharField(null=True)
    created_at = DateTimeField()
    completed_at = DateTimeField(null=True)


class Schedule(Table):
    id = AutoField()
    dataset = ForeignKeyField(Dataset, on_delete="CASCADE")
    cron = CharField()
    config = TextField()
    enabled = BooleanField()
    next_run_at = DateTimeField(index=True, null=True)
    last_run_at = DateTimeField(null=True)
    created_at = DateTimeField()


class Stream(Table):
    id = AutoField()
    job = ForeignKeyField(CrawlJob, index=False, on_delete="CASCADE")
    category = TextField()
    engine = TextField()
    query = TextField()
    next_page = IntegerField()
    cursor = TextField(null=True)
    done = BooleanField()
    failure = TextField(null=True)

    class Meta:
        indexes = ((("job", "category", "engine", "query"), True),)


class LedgerRow(Table):
    id = BigAutoField()
    job = ForeignKeyField(CrawlJob, index=False, on_delete="CASCADE")
    stream = IntegerField(column_name="stream_id")
    url_key = BigIntegerField()
    url = TextField()
    category = TextField()
    page = IntegerField()
    rank = IntegerField()
    seen_before = BooleanField()
    meta = TextField()
    state = TextField()
    stage = TextField()
    reason = TextField(null=True)
    detail = TextField(null=True)
    passing = BooleanField()
    sha256 = TextField(null=True)
    size = BigIntegerField(null=True)
    http_status = IntegerField(null=True)
    final_url = TextField(null=True)
    consent = TextField(null=True)
    format = TextField(null=True)
    width = IntegerField(null=True)
    height = IntegerField(null=True)
    phash = TextField(null=True)
    scores = TextField(null=True)
    number = IntegerField(null=True)
    duplicate_of = BigIntegerField(null=True)
    created_at = DateTimeField()
    updated_at = DateTimeField()

    class Meta:
        indexes = ((("job", "url_key", "stream"), True),)


class HostPolicy(Table):
    host = TextField(primary_key=True)
    policy = TextField()
    updated_at = DateTimeField()


LedgerRow.add_index(
    LedgerRow.stream,
    LedgerRow.id,
    where=SQL("state IN ('found', 'fetched')"),
    name="ledger_row_unfinished",
)


def up(migrator: SchemaMigrator, database: Database) -> None:
    """Create all tables."""
    tables = Table.__subclasses__()
    with database.bind_ctx(tables, bind_refs=False, bind_backrefs=False):
        database.create_tables(tables)
