"""What hangs on a user beside their sessions: a picture, accounts elsewhere, an archive of their data."""

from __future__ import annotations

import enum
import uuid

from peewee import BigIntegerField, BlobField, CharField, CompositeKey, ForeignKeyField, TextField

from pixcrawler_core.catalog.accounts import User
from pixcrawler_core.catalog.fields import CatalogModel, UtcField, utc_now


class Avatar(CatalogModel):
    """The picture of a user, as the server made it of what was uploaded: small, square and plain."""

    user_id: uuid.UUID
    user = ForeignKeyField(User, primary_key=True, backref="avatars", on_delete="CASCADE")
    media_type = CharField()
    data = BlobField()
    created_at = UtcField(default=utc_now)


class Identity(CatalogModel):
    """An account at a provider of OpenID Connect by which a user signs in."""

    user_id: uuid.UUID
    issuer = TextField()
    subject = TextField()
    """The provider's own name of the account; it never changes, unlike the address."""
    user = ForeignKeyField(User, backref="identities", on_delete="CASCADE")
    created_at = UtcField(default=utc_now)

    class Meta:
        primary_key = CompositeKey("issuer", "subject")


class ArchiveStatus(enum.StrEnum):
    """Where the archive of a user's data stands."""

    PENDING = "pending"
    READY = "ready"
    FAILED = "failed"


class DataArchive(CatalogModel):
    """The archive of all that is known of a user, which they asked for; there is one at a time."""

    user_id: uuid.UUID
    user = ForeignKeyField(User, primary_key=True, backref="archives", on_delete="CASCADE")
    status = CharField(default=ArchiveStatus.PENDING)
    file = TextField()
    """Its name in the folder of archives."""
    size = BigIntegerField(null=True)
    """Bytes."""
    created_at = UtcField(default=utc_now)
    completed_at = UtcField(null=True)
