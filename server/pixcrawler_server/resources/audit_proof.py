"""`/admin/audit/verify`: whether the record is as it was written."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pydantic import Field

from pixcrawler_core import hookimpl
from pixcrawler_core.catalog.audit import Broken, newest, verify
from pixcrawler_core.catalog.sql import Sql
from pixcrawler_core.service import Principal, Route, Scope
from pixcrawler_server.bodies import Input, View
from pixcrawler_server.operations import Access, operation
from pixcrawler_server.paths import API
from pixcrawler_server.replies import send

if TYPE_CHECKING:
    from falcon.asgi import Request, Response

    from pixcrawler_server.services import Services


class HeadQuery(Input):
    """What must still be there."""

    head: str | None = Field(
        default=None,
        pattern="^[0-9a-f]{64}$",
        description="Hash that the newest entry had when it was looked at before.",
    )


class BrokenView(View):
    """The first entry that is not as it was written."""

    id: int
    why: str


class ProofView(View):
    """Whether the record is as it was written; keep the hash elsewhere, and give it as `head` next time."""

    newest: int
    hash: str
    broken: BrokenView | None


class Proof:
    """Whether the record is as it was written."""

    def __init__(self, services: Services) -> None:
        self._catalog = services.catalog

    @operation(access=Access.ADMIN, scope=Scope.ADMIN, tag="admin", query=HeadQuery, answers={200: ProofView})
    async def on_get(self, req: Request, resp: Response, principal: Principal, query: HeadQuery) -> None:
        """Prove that no entry was changed, removed or put in; tells the hash of the newest one."""
        sql = Sql(self._catalog.database)
        broken, (count, top) = await self._catalog.read(_proof, sql, query.head)
        told = BrokenView(id=broken.id, why=broken.why) if broken else None
        send(resp, ProofView(newest=count, hash=top, broken=told))


def _proof(sql: Sql, head: str | None) -> tuple[Broken | None, tuple[int, str]]:
    return verify(sql, head), newest(sql)


@hookimpl
def register_routes() -> Iterator[Route]:
    yield Route(
        name="admin-audit-verify",
        summary="Whether the record is as it was written",
        path=f"{API}/admin/audit/verify",
        build=Proof,
    )
