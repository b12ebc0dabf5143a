"""Passwords, sessions, one-time tokens, members of projects, and the chain of the activity log."""

from __future__ import annotations

from peewee import (
    AutoField,
    CharField,
    CompositeKey,
    Database,
    DateTimeField,
    ForeignKeyField,
    Model,
    TextField,
    UUIDField,
)
from playhouse.migrate import SchemaMigrator, migrate


class Table(Model):
    class Meta:
        legacy_table_names = False


class User(Table):
    id = UUIDField(primary_key=True)

    class Meta:
        table_name = "users"


class Project(Table):
    id = AutoField()


class ProjectMember(Table):
    project = ForeignKeyField(Project, on_delete="CASCADE")
    user = ForeignKeyField(User, on_delete="CASCADE")
    role = CharField()
    created_at = DateTimeField()

    class Meta:
        primary_key = CompositeKey("project", "user")


class LoginSession(Table):
    id = UUIDField(primary_key=True)
    user = ForeignKeyField(User, on_delete="CASCADE")
    client = TextField()
    created_at = DateTimeField()
    used_at = DateTimeField()
    revoked_at = DateTimeField(null=True)


class RefreshToken(Table):
    id = AutoField()
    session = ForeignKeyField(LoginSession, on_delete="CASCADE")
    token_hash = CharField(unique=True)
    created_at = DateTimeField()
    expires_at = DateTimeField()
    used_at = DateTimeField(null=True)


class OneTimeToken(Table):
    id = AutoField()
    user = ForeignKeyField(User, on_delete="CASCADE")
    purpose = CharField()
    token_hash = CharField(unique=True)
    created_at = DateTimeField()
    expires_at = DateTimeField()
    used_at = DateTimeField(null=True)


TABLES = (ProjectMember, LoginSession, RefreshToken, OneTimeToken)


def up(migrator: SchemaMigrator, database: Database) -> None:
    """Create the tables, and add the columns; entries of the log so far begin the chain."""
    with database.bind_ctx([User, Project, *TABLES], bind_refs=False, bind_backrefs=False):
        database.create_tables(TABLES)
    migrate(
        migrator.add_column("users", "password_hash", TextField(null=True)),
        migrator.add_column("users", "email_verified_at", DateTimeField(null=True)),
        migrator.add_column("users", "status", CharField(default="active")),
        migrator.add_column("users", "plan", CharField(null=True)),
        migrator.add_column("users", "consents", TextField(default="{}")),
        migrator.add_column("users", "erase_after", DateTimeField(null=True)),
        migrator.add_column("api_key", "scopes", TextField(default="[]")),
        migrator.add_column("activity_log", "actor", CharField(default="")),
        migrator.add_column("activity_log", "hash", CharField(default="")),
    )
