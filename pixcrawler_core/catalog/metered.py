"""What was used, summed up by hour, and what meters and the provider of payments were told of it."""

from __future__ import annotations

import enum
import uuid

from peewee import BigIntegerField, CharField, CompositeKey, ForeignKeyField, IntegerField, TextField

from pixcrawler_core.catalog.accounts import UsageRecord, User
from pixcrawler_core.catalog.fields import CatalogModel, UtcField, utc_now


class UsageHour(CatalogModel):
    """The sum of what a user used of a kind in an hour, for one project; kept with each usage record."""

    user_id: uuid.UUID
    user = ForeignKeyField(User, backref="usage_hours", on_delete="CASCADE", index=False)
    hour = CharField()
    """In UTC: `2026-01-15 12`."""
    kind = CharField()
    project = IntegerField()
    """As in the usage record."""
    amount = BigIntegerField()

    class Meta:
        primary_key = CompositeKey("user", "hour", "kind", "project")


class DeliveryState(enum.StrEnum):
    """Where the delivery of a usage record to a meter stands."""

    WAITING = "waiting"
    """It is being told, or is to be told again."""
    DONE = "done"
    REFUSED = "refused"
    """The meter does not take it, and will not."""
    UNSURE = "unsure"
    """It may have been told, so long ago that telling it again might charge it twice: for a person to see."""


class MeterDelivery(CatalogModel):
    """A usage record that a meter was told, or is to be told."""

    record_id: int
    record = ForeignKeyField(UsageRecord, backref="deliveries", on_delete="CASCADE", index=False)
    meter = CharField()
    state = CharField(default=DeliveryState.WAITING)
    attempts = IntegerField(default=0)
    first_at = UtcField(null=True)
    """When it was first tried and nobody knows whether the meter was told; None where that is known."""
    next_at = UtcField()
    """When it may be tried again: until then, somebody is at it, or waits."""
    reference = TextField(default="")
    """What the meter calls the charge; empty where nothing was charged."""
    error = TextField(default="")

    class Meta:
        primary_key = CompositeKey("meter", "record")
        indexes = ((("record",), False),)


class MeterMark(CatalogModel):
    """Up to which usage record a meter was told everything, so that nobody looks at those again."""

    meter = CharField(primary_key=True)
    record = IntegerField(default=0)


class BillingAccount(CatalogModel):
    """A user at the provider of payments."""

    user_id: uuid.UUID
    user = ForeignKeyField(User, primary_key=True, backref="billing", on_delete="CASCADE")
    meter = CharField()
    """The meter by which they pay."""
    customer = CharField(unique=True)
    """Their id at the provider."""
    subscription = CharField(null=True)
    """Id of their subscription there; None for none."""
    status = CharField(default="")
    """What the provider calls the state of the subscription."""
    plan = CharField(null=True)
    """The plan that is subscribed to."""
    since = UtcField(null=True)
    """When the subscription began: what was used before is not charged."""
    seen_at = UtcField(null=True)
    """When the provider was asked for this; older news does not replace newer."""
    updated_at = UtcField(default=utc_now)


class BillingEvent(CatalogModel):
    """An event of the provider that was acted upon: it is not acted upon again."""

    id = CharField(primary_key=True)
    kind = CharField()
    created_at = UtcField(default=utc_now)
