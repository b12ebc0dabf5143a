from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from pixcrawler_plugins.meters import stripe as plugin
from stripe import WebhookSignature

from pixcrawler_core.errors import ConfigError
from pixcrawler_core.metering import Buyer, Kind, MeterRefused, MeterUnavailable, Seller
from pixcrawler_core.registry import load
from pixcrawler_core.service import Meter
from pixcrawler_core.testing.contracts import MeterContract
from pixcrawler_core.testing.contracts.meter import SINCE, usage
from tests.plugins.meters.stripe_server import Stripe, serving

SECRET = "whsec_test"  # noqa: S105  # of nobody
ADA = Buyer(user=UUID(int=1), email="ada@example.org")


@pytest.fixture
def stripe(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stripe]:
    monkeypatch.setenv(plugin.KEY_ENV, "sk_test_1")
    monkeypatch.setenv(plugin.SECRET_ENV, SECRET)
    with serving() as stripe:
        yield stripe


def options(stripe: Stripe, **others: Any) -> dict[str, Any]:
    events = {"images": "pixcrawler_images", "storage": "pixcrawler_storage"}
    prices = {"pro": "price_pro", "team": "price_team"}
    return {"events": events, "prices": prices, "api_base": stripe.url, "retries": 0, **others}


def meter_of(stripe: Stripe, **others: Any) -> Any:
    return load(installed=False).build(Meter, "stripe", options(stripe, **others))


class TestContract(MeterContract):
    component = next(iter(plugin.register_meters()))

    @pytest.fixture(autouse=True)
    def _server(self, stripe: Stripe) -> None:
        self.stripe = stripe

    def table(self, folder: Path) -> Mapping[str, Any]:
        return options(self.stripe)

    def charged(self, folder: Path) -> list[int]:
        return [int(each["payload[value]"]) for each in self.stripe.events.values()]


def test_an_event_says_who_used_how_much_and_when(stripe: Stripe) -> None:
    meter = meter_of(stripe)
    reference = meter.charge(usage(1, kind=Kind.STORAGE, amount=2_500_000))
    (event,) = stripe.events.values()
    assert event == {
        "event_name": "pixcrawler_storage",
        "identifier": reference,
        "timestamp": "1768480200",
        "payload[stripe_customer_id]": "cus_1",
        "payload[value]": "3",
    }


@pytest.mark.parametrize(
    "fields",
    [
        {"customer": ""},
        {"since": None},
        {"since": datetime(2026, 2, 1, tzinfo=UTC)},
        {"kind": Kind.REQUESTS},
        {"kind": Kind.STORAGE, "amount": 1},
    ],
)
def test_what_is_not_to_be_paid_is_not_told(stripe: Stripe, fields: dict[str, Any]) -> None:
    assert meter_of(stripe).charge(usage(1, **fields)) == ""
    assert stripe.requests == []


@pytest.mark.parametrize("failure", ["500", "429", "401", "lost"])
def test_what_did_not_go_through_is_told_again_and_charged_once(stripe: Stripe, failure: str) -> None:
    stripe.failures = [failure]
    meter = meter_of(stripe)
    with pytest.raises(MeterUnavailable, match="Stripe"):
        meter.charge(usage(1))
    assert meter.charge(usage(1))
    assert len(stripe.events) == 1


def test_the_library_asks_again_by_itself(stripe: Stripe) -> None:
    stripe.failures = ["lost"]
    assert meter_of(stripe, retries=1).charge(usage(1))
    assert (len(stripe.requests), len(stripe.events)) == (2, 1)


def test_an_event_that_stripe_has_counts_as_told(stripe: Stripe) -> None:
    meter = meter_of(stripe)
    reference = meter.charge(usage(1))
    stripe.forget()
    assert meter.charge(usage(1)) == reference
    assert len(stripe.events) == 1


def test_what_stripe_refuses_is_told_so(stripe: Stripe) -> None:
    with pytest.raises(MeterRefused, match="No such customer"):
        meter_of(stripe).charge(usage(1, customer="cus_nobody"))


def test_a_plan_is_subscribed_to_once_changed_and_cancelled(stripe: Stripe) -> None:
    meter = meter_of(stripe)
    assert isinstance(meter, Seller)
    assert (meter.sells("pro"), meter.sells("gold")) == (True, False)
    begun, again = meter.subscribe(ADA, "pro"), meter.subscribe(ADA, "pro")
    assert begun == again
    assert (len(stripe.customers), len(stripe.subscriptions)) == (1, 1)
    assert stripe.customers[0]["email"] == "ada@example.org"
    assert (begun.plan, begun.active, begun.pay_at) == ("pro", False, "https://pay.example/1")
    assert begun.since == SINCE
    stripe.subscriptions["sub_1"] |= {"status": "active", "latest_invoice": "in_1"}
    paying = Buyer(user=ADA.user, email=ADA.email, customer="cus_1", subscription="sub_1")
    changed = meter.subscribe(paying, "team")
    assert (changed.id, changed.plan, changed.active, changed.pay_at) == ("sub_1", "team", True, "")
    meter.cancel(paying)
    assert stripe.subscriptions["sub_1"]["cancel_at_period_end"] is True
    meter.subscribe(paying, "team")
    assert stripe.subscriptions["sub_1"]["cancel_at_period_end"] is False
    stripe.subscriptions["sub_1"]["status"] = "canceled"
    assert meter.subscribe(paying, "pro").id == "sub_2"


def signed(event: Mapping[str, Any], secret: str = SECRET, age: timedelta = timedelta()) -> tuple[bytes, str]:
    """A body and its signature, by the library's own hand."""
    body = json.dumps(event)
    at = int((datetime.now(UTC) - age).timestamp())
    return body.encode(), WebhookSignature.generate_signature_header(body, secret, at)


EVENT = {"id": "evt_1", "type": "customer.subscription.updated", "data": {"object": {"id": "sub_1"}}}


def test_an_event_tells_how_the_subscription_is_now(stripe: Stripe) -> None:
    meter = meter_of(stripe)
    meter.subscribe(ADA, "pro")
    stripe.subscriptions["sub_1"]["status"] = "active"
    body, signature = signed(EVENT)
    news = meter.news(body, {"stripe-signature": signature})
    assert (news.id, news.subscription.status, news.subscription.plan) == ("evt_1", "active", "pro")
    other, signature = signed({**EVENT, "type": "invoice.paid"})
    assert meter.news(other, {"stripe-signature": signature}).subscription is None


@pytest.mark.parametrize("wrong", ["", "t=1,v1=00", "t=x", "v1=é", "nonsense", "t=1,v1="])
def test_a_signature_that_is_none(stripe: Stripe, wrong: str) -> None:
    body, _ = signed(EVENT)
    with pytest.raises(MeterRefused, match="signed"):
        meter_of(stripe).news(body, {"stripe-signature": wrong})


def test_a_signature_of_somebody_else_or_of_long_ago_or_of_another_body(stripe: Stripe) -> None:
    meter = meter_of(stripe)
    body, good = signed(EVENT)
    for told, signature in (
        signed(EVENT, "whsec_other"),
        signed(EVENT, age=timedelta(minutes=6)),
        (body + b" ", good),
        (b"\xff\xfe", good),
    ):
        with pytest.raises(MeterRefused, match="signed"):
            meter.news(told, {"stripe-signature": signature})
    assert stripe.requests == []


def test_it_needs_its_secrets(stripe: Stripe, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(plugin.KEY_ENV)
    with pytest.raises(ConfigError, match=plugin.KEY_ENV):
        meter_of(stripe)
