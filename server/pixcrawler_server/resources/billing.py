"""`/billing`: subscriptions to plans, and what the provider of payments sends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import Field

from pixcrawler_core import hookimpl
from pixcrawler_core.metering import MeterRefused, MeterUnavailable, Seller, Subscription
from pixcrawler_core.service import Principal, Route, Scope
from pixcrawler_server.bodies import Input, View, read_body
from pixcrawler_server.errors import BadRequest, Conflict, Invalid, NotFound, Unavailable
from pixcrawler_server.metering import seller_of
from pixcrawler_server.operations import Access, Budget, operation
from pixcrawler_server.paths import API
from pixcrawler_server.replies import send
from pixcrawler_server.subscriptions import account_of, buyer_of, keep, take_news

if TYPE_CHECKING:
    from falcon.asgi import Request, Response

    from pixcrawler_server.services import Services

T = TypeVar("T")
NONE = "none"
"""Status of who has no subscription."""


class NewSubscription(Input):
    """A plan to subscribe to."""

    plan: str = Field(min_length=1, max_length=100)


class SubscriptionView(View):
    """A subscription; `pay_at` is the page on which its beginning is to be paid, if it is."""

    plan: str | None
    status: str
    """In the words of the provider of payments; `none` without a subscription."""
    since: datetime | None
    pay_at: str | None


class Received(View):
    """An event was received; `new` is false for one that was acted upon before."""

    new: bool


class SubscriptionResource:
    """Your subscription."""

    def __init__(self, services: Services) -> None:
        self._services = services

    @operation(access=Access.USER, scope=Scope.USAGE_READ, tag="billing", answers={200: SubscriptionView})
    async def on_get(self, req: Request, resp: Response, principal: Principal) -> None:
        """Show your subscription."""
        account = await self._services.catalog.read(account_of, principal.user_id)
        told = SubscriptionView(
            plan=account.plan if account else None,
            status=account.status if account else NONE,
            since=account.since if account else None,
            pay_at=None,
        )
        send(resp, told)

    @operation(
        access=Access.SIGNED_IN,
        budget=Budget.WRITE,
        tag="billing",
        body=NewSubscription,
        answers={200: SubscriptionView},
        errors=(409,),
    )
    async def on_post(
        self, req: Request, resp: Response, principal: Principal, body: NewSubscription
    ) -> None:
        """Subscribe to a plan, or change to it; the plan is yours when it is paid."""
        name, seller = self._seller()
        if body.plan not in self._services.settings.plans or not seller.sells(body.plan):
            raise Invalid(f"plan: {body.plan[:80]!r} is none that is sold", details={"field": "plan"})
        buyer = await self._services.catalog.read(buyer_of, principal.user_id, name)
        at = self._services.now()
        told = await _asked(seller.subscribe, buyer, body.plan)
        await self._keep(principal, name, told, at)
        send(resp, _view(told))

    @operation(
        access=Access.SIGNED_IN,
        budget=Budget.WRITE,
        tag="billing",
        answers={200: SubscriptionView},
        errors=(409,),
    )
    async def on_delete(self, req: Request, resp: Response, principal: Principal) -> None:
        """Let your subscription end with the time that is paid for."""
        name, seller = self._seller()
        buyer = await self._services.catalog.read(buyer_of, principal.user_id, name)
        if not buyer.subscription:
            raise Conflict("you have no subscription")
        at = self._services.now()
        told = await _asked(seller.cancel, buyer)
        await self._keep(principal, name, told, at)
        send(resp, _view(told))

    def _seller(self) -> tuple[str, Seller]:
        found = seller_of(self._services.meters)
        if found is None:
            raise Conflict("this server sells no plans")
        return found

    async def _keep(self, principal: Principal, name: str, told: Subscription, at: datetime) -> None:
        settings = self._services.settings
        await self._services.catalog.write(keep, principal.user_id, name, told, at, settings)
        self._services.principals.forget()


class WebhookResource:
    """What a provider of payments sends."""

    def __init__(self, services: Services) -> None:
        self._services = services

    @operation(
        access=Access.PUBLIC,
        budget=Budget.WRITE,
        tag="billing",
        upload=("application/json",),
        answers={200: Received},
        errors=(404, 409),
    )
    async def on_post(self, req: Request, resp: Response, meter: str) -> None:
        """Take an event that the provider signed; each is acted upon once."""
        services = self._services
        seller = services.meters.get(meter)
        if not isinstance(seller, Seller):
            raise NotFound("meter", meter)
        body = await read_body(req, services.settings.server.max_body)
        headers = {name.lower(): value for name, value in req.headers.items()}
        at = services.now()
        try:
            news = await _asked(seller.news, body, headers)
        except Conflict as refused:
            raise BadRequest(refused.message) from refused
        new = await services.catalog.write(take_news, news, at, services.settings)
        services.principals.forget()
        send(resp, Received(new=new))


async def _asked(work: Callable[..., T], *arguments: Any) -> T:
    """Ask the provider, in a thread of its own. Raises Conflict where it refuses, and Unavailable."""
    try:
        return await asyncio.to_thread(work, *arguments)
    except MeterRefused as refused:
        raise Conflict(str(refused)) from refused
    except MeterUnavailable as away:
        raise Unavailable(
            "the provider of payments does not answer; ask again later", headers={"Retry-After": "5"}
        ) from away


def _view(told: Subscription) -> SubscriptionView:
    return SubscriptionView(plan=told.plan, status=told.status, since=told.since, pay_at=told.pay_at or None)


@hookimpl
def register_routes() -> Iterator[Route]:
    yield Route(
        name="subscription",
        summary="Your subscription",
        path=f"{API}/billing/subscription",
        build=SubscriptionResource,
    )
    yield Route(
        name="billing-webhook",
        summary="What a provider of payments sends",
        path=f"{API}/billing/{{meter}}/webhook",
        build=WebhookResource,
    )
