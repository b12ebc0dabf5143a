"""`/me/sessions`: where you are signed in."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from pixcrawler_core import hookimpl
from pixcrawler_core.catalog import audit
from pixcrawler_core.catalog.models import LoginSession
from pixcrawler_core.service import Principal, Route
from pixcrawler_server import sign_ins
from pixcrawler_server.bodies import View
from pixcrawler_server.confirming import session_of
from pixcrawler_server.errors import NotFound
from pixcrawler_server.operations import Access, Budget, operation
from pixcrawler_server.pages import Page, PageQuery, page_of
from pixcrawler_server.paths import API
from pixcrawler_server.replies import send

if TYPE_CHECKING:
    from falcon.asgi import Request, Response

    from pixcrawler_server.services import Services

LIST = "sessions"
ROOT = f"{API}/me/sessions"


class SessionView(View):
    """A sign-in that goes on."""

    id: UUID
    client: str
    """What the browser or program calls itself."""
    created_at: datetime
    used_at: datetime
    """When it got its tokens last."""
    current: bool
    """Whether it is the one that asks."""


class SessionsResource:
    """`/me/sessions`."""

    def __init__(self, services: Services) -> None:
        self._catalog = services.catalog
        self._cursors = services.cursors
        self._now = services.now
        self._lifetime = timedelta(days=services.settings.auth.refresh_days)

    @operation(access=Access.SIGNED_IN, tag="me", query=PageQuery, answers={200: Page[SessionView]})
    async def on_get(self, req: Request, resp: Response, principal: Principal, query: PageQuery) -> None:
        """List where you are signed in, newest first."""
        name = f"{LIST} {principal.user_id}"
        before = self._cursors.read(name, query.cursor, 2) if query.cursor else None
        oldest = self._now() - self._lifetime
        rows = await self._catalog.read(_listed, principal.user_id, oldest, before, query.limit + 1)
        own = session_of(principal)
        page = page_of(
            self._cursors,
            name,
            rows,
            query,
            lambda row: _view(row, own),
            lambda row: [row.created_at.isoformat(), row.id.hex],
        )
        send(resp, page)


class SessionResource:
    """`/me/sessions/{session_id}`."""

    def __init__(self, services: Services) -> None:
        self._services = services

    @operation(access=Access.SIGNED_IN, budget=Budget.WRITE, tag="me", answers={204: None}, errors=(404,))
    async def on_delete(self, req: Request, resp: Response, principal: Principal, session_id: UUID) -> None:
        """Sign out there."""
        await self._services.catalog.write(self._end, principal, session_id)
        self._services.principals.forget()
        resp.status = 204

    def _end(self, principal: Principal, session_id: UUID) -> None:
        if not sign_ins.end(principal.user_id, self._services.now(), only=session_id):
            raise NotFound("session", session_id)
        audit.record("session ended", entity="session", entity_id=session_id, actor=principal.user_id)


def _listed(user_id: UUID, oldest: datetime, before: Any, count: int) -> list[LoginSession]:
    query = LoginSession.select().where(
        (LoginSession.user == user_id) & LoginSession.revoked_at.is_null() & (LoginSession.used_at > oldest)
    )
    if before is not None:
        at, last = datetime.fromisoformat(before[0]), UUID(before[1])
        query = query.where(
            (LoginSession.created_at < at) | ((LoginSession.created_at == at) & (LoginSession.id < last))
        )
    return list(query.order_by(LoginSession.created_at.desc(), LoginSession.id.desc()).limit(count))


def _view(session: LoginSession, own: UUID) -> SessionView:
    return SessionView(
        id=session.id,
        client=session.client,
        created_at=session.created_at,
        used_at=session.used_at,
        current=session.id == own,
    )


@hookimpl
def register_routes() -> Iterator[Route]:
    yield Route(name="sessions", summary="Where you are signed in", path=ROOT, build=SessionsResource)
    yield Route(
        name="session", summary="A sign-in", path=f"{ROOT}/{{session_id:uuid}}", build=SessionResource
    )
