"""Subscriptions to plans by Stripe, spoken to with its own library."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from falcon.testing import Result
from pixcrawler_plugins.meters.stripe import KEY_ENV, SECRET_ENV
from pixcrawler_server.metering import settler_of
from stripe import WebhookSignature

from pixcrawler_core.catalog.models import ActivityLog, BillingAccount, BillingEvent, User
from pixcrawler_core.catalog.usage import Used, add_usage
from pixcrawler_core.metering import Kind
from pixcrawler_core.service import Scope
from tests.plugins.meters.stripe_server import Stripe, serving
from tests.server.conftest import Api, Caller, MakeApi, error_code

SECRET = "whsec_test"  # noqa: S105  # of nobody
HOOK = "/billing/stripe/webhook"


@pytest.fixture
def stripe(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stripe]:
    monkeypatch.setenv(KEY_ENV, "sk_test_1")
    monkeypatch.setenv(SECRET_ENV, SECRET)
    with serving() as stripe:
        yield stripe


@pytest.fixture
def paid(make_api: MakeApi, stripe: Stripe) -> Api:
    """A server that sells plans."""
    options = {
        "api_base": stripe.url,
        "prices": {"pro": "price_pro", "team": "price_team"},
        "events": {"images": "images"},
        "retries": 0,
    }
    return make_api(
        plans={"free": {}, "pro": {"storage_bytes": 7}, "team": {}, "unsold": {}},
        billing={"meters": ["stripe"]},
        meters={"stripe": options},
    )


def event(
    api: Api, number: int = 1, subscription: str = "sub_1", secret: str = SECRET, **others: Any
) -> Result:
    """Send an event as Stripe does."""
    told = {
        "id": f"evt_{number}",
        "type": "customer.subscription.updated",
        "data": {"object": {"id": subscription}},
        **others,
    }
    body = json.dumps(told)
    signature = WebhookSignature.generate_signature_header(body, secret, int(datetime.now(UTC).timestamp()))
    headers = {"Stripe-Signature": signature, "Content-Type": "application/json"}
    return api.anonymous("POST", HOOK, body=body, headers=headers)


def subscribed(api: Api, stripe: Stripe, ada: Caller, plan: str = "pro") -> None:
    assert ada("POST", "/billing/subscription", {"plan": plan}).status_code == 200
    stripe.subscriptions["sub_1"]["status"] = "active"
    api.clock.forward(seconds=1)


def plan_of(caller: Caller) -> str | None:
    plan: str | None = User.get_by_id(caller.id).plan
    return plan


def test_a_plan_is_ones_own_when_it_is_paid_and_until_it_ends(paid: Api, stripe: Stripe) -> None:
    ada = paid.user()
    assert ada("GET", "/billing/subscription").json["status"] == "none"
    told = ada("POST", "/billing/subscription", {"plan": "pro"}).json
    assert (told["status"], told["pay_at"], plan_of(ada)) == ("incomplete", "https://pay.example/1", None)
    stripe.subscriptions["sub_1"]["status"] = "active"
    assert event(paid).json == {"new": True}
    assert (plan_of(ada), User.get_by_id(ada.id).storage_quota) == ("pro", 7)
    assert ada("GET", "/billing/subscription").json["status"] == "active"
    assert ada("DELETE", "/billing/subscription").status_code == 200
    assert plan_of(ada) == "pro"
    stripe.subscriptions["sub_1"]["status"] = "canceled"
    paid.clock.forward(days=20)
    event(paid, 2)
    assert plan_of(ada) is None
    told = [each.details["plan"] for each in ActivityLog.select().order_by(ActivityLog.id)]
    assert told == ["pro", None]


def test_a_plan_is_changed(paid: Api, stripe: Stripe) -> None:
    ada = paid.user()
    subscribed(paid, stripe, ada)
    assert ada("POST", "/billing/subscription", {"plan": "team"}).json["plan"] == "team"
    assert (plan_of(ada), len(stripe.subscriptions)) == ("team", 1)


def test_an_event_is_acted_upon_once(paid: Api, stripe: Stripe) -> None:
    ada = paid.user()
    subscribed(paid, stripe, ada)
    assert [event(paid).json["new"] for _ in range(2)] == [True, False]
    assert BillingEvent.select().count() == 1


def test_what_is_not_signed_by_the_provider_is_refused(paid: Api, stripe: Stripe) -> None:
    refused = event(paid, secret="whsec_other")  # noqa: S106  # of nobody
    assert (refused.status_code, error_code(refused)) == (400, "BAD_REQUEST")
    assert paid.anonymous("POST", HOOK, {}).status_code == 400
    assert not BillingEvent.select().exists()


def test_older_news_does_not_replace_newer(paid: Api, stripe: Stripe) -> None:
    ada = paid.user()
    subscribed(paid, stripe, ada)
    event(paid)
    BillingAccount.update(seen_at=paid.clock() + timedelta(hours=1)).execute()
    stripe.subscriptions["sub_1"]["status"] = "canceled"
    event(paid, 2)
    assert plan_of(ada) == "pro"


def test_the_end_of_an_earlier_subscription_takes_nothing(paid: Api, stripe: Stripe) -> None:
    ada = paid.user()
    subscribed(paid, stripe, ada)
    event(paid)
    stripe.subscriptions["sub_0"] = {**stripe.subscriptions["sub_1"], "id": "sub_0", "status": "canceled"}
    event(paid, 2, "sub_0")
    assert plan_of(ada) == "pro"


def test_events_of_others_change_nothing(paid: Api, stripe: Stripe) -> None:
    ada = paid.user()
    subscribed(paid, stripe, ada)
    BillingAccount.update(customer="cus_other").execute()
    assert event(paid).status_code == 200
    assert event(paid, 2, type="invoice.paid").status_code == 200
    assert plan_of(ada) is None


def test_a_provider_that_is_away_sends_its_event_again(paid: Api, stripe: Stripe) -> None:
    ada = paid.user()
    subscribed(paid, stripe, ada)
    stripe.failures = ["500"]
    assert event(paid).status_code == 503
    assert event(paid).json == {"new": True}
    assert plan_of(ada) == "pro"


@pytest.mark.parametrize("failure", ["lost", "500"])
def test_who_asks_again_has_one_subscription(paid: Api, stripe: Stripe, failure: str) -> None:
    ada = paid.user()
    stripe.failures = ["", failure]
    assert ada("POST", "/billing/subscription", {"plan": "pro"}).status_code == 503
    assert ada("POST", "/billing/subscription", {"plan": "pro"}).status_code == 200
    assert (len(stripe.customers), len(stripe.subscriptions)) == (1, 1)


def test_plans_that_are_not_sold(paid: Api) -> None:
    ada = paid.user()
    for plan in ("free", "unsold", "gold", "pro\n"):
        assert error_code(ada("POST", "/billing/subscription", {"plan": plan})) == "VALIDATION_ERROR"


def test_no_key_buys_and_nothing_is_cancelled_twice(paid: Api) -> None:
    ada = paid.user()
    assert paid.key(ada, *Scope)("POST", "/billing/subscription", {"plan": "pro"}).status_code == 403
    assert ada("DELETE", "/billing/subscription").status_code == 409


def test_a_server_without_a_provider(api: Api) -> None:
    assert api.user()("POST", "/billing/subscription", {"plan": "pro"}).status_code == 409
    assert api.anonymous("POST", HOOK, {}).status_code == 404


def test_what_a_subscriber_uses_is_charged_once_whatever_fails(paid: Api, stripe: Stripe) -> None:
    ada, bob = paid.user(), paid.user("bob@example.org")
    subscribed(paid, stripe, ada)
    for who, amount in ((ada, 5), (bob, 7), (ada, 9)):
        entry = Used(user=who.id, kind=Kind.IMAGES, amount=amount, source=f"{who.id}:{amount}")
        add_usage([entry], paid.clock())
    services = paid.services
    settler = settler_of(services.catalog.database, services.registry, services.meters, paid.clock)
    stripe.failures = ["lost"]
    for _ in range(3):
        settler.settle()
        paid.clock.forward(minutes=5)
    assert sorted(each["payload[value]"] for each in stripe.events.values()) == ["5", "9"]
