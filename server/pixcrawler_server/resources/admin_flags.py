"""`/admin/flags`: switches of parts of the API."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from pixcrawler_core import hookimpl
from pixcrawler_core.catalog import audit
from pixcrawler_core.catalog.models import FeatureFlag
from pixcrawler_core.service import Principal, Route, Scope
from pixcrawler_server.bodies import Input, View
from pixcrawler_server.errors import NotFound
from pixcrawler_server.flags import SUMMARIES, Flag
from pixcrawler_server.operations import Access, Budget, operation
from pixcrawler_server.paths import API
from pixcrawler_server.replies import send

if TYPE_CHECKING:
    from falcon.asgi import Request, Response

    from pixcrawler_server.services import Services

ROOT = f"{API}/admin/flags"


class FlagChange(Input):
    """How a switch is to be."""

    enabled: bool


class FlagView(View):
    """A switch; `default` is how it is where no admin has set it."""

    name: Flag
    summary: str
    enabled: bool
    default: bool
    updated_at: datetime | None


class FlagsView(View):
    """All switches."""

    items: list[FlagView]


class FlagsResource:
    """All switches."""

    def __init__(self, services: Services) -> None:
        self._services = services

    @operation(access=Access.ADMIN, scope=Scope.ADMIN, tag="admin", answers={200: FlagsView})
    async def on_get(self, req: Request, resp: Response, principal: Principal) -> None:
        """List the switches."""
        rows = await self._services.catalog.read(_rows)
        send(resp, FlagsView(items=[_view(flag, rows.get(flag), self._services) for flag in Flag]))


class FlagResource:
    """One switch."""

    def __init__(self, services: Services) -> None:
        self._services = services

    @operation(
        access=Access.ADMIN,
        scope=Scope.ADMIN,
        budget=Budget.WRITE,
        tag="admin",
        body=FlagChange,
        answers={200: FlagView},
        errors=(404,),
    )
    async def on_put(
        self, req: Request, resp: Response, principal: Principal, flag: str, body: FlagChange
    ) -> None:
        """Switch a part of the API on or off; all processes follow within seconds."""
        if flag not in {each.value for each in Flag}:
            raise NotFound("flag", flag)
        services = self._services
        row = await services.catalog.write(_switched, Flag(flag), body.enabled, services.now(), principal)
        services.flags.forget()
        send(resp, _view(Flag(flag), row, services))


def _rows() -> dict[str, FeatureFlag]:
    return {each.name: each for each in FeatureFlag.select()}


def _switched(flag: Flag, enabled: bool, now: datetime, principal: Principal) -> FeatureFlag:
    told = {"enabled": enabled, "updated_at": now}
    FeatureFlag.insert(name=flag.value, **told).on_conflict(
        conflict_target=[FeatureFlag.name], update=told
    ).execute()
    audit.record(
        "flag switched",
        entity="flag",
        entity_id=flag.value,
        details={"enabled": enabled},
        actor=principal.user_id,
    )
    return FeatureFlag.get_by_id(flag.value)


def _view(flag: Flag, row: FeatureFlag | None, services: Services) -> FlagView:
    default = services.flags.defaults[flag]
    return FlagView(
        name=flag,
        summary=SUMMARIES[flag],
        enabled=default if row is None else bool(row.enabled),
        default=default,
        updated_at=None if row is None else row.updated_at,
    )


@hookimpl
def register_routes() -> Iterator[Route]:
    yield Route(name="admin-flags", summary="Switches", path=ROOT, build=FlagsResource)
    yield Route(name="admin-flag", summary="A switch", path=f"{ROOT}/{{flag}}", build=FlagResource)
