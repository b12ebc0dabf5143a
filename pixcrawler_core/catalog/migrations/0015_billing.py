"""Usage that is only added to, meters, payments, keys of requests, switches, and counts of jobs by day."""

from __future__ import annotations

from peewee import (
    AutoField,
    BigIntegerField,
    BlobField,
    BooleanField,
    CharField,
    CompositeKey,
    Database,
    DateTimeField,
    ForeignKeyField,
    IntegerField,
    Model,
    PostgresqlDatabase,
    TextField,
    UUIDField,
)
from playhouse.migrate import SchemaMigrator, migrate

from pixcrawler_core.catalog.sql import Sql

KEEP_SQLITE = (
    "CREATE TRIGGER usage_record_stays BEFORE UPDATE ON usage_record "
    "BEGIN SELECT RAISE(ABORT, 'usage records are only added, never changed'); END",
)
KEEP_POSTGRES = (
    "CREATE FUNCTION usage_record_stays() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION 'usage records are only added, never changed'; END $$",
    "CREATE TRIGGER usage_record_stays BEFORE UPDATE ON usage_record "
    "FOR EACH ROW EXECUTE FUNCTION usage_record_stays()",
)


class Table(Model):
    class Meta:
        legacy_table_names = False


class User(Table):
    id = UUIDField(primary_key=True)

    class Meta:
        table_name = "users"


class UsageRecord(Table):
    id = AutoField()


class CrawlJob(Table):
    id = AutoField()


class UsageHour(Table):
    user = ForeignKeyField(User, on_delete="CASCADE", index=False)
    hour = CharField()
    kind = CharField()
    project = IntegerField()
    amount = BigIntegerField()

    class Meta:
        primary_key = CompositeKey("user", "hour", "kind", "project")


class MeterDelivery(Table):
    record = ForeignKeyField(UsageRecord, on_delete="CASCADE", index=False)
    meter = CharField()
    state = CharField()
    attempts = IntegerField()
    first_at = DateTimeField(null=True)
    next_at = DateTimeField()
    reference = TextField()
    error = TextField()

    class Meta:
        primary_key = CompositeKey("meter", "record")
        indexes = ((("record",), False),)


class MeterMark(Table):
    meter = CharField(primary_key=True)
    record = IntegerField()


class BillingAccount(Table):
    user = ForeignKeyField(User, primary_key=True, on_delete="CASCADE")
    meter = CharField()
    customer = CharField(unique=True)
    subscription = CharField(null=True)
    status = CharField()
    plan = CharField(null=True)
    since = DateTimeField(null=True)
    seen_at = DateTimeField(null=True)
    updated_at = DateTimeField()


class BillingEvent(Table):
    id = CharField(primary_key=True)
    kind = CharField()
    created_at = DateTimeField()


class IdempotencyKey(Table):
    id = AutoField()
    user = ForeignKeyField(User, on_delete="CASCADE", index=False)
    key = CharField()
    digest = CharField()
    owner = CharField()
    lease_until = DateTimeField()
    status = IntegerField(null=True)
    headers = TextField()
    body = BlobField(null=True)
    created_at = DateTimeField(index=True)

    class Meta:
        indexes = ((("user", "key"), True),)


class FeatureFlag(Table):
    name = CharField(primary_key=True)
    enabled = BooleanField()
    updated_at = DateTimeField()


class CrawlTally(Table):
    job = ForeignKeyField(CrawlJob, on_delete="CASCADE", index=False)
    day = CharField()
    engine = TextField()
    state = CharField()
    reason = TextField()
    images = BigIntegerField()
    bytes = BigIntegerField()

    class Meta:
        primary_key = CompositeKey("job", "day", "engine", "state", "reason")
        indexes = ((("day",), False),)


TABLES = (
    UsageHour,
    MeterDelivery,
    MeterMark,
    BillingAccount,
    BillingEvent,
    IdempotencyKey,
    FeatureFlag,
    CrawlTally,
)


def up(migrator: SchemaMigrator, database: Database) -> None:
    """Create the tables, add the columns, and let usage records be as they are from now on."""
    with database.bind_ctx([User, UsageRecord, CrawlJob, *TABLES], bind_refs=False, bind_backrefs=False):
        database.create_tables(TABLES)
    sql = Sql(database)
    migrate(
        migrator.add_column("usage_record", "source", CharField(default="")),
        migrator.add_column("usage_record", "subject", CharField(default="")),
        migrator.add_column("usage_record", "project", IntegerField(default=0)),
    )
    sql.run("UPDATE usage_record SET source = 'record:' || id")
    migrate(
        migrator.add_index("usage_record", ("source",), True),
        migrator.add_index("usage_record", ("subject", "kind"), False),
    )
    for statement in KEEP_POSTGRES if isinstance(database, PostgresqlDatabase) else KEEP_SQLITE:
        sql.run(statement)
