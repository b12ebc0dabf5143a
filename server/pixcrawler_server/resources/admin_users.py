"""`/admin/users`: users, and what an admin changes of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

from pydantic import Field

from pixcrawler_core import hookimpl
from pixcrawler_core.catalog.models import Role, User, UserStatus
from pixcrawler_core.service import Principal, Route, Scope
from pixcrawler_server.administration import change_user, user_of
from pixcrawler_server.bodies import Input, View
from pixcrawler_server.jobs.halting import SUSPENDED, halt
from pixcrawler_server.operations import Access, Budget, operation
from pixcrawler_server.pages import Page, PageQuery, page_of
from pixcrawler_server.paths import API
from pixcrawler_server.replies import check_match, send, send_tagged

if TYPE_CHECKING:
    from falcon.asgi import Request, Response

    from pixcrawler_server.services import Services

ROOT = f"{API}/admin/users"


class UsersQuery(PageQuery):
    """Which users are wanted."""

    email: str | None = Field(default=None, min_length=1, max_length=254, description="How addresses begin.")
    status: UserStatus | None = Field(default=None, description="Only these.")


class UserChange(Input):
    """What is to be changed; what is left out stays."""

    role: Literal["USER", "ADMIN"] | None = None
    status: Literal["active", "suspended"] | None = None
    plan: str | None = Field(default=None, max_length=100, description="null for the default one.")


class AdminUserView(View):
    """A user."""

    id: UUID
    email: str
    full_name: str
    role: Role
    status: UserStatus
    plan: str
    verified: bool
    created_at: datetime
    updated_at: datetime


class UsersResource:
    """All users."""

    def __init__(self, services: Services) -> None:
        self._services = services

    @operation(
        access=Access.ADMIN,
        scope=Scope.ADMIN,
        tag="admin",
        query=UsersQuery,
        answers={200: Page[AdminUserView]},
    )
    async def on_get(self, req: Request, resp: Response, principal: Principal, query: UsersQuery) -> None:
        """List the users by their addresses."""
        cursors = self._services.cursors
        name = f"users {query.model_dump_json(exclude={'limit', 'cursor'})}"
        after = cursors.read(name, query.cursor, 1)[0] if query.cursor else None
        rows = await self._services.catalog.read(_listed, query, after, query.limit + 1)
        send(resp, page_of(cursors, name, rows, query, self._view, lambda row: [row.email]))

    def _view(self, row: User) -> AdminUserView:
        return _view(row, self._services)


class UserResource:
    """One user."""

    def __init__(self, services: Services) -> None:
        self._services = services

    @operation(
        access=Access.ADMIN,
        scope=Scope.ADMIN,
        tag="admin",
        answers={200: AdminUserView, 304: None},
        errors=(404,),
    )
    async def on_get(self, req: Request, resp: Response, principal: Principal, user_id: UUID) -> None:
        """Show a user."""
        user = await self._services.catalog.read(user_of, user_id)
        send_tagged(req, resp, _view(user, self._services))

    @operation(
        access=Access.ADMIN,
        scope=Scope.ADMIN,
        budget=Budget.WRITE,
        tag="admin",
        body=UserChange,
        answers={200: AdminUserView},
        errors=(404, 409, 412),
    )
    async def on_patch(
        self, req: Request, resp: Response, principal: Principal, user_id: UUID, body: UserChange
    ) -> None:
        """Change a user's role or plan, or suspend them: they are signed out, and their jobs paused."""
        wanted = req.get_header("If-Match")
        catalog, dispatcher = self._services.catalog, self._services.dispatcher
        user, halted = await catalog.write(self._changed, principal, user_id, body, wanted)
        self._services.principals.forget()
        for job_id in halted:
            await catalog.read(dispatcher.cancel, job_id)
        send_tagged(req, resp, _view(user, self._services))

    def _changed(
        self, principal: Principal, user_id: UUID, body: UserChange, wanted: str | None
    ) -> tuple[User, list[int]]:
        user = user_of(user_id)
        check_match(wanted, _view(user, self._services))
        changes = body.model_dump(exclude_unset=True)
        given = {name: each for name, each in changes.items() if each is not None or name == "plan"}
        if not given:
            return user, []
        services = self._services
        now, actor = services.now(), principal.user_id
        changed = change_user(user, given, services.settings, now, actor)
        suspended = changed.status == UserStatus.SUSPENDED
        return changed, halt(user_id, SUSPENDED, now, actor) if suspended else []


def _listed(query: UsersQuery, after: str | None, count: int) -> list[User]:
    found = User.select()
    if query.email is not None:
        found = found.where(User.email.startswith(query.email.casefold()))
    if query.status is not None:
        found = found.where(User.status == query.status)
    if after is not None:
        found = found.where(User.email > after)
    return list(found.order_by(User.email).limit(count))


def _view(user: Any, services: Services) -> AdminUserView:
    return AdminUserView(
        id=user.id,
        email=user.email,
        full_name=user.full_name,
        role=Role(user.role),
        status=UserStatus(user.status),
        plan=services.settings.plan_name(user.plan),
        verified=user.email_verified_at is not None,
        created_at=user.created_at,
        updated_at=user.updated_at,
    )


@hookimpl
def register_routes() -> Iterator[Route]:
    yield Route(name="admin-users", summary="Users", path=ROOT, build=UsersResource)
    yield Route(name="admin-user", summary="A user", path=f"{ROOT}/{{user_id:uuid}}", build=UserResource)
