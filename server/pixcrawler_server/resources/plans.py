"""`/plans`: what users may have, and what it costs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pixcrawler_core import hookimpl
from pixcrawler_core.service import Route
from pixcrawler_server.bodies import View
from pixcrawler_server.operations import Access, operation
from pixcrawler_server.paths import API
from pixcrawler_server.replies import send

if TYPE_CHECKING:
    from falcon.asgi import Request, Response

    from pixcrawler_server.services import Services


class PlanView(View):
    """A plan: `included` is without charge each month."""

    name: str
    default: bool
    price_cents: int
    limits: dict[str, int]
    included: dict[str, int]


class PlansView(View):
    """All plans, and what is charged beyond them: `prices` are cents."""

    currency: str
    plans: list[PlanView]
    prices: dict[str, float]


class PlansResource:
    """All plans."""

    def __init__(self, services: Services) -> None:
        settings = services.settings
        billing = settings.billing
        self._view = PlansView(
            currency=billing.currency,
            plans=[
                PlanView(
                    name=name,
                    default=name == settings.default_plan,
                    price_cents=plan.price,
                    limits=plan.limits(),
                    included=plan.included(),
                )
                for name, plan in settings.plans.items()
            ],
            prices={
                "thousand_images": float(billing.images),
                "gigabyte_hour": float(billing.storage),
                "thousand_requests": float(billing.requests),
                "compute_hour": float(billing.compute),
            },
        )

    @operation(access=Access.PUBLIC, tag="usage", answers={200: PlansView})
    async def on_get(self, req: Request, resp: Response) -> None:
        """List the plans with their limits and prices."""
        send(resp, self._view)
        resp.set_header("Cache-Control", "public, max-age=60")


@hookimpl
def register_routes() -> Iterator[Route]:
    yield Route(name="plans", summary="Plans", path=f"{API}/plans", build=PlansResource)
