"""Speaks to Stripe with its own library. What is sent again is sent under the same key, and done once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import stripe

from pixcrawler_core.errors import told
from pixcrawler_core.metering import (
    BillingNews,
    Buyer,
    Kind,
    MeterRefused,
    MeterUnavailable,
    Subscription,
    Usage,
)

if TYPE_CHECKING:
    from pixcrawler_plugins.meters.stripe import StripeOptions

UNITS: Mapping[Kind, int] = {Kind.STORAGE: 10**6}
"""What an amount is divided by, where Stripe is not told the ledger's own units: megabytes times hours."""
DUPLICATE = "already exists with identifier"
"""What Stripe says of an event that it has: it was told of it, and only the answer was lost."""
NOT_DONE = (stripe.RateLimitError, stripe.AuthenticationError, stripe.PermissionError)
"""Errors of requests that Stripe did not look at."""
ACTIVE = ("active", "past_due", "trialing")
"""Statuses in which a user has the plan: https://docs.stripe.com/billing/subscriptions/overview"""
SUBSCRIPTIONS = "customer.subscription."
HEADER = "stripe-signature"
SIGNED_FOR = 300
"""Seconds for which a signature is good, which is what Stripe's library has as well."""


class StripeMeter:
    """A customer and a subscription for each user who pays, and an event for each row of their usage."""

    def __init__(self, options: StripeOptions, key: str, signing_secret: str) -> None:
        self._options = options
        self._signing_secret = signing_secret
        self._client = stripe.StripeClient(
            key,
            base_addresses={"api": options.api_base},
            max_network_retries=options.retries,
            http_client=stripe.RequestsClient(timeout=options.timeout),
        )

    def charge(self, usage: Usage, /) -> str:
        """Send the event of a row: its identifier, and nothing for who does not pay."""
        event = self._options.events.get(usage.kind)
        unit = UNITS.get(usage.kind, 1)
        value = (usage.amount + unit // 2) // unit
        early = usage.since is None or usage.at < usage.since
        if event is None or not usage.customer or early or not value:
            return ""
        identifier = _digest("usage", usage.id, usage.source, usage.at.isoformat())
        payload = {"stripe_customer_id": usage.customer, "value": str(value)}
        params: Any = {
            "event_name": event,
            "identifier": identifier,
            "timestamp": int(usage.at.timestamp()),
            "payload": payload,
        }
        try:
            with _asked():
                self._client.v1.billing.meter_events.create(params, {"idempotency_key": identifier})
        except MeterRefused as refused:
            if DUPLICATE not in str(refused):
                raise
        return identifier

    def close(self) -> None:
        """Connections are closed as they are let go of."""

    def sells(self, plan: str, /) -> bool:
        """Whether the options have a price for a plan."""
        return plan in self._options.prices

    def subscribe(self, buyer: Buyer, plan: str, /) -> Subscription:
        """Subscribe, or change the price of the subscription there is."""
        price = self._options.prices[plan]
        with _asked():
            if buyer.subscription:
                found = self._client.v1.subscriptions.retrieve(buyer.subscription).to_dict()
                if found["status"] not in ("canceled", "incomplete_expired"):
                    return self._changed(found, price)
            return self._begun(buyer, price)

    def cancel(self, buyer: Buyer, /) -> Subscription:
        """Let it end with the period that is paid for."""
        params: Any = {"cancel_at_period_end": True}
        with _asked():
            return self._read(self._client.v1.subscriptions.update(buyer.subscription, params).to_dict())

    def news(self, body: bytes, headers: Mapping[str, str], /) -> BillingNews:
        """Check the signature with Stripe's library; a subscription is asked for as it is now."""
        event = self._signed(body, headers.get(HEADER, ""))
        about = event["data"]["object"]
        if not str(event["type"]).startswith(SUBSCRIPTIONS):
            return BillingNews(id=event["id"], kind=event["type"])
        with _asked():
            found = self._client.v1.subscriptions.retrieve(about["id"]).to_dict()
        return BillingNews(id=event["id"], kind=event["type"], subscription=self._read(found))

    def _begun(self, buyer: Buyer, price: str) -> Subscription:
        customer = buyer.customer or self._customer(buyer)
        params: Any = {
            "customer": customer,
            "items": [{"price": price}],
            "payment_behavior": "default_incomplete",
            "expand": ["latest_invoice"],
            "metadata": {"user": str(buyer.user)},
        }
        key = _digest("subscribe", buyer.user, price, buyer.subscription)
        return self._read(self._client.v1.subscriptions.create(params, {"idempotency_key": key}).to_dict())

    def _customer(self, buyer: Buyer) -> str:
        params: Any = {"email": buyer.email, "metadata": {"user": str(buyer.user)}}
        key = _digest("customer", buyer.user, buyer.email)
        return self._client.v1.customers.create(params, {"idempotency_key": key}).id

    def _changed(self, found: Mapping[str, Any], price: str) -> Subscription:
        item = found["items"]["data"][0]
        if item["price"]["id"] == price and not found.get("cancel_at_period_end"):
            return self._read(found)
        params: Any = {
            "items": [{"id": item["id"], "price": price}],
            "cancel_at_period_end": False,
            "expand": ["latest_invoice"],
        }
        return self._read(self._client.v1.subscriptions.update(found["id"], params).to_dict())

    def _read(self, found: Mapping[str, Any]) -> Subscription:
        price = found["items"]["data"][0]["price"]["id"]
        plans = {told: plan for plan, told in self._options.prices.items()}
        invoice = found.get("latest_invoice")
        unpaid = isinstance(invoice, Mapping) and invoice.get("status") == "open"
        return Subscription(
            id=found["id"],
            customer=found["customer"],
            status=found["status"],
            active=found["status"] in ACTIVE,
            plan=plans.get(price),
            since=datetime.fromtimestamp(found["start_date"], UTC),
            pay_at=str((invoice or {}).get("hosted_invoice_url") or "") if unpaid else "",
        )

    def _signed(self, body: bytes, signature: str) -> Mapping[str, Any]:
        try:
            stripe.WebhookSignature.verify_header(body, signature, self._signing_secret, SIGNED_FOR)
            event: Mapping[str, Any] = json.loads(body)
        except (stripe.SignatureVerificationError, ValueError, TypeError) as error:
            raise MeterRefused("this is no event that Stripe has signed in the last minutes") from error
        return event


@contextmanager
def _asked() -> Iterator[None]:
    """Tell errors of the library by whether asking again may help. A wrong key is for a person to mend."""
    try:
        yield
    except (stripe.InvalidRequestError, stripe.CardError, stripe.IdempotencyError, UnicodeError) as error:
        raise MeterRefused(f"Stripe refuses it: {told(error)}") from error
    except stripe.StripeError as error:
        untold = isinstance(error, NOT_DONE)
        raise MeterUnavailable(f"Stripe does not do it now: {told(error)}", untold=untold) from error


def _digest(*parts: object) -> str:
    """A key by which Stripe recognises what was asked before; 64 characters."""
    return hashlib.sha256(json.dumps([str(part) for part in parts]).encode()).hexdigest()
