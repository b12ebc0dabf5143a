"""`/audit` and `/admin/audit`: the record of who did what."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

from pydantic import AwareDatetime, Field

from pixcrawler_core import hookimpl
from pixcrawler_core.catalog.models import ActivityLog
from pixcrawler_core.service import Principal, Route, Scope
from pixcrawler_server.bodies import Input, View
from pixcrawler_server.operations import Access, Budget, operation
from pixcrawler_server.pages import Page, PageQuery, page_of
from pixcrawler_server.paths import API
from pixcrawler_server.replies import send

if TYPE_CHECKING:
    from falcon.asgi import Request, Response

    from pixcrawler_server.services import Services

LINES = "application/x-ndjson"
"""https://github.com/ndjson/ndjson-spec"""
CHUNK = 1000
"""Entries that are read at once for an export."""
Moment = Annotated[
    AwareDatetime,
    Field(ge=datetime(1970, 1, 1, tzinfo=UTC), le=datetime(9000, 1, 1, tzinfo=UTC)),
]


class Filters(Input):
    """Which entries are wanted."""

    action: str | None = Field(default=None, max_length=200, description="Such as `project created`.")
    entity: str | None = Field(default=None, max_length=200, description="Kind of the thing: `project`.")
    entity_id: str | None = Field(default=None, max_length=200, description="Which thing.")
    since: Moment | None = Field(default=None, description="Not before this time.")
    until: Moment | None = Field(default=None, description="Before this time.")


class AdminFilters(Filters):
    """Which entries are wanted."""

    actor: UUID | None = Field(default=None, description="Id of the user who did it.")


class EntriesQuery(Filters, PageQuery):
    """A page of entries."""


class AdminEntriesQuery(AdminFilters, PageQuery):
    """A page of entries."""


class EntryView(View):
    """Something that was done."""

    id: int
    at: datetime
    actor: str
    """Id of the user; empty for the command line and the server itself."""
    action: str
    entity: str
    entity_id: str
    details: dict[str, Any]
    hash: str
    """Of this entry and all before it."""


class OwnEntries:
    """What you did."""

    def __init__(self, services: Services) -> None:
        self._services = services

    @operation(
        access=Access.USER,
        scope=Scope.AUDIT_READ,
        tag="audit",
        query=EntriesQuery,
        answers={200: Page[EntryView]},
    )
    async def on_get(self, req: Request, resp: Response, principal: Principal, query: EntriesQuery) -> None:
        """List what you did, newest first."""
        send(resp, await _page(self._services, query, principal.user_id))


class OwnExport:
    """What you did, as lines."""

    def __init__(self, services: Services) -> None:
        self._services = services

    @operation(
        access=Access.USER,
        scope=Scope.AUDIT_READ,
        budget=Budget.DOWNLOAD,
        tag="audit",
        query=Filters,
        answers={200: LINES},
    )
    async def on_get(self, req: Request, resp: Response, principal: Principal, query: Filters) -> None:
        """Export what you did as JSON lines, newest first."""
        _export(self._services, resp, query, principal.user_id)


class Entries:
    """What everybody did."""

    def __init__(self, services: Services) -> None:
        self._services = services

    @operation(
        access=Access.ADMIN,
        scope=Scope.ADMIN,
        tag="admin",
        query=AdminEntriesQuery,
        answers={200: Page[EntryView]},
    )
    async def on_get(
        self, req: Request, resp: Response, principal: Principal, query: AdminEntriesQuery
    ) -> None:
        """List what everybody did, newest first."""
        send(resp, await _page(self._services, query, query.actor))


class Export:
    """What everybody did, as lines."""

    def __init__(self, services: Services) -> None:
        self._services = services

    @operation(
        access=Access.ADMIN,
        scope=Scope.ADMIN,
        budget=Budget.DOWNLOAD,
        tag="admin",
        query=AdminFilters,
        answers={200: LINES},
    )
    async def on_get(self, req: Request, resp: Response, principal: Principal, query: AdminFilters) -> None:
        """Export what everybody did as JSON lines, newest first."""
        _export(self._services, resp, query, query.actor)


async def _page(
    services: Services, query: EntriesQuery | AdminEntriesQuery, actor: UUID | None
) -> Page[EntryView]:
    name = f"audit {actor} {query.model_dump_json(exclude={'limit', 'cursor'})}"
    before = services.cursors.read(name, query.cursor, 1)[0] if query.cursor else None
    rows = await services.catalog.read(_found, query, actor, before, query.limit + 1)
    return page_of(services.cursors, name, rows, query, _view, lambda row: [row.id])


def _export(services: Services, resp: Response, query: Filters, actor: UUID | None) -> None:
    resp.content_type = LINES
    resp.set_header("Content-Disposition", 'attachment; filename="audit.jsonl"')
    resp.stream = _lines(services, query, actor)


async def _lines(services: Services, query: Filters, actor: UUID | None) -> AsyncIterator[bytes]:
    before = None
    while rows := await services.catalog.read(_found, query, actor, before, CHUNK):
        yield b"".join(_view(row).model_dump_json().encode() + b"\n" for row in rows)
        before = rows[-1].id


def _found(query: Filters, actor: UUID | None, before: int | None, count: int) -> list[ActivityLog]:
    found = ActivityLog.select()
    wanted = {ActivityLog.action: query.action, ActivityLog.entity: query.entity}
    for field, value in {**wanted, ActivityLog.entity_id: query.entity_id}.items():
        if value is not None:
            found = found.where(field == value)
    if actor is not None:
        found = found.where(ActivityLog.user == actor)
    if query.since is not None:
        found = found.where(ActivityLog.created_at >= query.since)
    if query.until is not None:
        found = found.where(ActivityLog.created_at < query.until)
    if before is not None:
        found = found.where(ActivityLog.id < before)
    return list(found.order_by(ActivityLog.id.desc()).limit(count))


def _view(row: Any) -> EntryView:
    return EntryView(
        id=row.id,
        at=row.created_at,
        actor=row.actor,
        action=row.action,
        entity=row.entity,
        entity_id=row.entity_id,
        details=row.details,
        hash=row.hash,
    )


@hookimpl
def register_routes() -> Iterator[Route]:
    yield Route(name="audit", summary="What you did", path=f"{API}/audit", build=OwnEntries)
    yield Route(
        name="audit-export", summary="What you did, as lines", path=f"{API}/audit/export", build=OwnExport
    )
    yield Route(name="admin-audit", summary="What was done", path=f"{API}/admin/audit", build=Entries)
    yield Route(
        name="admin-audit-export",
        summary="What was done, as lines",
        path=f"{API}/admin/audit/export",
        build=Export,
    )
