"""People and what they may do: users, their projects and keys, and the record of what they did and used."""

from __future__ import annotations

import enum
import uuid

from peewee import AutoField, BigIntegerField, CharField, ForeignKeyField, IntegerField, TextField, UUIDField

from pixcrawler_core.catalog.fields import CatalogModel, JsonField, UtcField, utc_now

DEFAULT_PROJECTS = 10
DEFAULT_STORAGE = 10 * 1024**3
"""Bytes."""


class Role(enum.StrEnum):
    """What a user is allowed to be."""

    USER = "USER"
    ADMIN = "ADMIN"


class User(CatalogModel):
    """A person with an account; the command line needs none."""

    id = UUIDField(primary_key=True, default=uuid.uuid4)
    email = CharField(unique=True)
    full_name = CharField(default="")
    avatar_url = TextField(null=True)
    role = CharField(default=Role.USER)
    max_projects = IntegerField(default=DEFAULT_PROJECTS)
    storage_quota = BigIntegerField(default=DEFAULT_STORAGE)
    created_at = UtcField(default=utc_now)
    updated_at = UtcField(default=utc_now)

    class Meta:
        table_name = "users"

    def is_admin(self) -> bool:
        """Whether the user runs this installation; an admin has no limits."""
        return self.role == Role.ADMIN

    def can_create_project(self) -> bool:
        """Whether one more project fits into the user's allowance."""
        if self.is_admin():
            return True
        return Project.select().where(Project.owner == self.id).count() < self.max_projects

    def get_storage_quota(self) -> int | None:
        """Bytes that the user's datasets may take up together; None for no limit."""
        return None if self.is_admin() else self.storage_quota


class Project(CatalogModel):
    """A group of datasets that belongs to a user."""

    id = AutoField()
    owner = ForeignKeyField(User, backref="projects", on_delete="CASCADE")
    name = CharField()
    description = TextField(default="")
    created_at = UtcField(default=utc_now)
    updated_at = UtcField(default=utc_now)

    class Meta:
        indexes = ((("owner", "name"), True),)


class ApiKey(CatalogModel):
    """A key for the REST API. Only the hash is kept: the key itself is shown once, when it is made."""

    id = AutoField()
    user = ForeignKeyField(User, backref="api_keys", on_delete="CASCADE")
    name = CharField()
    prefix = CharField(default="")
    """First characters of the key, by which its owner recognises it."""
    key_hash = CharField(unique=True)
    created_at = UtcField(default=utc_now)
    last_used_at = UtcField(null=True)
    expires_at = UtcField(null=True)
    revoked_at = UtcField(null=True)


class ActivityLog(CatalogModel):
    """Who did what to which thing, and when."""

    id = AutoField()
    user = ForeignKeyField(User, null=True, backref="activities", on_delete="SET NULL")
    action = CharField()
    entity = CharField(default="")
    """Kind of the thing, such as `dataset`."""
    entity_id = CharField(default="")
    details = JsonField(default=dict)
    created_at = UtcField(default=utc_now, index=True)


class UsageRecord(CatalogModel):
    """An amount that a user has used of something: `unit` says what the amount counts."""

    id = AutoField()
    user = ForeignKeyField(User, backref="usage", on_delete="CASCADE")
    kind = CharField()
    amount = BigIntegerField()
    unit = CharField()
    details = JsonField(default=dict)
    created_at = UtcField(default=utc_now, index=True)
