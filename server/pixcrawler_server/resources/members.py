"""`/projects/{id}/members`: who may see or change a project beside its owner."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

from peewee import JOIN
from pydantic import Field

from pixcrawler_core import hookimpl
from pixcrawler_core.catalog import audit
from pixcrawler_core.catalog.models import MemberRole, Project, ProjectMember, User, UserStatus
from pixcrawler_core.service import Principal, Route, Scope
from pixcrawler_server.accounts import checked_address
from pixcrawler_server.bodies import Input, View
from pixcrawler_server.errors import Conflict, NotFound
from pixcrawler_server.operations import Access, Budget, operation
from pixcrawler_server.owned import project_of
from pixcrawler_server.pages import Page, PageQuery, page_of
from pixcrawler_server.paths import API, number
from pixcrawler_server.replies import send, send_tagged

if TYPE_CHECKING:
    from falcon.asgi import Request, Response

    from pixcrawler_server.services import Services

ROOT = f"{API}/projects/{number('project_id')}/members"
Given = Literal["editor", "viewer"]
"""Roles that can be given: there is one owner, who stays it."""


class NewMember(Input):
    """Who is to be a member."""

    email: str = Field(min_length=3, max_length=254, description="Of an account that there is.")
    role: Given = "viewer"


class MemberChange(Input):
    """Another role."""

    role: Given


class MemberView(View):
    """Somebody who may see or change a project."""

    user_id: UUID
    email: str
    full_name: str
    role: MemberRole


class MembersResource:
    """All members of a project."""

    def __init__(self, services: Services) -> None:
        self._catalog = services.catalog
        self._cursors = services.cursors

    @operation(
        access=Access.USER,
        scope=Scope.PROJECTS_READ,
        tag="projects",
        query=PageQuery,
        answers={200: Page[MemberView]},
        errors=(404,),
    )
    async def on_get(
        self, req: Request, resp: Response, principal: Principal, project_id: int, query: PageQuery
    ) -> None:
        """List the owner and the members of a project."""
        name = f"members:{project_id}"
        after = self._cursors.read(name, query.cursor, 1)[0] if query.cursor else None
        rows = await self._catalog.read(_listed, principal, project_id, after, query.limit + 1)
        send(resp, page_of(self._cursors, name, rows, query, _view, lambda row: [str(row.id)]))

    @operation(
        access=Access.USER,
        scope=Scope.PROJECTS_WRITE,
        budget=Budget.WRITE,
        limit="members_add",
        tag="projects",
        body=NewMember,
        answers={201: MemberView},
        errors=(403, 404, 409),
    )
    async def on_post(
        self, req: Request, resp: Response, principal: Principal, project_id: int, body: NewMember
    ) -> None:
        """Add somebody who has an account, by the e-mail address."""
        user = await self._catalog.write(_added, principal, project_id, body)
        view = _view(user)
        send(resp, view, 201, location=f"{API}/projects/{project_id}/members/{view.user_id}")


class MemberResource:
    """A member of a project."""

    def __init__(self, services: Services) -> None:
        self._catalog = services.catalog

    @operation(
        access=Access.USER,
        scope=Scope.PROJECTS_WRITE,
        budget=Budget.WRITE,
        tag="projects",
        body=MemberChange,
        answers={200: MemberView},
        errors=(403, 404, 409),
    )
    async def on_put(
        self,
        req: Request,
        resp: Response,
        principal: Principal,
        project_id: int,
        user_id: UUID,
        body: MemberChange,
    ) -> None:
        """Give a member another role."""
        send_tagged(
            req, resp, _view(await self._catalog.write(_changed, principal, project_id, user_id, body))
        )

    @operation(
        access=Access.USER,
        scope=Scope.PROJECTS_WRITE,
        budget=Budget.WRITE,
        tag="projects",
        answers={204: None},
        errors=(403, 404, 409),
    )
    async def on_delete(
        self, req: Request, resp: Response, principal: Principal, project_id: int, user_id: UUID
    ) -> None:
        """Remove a member; members remove themselves."""
        await self._catalog.write(_removed, principal, project_id, user_id)
        resp.status = 204


def _people(project: Project) -> Any:
    """The owner, who has no `member_role`, and the members."""
    mine = (ProjectMember.user == User.id) & (ProjectMember.project == project.id)
    query = User.select(User.id, User.email, User.full_name, ProjectMember.role.alias("member_role"))
    query = query.join(ProjectMember, JOIN.LEFT_OUTER, on=mine)
    return query.where((User.id == project.owner_id) | ProjectMember.role.is_null(False))


def _listed(principal: Principal, project_id: int, after: str | None, count: int) -> list[Any]:
    query = _people(project_of(principal, project_id))
    if after is not None:
        query = query.where(User.id > UUID(after))
    return list(query.order_by(User.id).limit(count).objects())


def _added(principal: Principal, project_id: int, body: NewMember) -> Any:
    project = project_of(principal, project_id, MemberRole.OWNER)
    address = checked_address(body.email)
    user = User.get_or_none((User.email == address) & (User.status == UserStatus.ACTIVE))
    if user is None or user.email_verified_at is None:
        raise NotFound("account", address)
    if _people(project).where(User.id == user.id).exists():
        raise Conflict("they are a member of the project already", details={"field": "email"})
    ProjectMember.create(project=project.id, user=user.id, role=body.role)
    return _noted(principal, project, user.id, "member added", body.role)


def _changed(principal: Principal, project_id: int, user_id: UUID, body: MemberChange) -> Any:
    project = project_of(principal, project_id, MemberRole.OWNER)
    _check_member(project, user_id)
    ProjectMember.update(role=body.role).where(_row(project, user_id)).execute()
    return _noted(principal, project, user_id, "member changed", body.role)


def _removed(principal: Principal, project_id: int, user_id: UUID) -> None:
    need = MemberRole.VIEWER if user_id == principal.user_id else MemberRole.OWNER
    project = project_of(principal, project_id, need)
    _check_member(project, user_id)
    ProjectMember.delete().where(_row(project, user_id)).execute()
    _note(principal, project, user_id, "member removed", None)


def _check_member(project: Project, user_id: UUID) -> None:
    if user_id == project.owner_id:
        raise Conflict("they own the project, and stay its owner")
    if not ProjectMember.select().where(_row(project, user_id)).exists():
        raise NotFound("member", user_id)


def _row(project: Project, user_id: UUID) -> Any:
    return (ProjectMember.project == project.id) & (ProjectMember.user == user_id)


def _noted(principal: Principal, project: Project, user_id: UUID, action: str, role: str) -> Any:
    _note(principal, project, user_id, action, role)
    return _people(project).where(User.id == user_id).objects().first()


def _note(principal: Principal, project: Project, user_id: UUID, action: str, role: str | None) -> None:
    details = {"user": str(user_id), "role": role}
    audit.record(action, entity="project", entity_id=project.id, details=details, actor=principal.user_id)


def _view(row: Any) -> MemberView:
    role = MemberRole(row.member_role) if row.member_role else MemberRole.OWNER
    return MemberView(user_id=row.id, email=row.email, full_name=row.full_name, role=role)


@hookimpl
def register_routes() -> Iterator[Route]:
    yield Route(name="members", summary="Members of a project", path=ROOT, build=MembersResource)
    yield Route(
        name="member", summary="A member of a project", path=f"{ROOT}/{{user_id:uuid}}", build=MemberResource
    )
