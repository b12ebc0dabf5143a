"""`/projects`: groups of datasets, and who may see them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pydantic import Field

from pixcrawler_core import hookimpl
from pixcrawler_core.catalog import audit
from pixcrawler_core.catalog.fields import utc_now
from pixcrawler_core.catalog.models import Dataset, MemberRole, Project
from pixcrawler_core.service import Principal, Route, Scope
from pixcrawler_server.bodies import Input, View
from pixcrawler_server.errors import Conflict, QuotaExceeded
from pixcrawler_server.operations import Access, Budget, operation
from pixcrawler_server.owned import project_of, user_alone, visible
from pixcrawler_server.pages import Page, PageQuery, page_of
from pixcrawler_server.paths import API, number
from pixcrawler_server.replies import check_match, send, send_tagged

if TYPE_CHECKING:
    from falcon.asgi import Request, Response

    from pixcrawler_server.services import Services

LIST = "projects"
ROOT = f"{API}/projects"


class NewProject(Input):
    """A project to be made."""

    name: str = Field(min_length=1, max_length=200, pattern=r"\S")
    description: str = Field(default="", max_length=2000)


class ProjectChange(Input):
    """What is to be changed; what is left out stays."""

    name: str | None = Field(default=None, min_length=1, max_length=200, pattern=r"\S")
    description: str | None = Field(default=None, max_length=2000)


class ProjectView(View):
    """A project."""

    id: int
    name: str
    description: str
    role: MemberRole
    """Yours."""
    created_at: datetime
    updated_at: datetime


class ProjectsResource:
    """All projects."""

    def __init__(self, services: Services) -> None:
        self._catalog = services.catalog
        self._cursors = services.cursors
        self._settings = services.settings

    @operation(
        access=Access.USER,
        scope=Scope.PROJECTS_READ,
        tag="projects",
        query=PageQuery,
        answers={200: Page[ProjectView]},
    )
    async def on_get(self, req: Request, resp: Response, principal: Principal, query: PageQuery) -> None:
        """List the projects that you own or are a member of, newest first."""
        before = self._cursors.read(LIST, query.cursor, 1)[0] if query.cursor else None
        rows = await self._catalog.read(_listed, principal, before, query.limit + 1)
        send(
            resp,
            page_of(
                self._cursors, LIST, rows, query, lambda row: _view(row, principal), lambda row: [row.id]
            ),
        )

    @operation(
        access=Access.USER,
        scope=Scope.PROJECTS_WRITE,
        budget=Budget.WRITE,
        tag="projects",
        body=NewProject,
        answers={201: ProjectView},
        errors=(403, 409),
    )
    async def on_post(self, req: Request, resp: Response, principal: Principal, body: NewProject) -> None:
        """Make a project."""
        project = await self._catalog.write(self._made, principal, body)
        send(resp, _view(project, principal), 201, location=f"{ROOT}/{project.id}")

    def _made(self, principal: Principal, body: NewProject) -> Project:
        user = user_alone(principal.user_id)
        most = self._settings.plan(user.plan).projects
        if not user.is_admin() and Project.select().where(Project.owner == user.id).count() >= most:
            allowed = "1 project" if most == 1 else f"{most} projects"
            raise QuotaExceeded(
                f"your plan allows {allowed}, and you have no room for another one",
                details={"projects": most},
            )
        if Project.select().where((Project.owner == user.id) & (Project.name == body.name)).exists():
            raise Conflict(f"you have a project {body.name!r} already", details={"field": "name"})
        project = Project.create(owner=user, name=body.name, description=body.description)
        audit.record("project created", entity="project", entity_id=project.id, actor=user.id)
        return project


class ProjectResource:
    """One project."""

    def __init__(self, services: Services) -> None:
        self._catalog = services.catalog

    @operation(
        access=Access.USER,
        scope=Scope.PROJECTS_READ,
        tag="projects",
        answers={200: ProjectView, 304: None},
        errors=(404,),
    )
    async def on_get(self, req: Request, resp: Response, principal: Principal, project_id: int) -> None:
        """Show a project."""
        project = await self._catalog.read(project_of, principal, project_id)
        send_tagged(req, resp, _view(project, principal))

    @operation(
        access=Access.USER,
        scope=Scope.PROJECTS_WRITE,
        budget=Budget.WRITE,
        tag="projects",
        body=ProjectChange,
        answers={200: ProjectView},
        errors=(403, 404, 409, 412),
    )
    async def on_patch(
        self, req: Request, resp: Response, principal: Principal, project_id: int, body: ProjectChange
    ) -> None:
        """Change a project; `If-Match` keeps you from changing what somebody else changed meanwhile."""
        wanted = req.get_header("If-Match")
        project = await self._catalog.write(_changed, principal, project_id, body, wanted)
        send_tagged(req, resp, _view(project, principal))

    @operation(
        access=Access.USER,
        scope=Scope.PROJECTS_WRITE,
        budget=Budget.WRITE,
        tag="projects",
        answers={204: None},
        errors=(403, 404, 409, 412),
    )
    async def on_delete(self, req: Request, resp: Response, principal: Principal, project_id: int) -> None:
        """Remove a project that has no datasets."""
        await self._catalog.write(_removed, principal, project_id, req.get_header("If-Match"))
        resp.status = 204


def _listed(principal: Principal, before: Any, count: int) -> list[Project]:
    query = visible(Project.select(Project), principal)
    if before is not None:
        query = query.where(Project.id < before)
    return list(query.order_by(Project.id.desc()).limit(count).objects())


def _changed(principal: Principal, project_id: int, body: ProjectChange, wanted: str | None) -> Project:
    project = project_of(principal, project_id, MemberRole.EDITOR)
    check_match(wanted, _view(project, principal))
    changes = body.model_dump(exclude_none=True)
    taken = Project.select().where(
        (Project.owner == project.owner_id) & (Project.name == body.name) & (Project.id != project.id)
    )
    if taken.exists():
        raise Conflict(f"there is a project {body.name!r} already", details={"field": "name"})
    if changes:
        Project.update(**changes, updated_at=utc_now()).where(Project.id == project.id).execute()
        details = {"fields": sorted(changes)}
        audit.record(
            "project changed",
            entity="project",
            entity_id=project.id,
            details=details,
            actor=principal.user_id,
        )
    return project_of(principal, project_id)


def _removed(principal: Principal, project_id: int, wanted: str | None) -> None:
    project = project_of(principal, project_id, MemberRole.OWNER)
    check_match(wanted, _view(project, principal))
    if Dataset.select().where(Dataset.project == project.id).exists():
        raise Conflict("the project has datasets; remove them, or move them to another one")
    Project.delete().where(Project.id == project.id).execute()
    audit.record("project removed", entity="project", entity_id=project.id, actor=principal.user_id)


def _view(project: Any, principal: Principal) -> ProjectView:
    own = project.owner_id == principal.user_id
    role = MemberRole.OWNER if own else MemberRole(getattr(project, "member_role", None) or MemberRole.OWNER)
    return ProjectView(
        id=project.id,
        name=project.name,
        description=project.description,
        role=role,
        created_at=project.created_at,
        updated_at=project.updated_at,
    )


@hookimpl
def register_routes() -> Iterator[Route]:
    yield Route(name="projects", summary="Projects", path=ROOT, build=ProjectsResource)
    yield Route(
        name="project", summary="A project", path=f"{ROOT}/{number('project_id')}", build=ProjectResource
    )
