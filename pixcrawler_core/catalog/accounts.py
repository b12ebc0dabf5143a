"""People and what they may do: users, their projects and keys, and the record of what they did and used."""

from __future__ import annotations

import enum
import uuid

from peewee import (
    AutoField,
    BigIntegerField,
    CharField,
    CompositeKey,
    ForeignKeyField,
    IntegerField,
    TextField,
    UUIDField,
)

from pixcrawler_core.catalog.fields import CatalogModel, JsonField, NumberField, UtcField, utc_now

DEFAULT_PROJECTS = 10
DEFAULT_STORAGE = 10 * 1024**3
"""Bytes."""


class Role(enum.StrEnum):
    """What a user is allowed to be."""

    USER = "USER"
    ADMIN = "ADMIN"


class UserStatus(enum.StrEnum):
    """Whether a user may come in."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    ERASING = "erasing"
    """Asked to be erased: signed out of everything, and gone when the time of grace has passed."""


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
    password_hash = TextField(null=True)
    """Argon2's own format; None for a user who cannot log in with a password."""
    email_verified_at = UtcField(null=True)
    status = CharField(default=UserStatus.ACTIVE)
    plan = CharField(null=True)
    """Name of a plan in the server's configuration; None for the default one."""
    consents = JsonField(default=dict)
    """When each consent was given or withdrawn, by its name: `{"newsletter": {"given": true, "at": ...}}`."""
    erase_after = UtcField(null=True)
    """When a user who asked for it is erased."""

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

    owner_id: uuid.UUID
    id = NumberField()
    owner = ForeignKeyField(User, backref="projects", on_delete="CASCADE")
    name = CharField()
    description = TextField(default="")
    created_at = UtcField(default=utc_now)
    updated_at = UtcField(default=utc_now)

    class Meta:
        indexes = ((("owner", "name"), True),)


class ApiKey(CatalogModel):
    """A key for the REST API. Only the hash is kept: the key itself is shown once, when it is made."""

    user_id: uuid.UUID
    id = NumberField()
    user = ForeignKeyField(User, backref="api_keys", on_delete="CASCADE")
    name = CharField()
    prefix = CharField(default="")
    """First characters of the key, by which its owner recognises it."""
    key_hash = CharField(unique=True)
    created_at = UtcField(default=utc_now)
    last_used_at = UtcField(null=True)
    expires_at = UtcField(null=True)
    revoked_at = UtcField(null=True)
    scopes = JsonField(default=list)
    """What it may be used for: `pixcrawler_core.service.Scope`."""


class MemberRole(enum.StrEnum):
    """What a member of a project may do; the owner is no row, but the project's own field."""

    OWNER = "owner"
    EDITOR = "editor"
    VIEWER = "viewer"


class ProjectMember(CatalogModel):
    """A user who may see or change another one's project."""

    project_id: int
    user_id: uuid.UUID
    project = ForeignKeyField(Project, backref="members", on_delete="CASCADE")
    user = ForeignKeyField(User, backref="memberships", on_delete="CASCADE")
    role = CharField(default=MemberRole.VIEWER)
    created_at = UtcField(default=utc_now)

    class Meta:
        primary_key = CompositeKey("project", "user")


class ActivityLog(CatalogModel):
    """Who did what to which thing, and when; `pixcrawler_core.catalog.audit` appends to it.

    Rows are chained by their hashes, so that none can be changed or taken out unnoticed. They hold no name
    and no address: a user is their id, which means nothing when the account is erased.
    """

    id = AutoField()
    user = ForeignKeyField(User, null=True, backref="activities", on_delete="SET NULL")
    action = CharField()
    entity = CharField(default="")
    """Kind of the thing, such as `dataset`."""
    entity_id = CharField(default="")
    details = JsonField(default=dict)
    created_at = UtcField(default=utc_now, index=True)
    actor = CharField(default="")
    """The user's id as it was; empty for the command line."""
    hash = CharField(default="")
    """SHA-256 in hex of this row and of the hash before it."""


class UsageRecord(CatalogModel):
    """An amount that a user has used of something: `unit` says what the amount counts.

    Rows are only ever added, which a trigger sees to; `pixcrawler_core.catalog.usage` writes them.
    """

    user_id: uuid.UUID
    id = NumberField()
    user = ForeignKeyField(User, backref="usage", on_delete="CASCADE")
    kind = CharField()
    """`pixcrawler_core.metering.Kind`."""
    amount = BigIntegerField()
    unit = CharField()
    details = JsonField(default=dict)
    created_at = UtcField(default=utc_now, index=True)
    source = CharField(unique=True)
    """What it is charged for, such as `job:42:images:100`: charging it twice is impossible."""
    subject = CharField(default="")
    """The thing that used it, such as `job:42`."""
    project = IntegerField(default=0)
    """Id of the project that it counts for, which may be gone; 0 for none."""

    class Meta:
        indexes = ((("subject", "kind"), False),)
