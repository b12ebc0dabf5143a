"""`/datasets`: collections of images, each in a project."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from peewee import JOIN
from pydantic import Field

from pixcrawler_core import hookimpl
from pixcrawler_core.catalog import audit
from pixcrawler_core.catalog.fields import utc_now
from pixcrawler_core.catalog.models import Dataset, MemberRole, Project
from pixcrawler_core.service import Principal, Route, Scope
from pixcrawler_server.bodies import Input, View
from pixcrawler_server.dataset_erasing import REMOVALS, Removals
from pixcrawler_server.datasets import check_idle, check_room, forget, new_id
from pixcrawler_server.operations import Access, Budget, operation
from pixcrawler_server.owned import dataset_of, project_of, visible
from pixcrawler_server.pages import Page, PageQuery, page_of
from pixcrawler_server.paths import API, LARGEST
from pixcrawler_server.replies import check_match, send, send_tagged

if TYPE_CHECKING:
    from falcon.asgi import Request, Response

    from pixcrawler_server.services import Services

LIST = "datasets"
ROOT = f"{API}/datasets"


class NewDataset(Input):
    """A dataset to be made."""

    name: str = Field(min_length=1, max_length=200, pattern=r"\S")
    project_id: int = Field(ge=1, le=LARGEST, description="A project that you own, or are an editor of.")


class DatasetChange(Input):
    """What is to be changed; what is left out stays."""

    name: str | None = Field(default=None, min_length=1, max_length=200, pattern=r"\S")
    project_id: int | None = Field(
        default=None, ge=1, le=LARGEST, description="Project to which it is moved; you must own both."
    )


class DatasetsQuery(PageQuery):
    """Which datasets are wanted."""

    project: int | None = Field(default=None, ge=1, le=LARGEST, description="Only those of this project.")


class DatasetView(View):
    """A dataset."""

    id: str
    name: str
    project_id: int | None
    created_at: datetime
    updated_at: datetime


class DatasetsResource:
    """All datasets."""

    def __init__(self, services: Services) -> None:
        self._catalog = services.catalog
        self._cursors = services.cursors
        self._settings = services.settings

    @operation(
        access=Access.USER,
        scope=Scope.DATASETS_READ,
        limit="datasets_list",
        tag="datasets",
        query=DatasetsQuery,
        answers={200: Page[DatasetView]},
        errors=(404,),
    )
    async def on_get(self, req: Request, resp: Response, principal: Principal, query: DatasetsQuery) -> None:
        """List the datasets of your projects, newest first."""
        name = f"{LIST}:{query.project}"
        before = self._cursors.read(name, query.cursor, 2) if query.cursor else None
        rows = await self._catalog.read(_listed, principal, query.project, before, query.limit + 1)
        page = page_of(
            self._cursors, name, rows, query, view_of, lambda row: [row.created_at.isoformat(), row.id]
        )
        send(resp, page)

    @operation(
        access=Access.USER,
        scope=Scope.DATASETS_WRITE,
        budget=Budget.WRITE,
        limit="datasets_create",
        tag="datasets",
        body=NewDataset,
        answers={201: DatasetView},
        errors=(403, 404),
    )
    async def on_post(self, req: Request, resp: Response, principal: Principal, body: NewDataset) -> None:
        """Make a dataset, which has no images yet; a job brings them."""
        dataset = await self._catalog.write(self._made, principal, body)
        send(resp, view_of(dataset), 201, location=f"{ROOT}/{dataset.id}")

    def _made(self, principal: Principal, body: NewDataset) -> Dataset:
        project = project_of(principal, body.project_id, MemberRole.EDITOR)
        check_room(project, self._settings)
        dataset = Dataset.create(id=new_id(body.name), name=body.name, project=project.id)
        details = {"project": project.id}
        audit.record(
            "dataset created",
            entity="dataset",
            entity_id=dataset.id,
            details=details,
            actor=principal.user_id,
        )
        return dataset


class DatasetResource:
    """One dataset."""

    def __init__(self, services: Services) -> None:
        self._catalog = services.catalog
        self._settings = services.settings
        self._workspace = services.workspace
        self._background = services.background
        self._background.add_family(Removals(services.workspace).family())

    @operation(
        access=Access.USER,
        scope=Scope.DATASETS_READ,
        tag="datasets",
        answers={200: DatasetView, 304: None},
        errors=(404,),
    )
    async def on_get(self, req: Request, resp: Response, principal: Principal, dataset_id: str) -> None:
        """Show a dataset."""
        dataset = await self._catalog.read(dataset_of, principal, dataset_id)
        send_tagged(req, resp, view_of(dataset))

    @operation(
        access=Access.USER,
        scope=Scope.DATASETS_WRITE,
        budget=Budget.WRITE,
        limit="datasets_update",
        tag="datasets",
        body=DatasetChange,
        answers={200: DatasetView},
        errors=(403, 404, 412),
    )
    async def on_patch(
        self, req: Request, resp: Response, principal: Principal, dataset_id: str, body: DatasetChange
    ) -> None:
        """Change a dataset's name, or move it to another project; its id stays."""
        wanted = req.get_header("If-Match")
        dataset = await self._catalog.write(self._changed, principal, dataset_id, body, wanted)
        send_tagged(req, resp, view_of(dataset))

    @operation(
        access=Access.USER,
        scope=Scope.DATASETS_WRITE,
        budget=Budget.WRITE,
        tag="datasets",
        answers={204: None},
        errors=(403, 404, 409, 412),
    )
    async def on_delete(self, req: Request, resp: Response, principal: Principal, dataset_id: str) -> None:
        """Remove a dataset for good, with its images, versions and exports.

        Not while a job of it is under way. Objects in stores stay until `pixcrawler storage gc` removes them.
        """
        await self._catalog.write(self._removed, principal, dataset_id, req.get_header("If-Match"))
        self._background.begin(REMOVALS, dataset_id, dataset_id)
        resp.status = 204

    def _changed(
        self, principal: Principal, dataset_id: str, body: DatasetChange, wanted: str | None
    ) -> Dataset:
        dataset = dataset_of(principal, dataset_id, MemberRole.EDITOR)
        check_match(wanted, view_of(dataset))
        changes: dict[str, Any] = {"name": body.name} if body.name is not None else {}
        if body.project_id not in (None, dataset.project_id):
            self._check_move(principal, dataset_id, body.project_id or 0)
            changes["project"] = body.project_id
        if changes:
            Dataset.update(**changes, updated_at=utc_now()).where(Dataset.id == dataset_id).execute()
            audit.record(
                "dataset changed",
                entity="dataset",
                entity_id=dataset_id,
                details={"fields": sorted(changes)},
                actor=principal.user_id,
            )
        return dataset_of(principal, dataset_id)

    def _check_move(self, principal: Principal, dataset_id: str, project_id: int) -> None:
        """It leaves one owner's account, and comes into another's: both must want it."""
        dataset_of(principal, dataset_id, MemberRole.OWNER)
        target = project_of(principal, project_id, MemberRole.OWNER)
        check_room(target, self._settings, but=dataset_id)

    def _removed(self, principal: Principal, dataset_id: str, wanted: str | None) -> None:
        dataset = dataset_of(principal, dataset_id, MemberRole.OWNER)
        check_match(wanted, view_of(dataset))
        check_idle(dataset, self._workspace)
        forget(dataset, self._workspace, principal.user_id)


def _listed(principal: Principal, project: int | None, before: Any, count: int) -> list[Dataset]:
    query = visible(Dataset.select(Dataset).join(Project, JOIN.LEFT_OUTER), principal)
    if project is not None:
        project_of(principal, project)
        query = query.where(Dataset.project == project)
    if before is not None:
        at = datetime.fromisoformat(before[0])
        older = (Dataset.created_at == at) & (Dataset.id < before[1])
        query = query.where((Dataset.created_at < at) | older)
    return list(query.order_by(Dataset.created_at.desc(), Dataset.id.desc()).limit(count).objects())


def view_of(dataset: Any) -> DatasetView:
    """What is told of a dataset."""
    return DatasetView(
        id=dataset.id,
        name=dataset.name,
        project_id=dataset.project_id,
        created_at=dataset.created_at,
        updated_at=dataset.updated_at,
    )


@hookimpl
def register_routes() -> Iterator[Route]:
    yield Route(name="datasets", summary="Datasets", path=ROOT, build=DatasetsResource)
    yield Route(name="dataset", summary="A dataset", path=f"{ROOT}/{{dataset_id}}", build=DatasetResource)
