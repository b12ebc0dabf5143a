"""What the server keeps for itself: answers to requests with a key, switches, and when chores began."""

from __future__ import annotations

import uuid

from peewee import AutoField, BlobField, BooleanField, CharField, ForeignKeyField, IntegerField

from pixcrawler_core.catalog.accounts import User
from pixcrawler_core.catalog.fields import CatalogModel, JsonField, UtcField, utc_now


class IdempotencyKey(CatalogModel):
    """A request that is to be done once, by the key that its sender gave it, and its answer."""

    user_id: uuid.UUID
    id = AutoField()
    user = ForeignKeyField(User, backref="idempotency_keys", on_delete="CASCADE", index=False)
    key = CharField()
    digest = CharField()
    """SHA-256 of method, path and body."""
    owner = CharField()
    """Random id of the request that does it."""
    lease_until = UtcField()
    """Until when that request may be at work; whoever asks later may do it."""
    status = IntegerField(null=True)
    """Of the answer; None while there is none."""
    headers = JsonField(default=dict)
    body = BlobField(null=True)
    """Encrypted."""
    created_at = UtcField(default=utc_now, index=True)

    class Meta:
        indexes = ((("user", "key"), True),)


class FeatureFlag(CatalogModel):
    """A switch that an admin has set; one without a row is as the program has it."""

    name = CharField(primary_key=True)
    enabled = BooleanField()
    updated_at = UtcField(default=utc_now)


class Chore(CatalogModel):
    """Something that servers and workers do now and then, and when one of them began it last."""

    name = CharField(primary_key=True)
    begun_at = UtcField()
