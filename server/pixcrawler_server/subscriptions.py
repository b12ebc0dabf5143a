"""Rules of subscriptions: what a provider of payments says of one becomes the user's plan."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from pixcrawler_core.catalog import audit
from pixcrawler_core.catalog.fields import to_sql_time
from pixcrawler_core.catalog.models import BillingAccount, BillingEvent, User
from pixcrawler_core.catalog.sql import Sql
from pixcrawler_core.metering import BillingNews, Buyer, Subscription
from pixcrawler_server.administration import plan_changes
from pixcrawler_server.settings import ServerSettings

SEEN = "INSERT INTO billing_event (id, kind, created_at) VALUES (?, ?, ?) ON CONFLICT (id) DO NOTHING"


def account_of(user_id: UUID) -> BillingAccount | None:
    """A user's account at the provider of payments; None for one who never paid."""
    return BillingAccount.get_or_none(BillingAccount.user == user_id)


def buyer_of(user_id: UUID, meter: str) -> Buyer:
    """A user as the provider knows them."""
    user, account = User.get_by_id(user_id), account_of(user_id)
    known = account if account is not None and account.meter == meter else None
    return Buyer(
        user=user.id,
        email=user.email,
        customer=known.customer if known else "",
        subscription=(known.subscription or "") if known else "",
    )


def take_news(news: BillingNews, asked_at: datetime, settings: ServerSettings) -> bool:
    """Act upon an event, in the transaction under way; whether it is one that was not acted upon before.

    `asked_at` is when the provider was asked how the subscription is: older news does not replace newer.
    """
    sql = Sql(BillingEvent.bound_to())
    if not sql.run(SEEN, (news.id, news.kind[:255], to_sql_time(asked_at))):
        return False
    told = news.subscription
    if told is None:
        return True
    account = BillingAccount.get_or_none(BillingAccount.customer == told.customer)
    if account is not None and _counts(account, told, asked_at):
        keep(account.user_id, account.meter, told, asked_at, settings)
    return True


def keep(user_id: UUID, meter: str, told: Subscription, asked_at: datetime, settings: ServerSettings) -> None:
    """Note how a user's subscription is, and give them its plan; the default one where it is not paid."""
    fields: dict[str, Any] = {
        "meter": meter,
        "customer": told.customer,
        "subscription": told.id,
        "status": told.status,
        "plan": told.plan,
        "since": told.since,
        "seen_at": asked_at,
        "updated_at": asked_at,
    }
    BillingAccount.insert(user=user_id, **fields).on_conflict(
        conflict_target=[BillingAccount.user], update=fields
    ).execute()
    user = User.get_by_id(user_id)
    plan = told.plan if told.active and told.plan in settings.plans else None
    if user.plan == plan:
        return
    User.update(**plan_changes(settings, plan), updated_at=asked_at).where(User.id == user_id).execute()
    details = {"plan": plan, "status": told.status}
    audit.record("plan changed by subscription", entity="user", entity_id=user_id, details=details)


def _counts(account: BillingAccount, told: Subscription, asked_at: datetime) -> bool:
    """Whether news is newer than what is known, and not of a subscription that another one has replaced."""
    if account.seen_at is not None and asked_at < account.seen_at:
        return False
    return told.active or account.subscription in (None, told.id)
