"""`/exports/{id}/url`: addresses at which anybody can download an export, for a time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from pydantic import Field

from pixcrawler_core import hookimpl
from pixcrawler_core.catalog.models import MemberRole
from pixcrawler_core.service import Principal, Route, Scope
from pixcrawler_core.storage.signing import signed
from pixcrawler_server.bodies import Input, View
from pixcrawler_server.downloads import DOWNLOADS, export_mark, export_path
from pixcrawler_server.operations import Access, Budget, operation
from pixcrawler_server.owned import export_of
from pixcrawler_server.replies import send
from pixcrawler_server.resources.exports import ITEM, note

if TYPE_CHECKING:
    from falcon.asgi import Request, Response

    from pixcrawler_server.services import Services


class ExportAddress(Input):
    """For how long an address is to be good."""

    minutes: int = Field(default=60, ge=1, le=7 * 24 * 60)


class AddressView(View):
    """An address at which anybody who has it can download, for a time."""

    url: str
    expires_at: datetime


class ExportAddressResource:
    """An address of an export for a time."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._catalog = services.catalog

    @operation(
        access=Access.USER,
        scope=Scope.DATASETS_WRITE,
        budget=Budget.WRITE,
        tag="exports",
        body=ExportAddress,
        answers={201: AddressView},
        errors=(403, 404, 409),
    )
    async def on_post(
        self, req: Request, resp: Response, principal: Principal, export_id: int, body: ExportAddress
    ) -> None:
        """Make an address at which anybody can download an export, for some minutes."""
        until = self._services.now().replace(microsecond=0) + timedelta(minutes=body.minutes)
        mark = await self._catalog.write(self._noted, principal, export_id, until)
        base = f"{self._services.settings.server.url}{DOWNLOADS}"
        url = signed(base, self._services.keyring.addresses, str(export_id), until, mark)
        send(resp, AddressView(url=url, expires_at=until), 201)

    def _noted(self, principal: Principal, export_id: int, until: datetime) -> str:
        export = export_of(principal, export_id, MemberRole.EDITOR)
        export_path(self._services.workspace, export)
        note("export shared", export, principal, until=f"{until:%Y-%m-%dT%H:%M:%SZ}")
        return export_mark(export)


@hookimpl
def register_routes() -> Iterator[Route]:
    yield Route(
        name="export-url",
        summary="An address of an export for a time",
        path=f"{ITEM}/url",
        build=ExportAddressResource,
    )
