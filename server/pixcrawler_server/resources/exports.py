"""`/datasets/{id}/exports` and `/exports/{id}`: datasets in other formats, to be downloaded."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, Field, create_model

from pixcrawler_core import hookimpl
from pixcrawler_core.assembly.manifest import MANIFEST
from pixcrawler_core.catalog import audit
from pixcrawler_core.catalog.models import Export, ExportStatus, MemberRole
from pixcrawler_core.config.export import ExportTable
from pixcrawler_core.service import Principal, Route, Scope
from pixcrawler_core.takedown.sweeping import remove_exports
from pixcrawler_server.bodies import Input, View
from pixcrawler_server.datasets import own_export
from pixcrawler_server.errors import NotAssembled
from pixcrawler_server.exporting import EXPORTS, Exporting, checked, same
from pixcrawler_server.flags import Flag
from pixcrawler_server.jobs.allowances import check_storage, owner_of
from pixcrawler_server.operations import Access, Budget, operation
from pixcrawler_server.owned import dataset_of, export_of
from pixcrawler_server.pages import Page, PageQuery, page_of
from pixcrawler_server.paths import API, number
from pixcrawler_server.replies import send, send_tagged

if TYPE_CHECKING:
    from falcon.asgi import Request, Response

    from pixcrawler_server.services import Services

LIST = f"{API}/datasets/{{dataset_id}}/exports"
ITEM = f"{API}/exports/{number('export_id')}"
NewExport = create_model(
    "NewExport",
    __base__=Input,
    __doc__="An export to be written: a format, its own options, and what a job file's table [export] has.",
    format=(str, Field(min_length=1, max_length=100, description="Name of a format, such as `zip`.")),
    options=(dict[str, Any], Field(default={}, description="Options of the format.")),
    **{
        name: (field.annotation, field)
        for name, field in ExportTable.model_fields.items()
        if name != "formats"
    },
)  # type: ignore[call-overload]  # the fields are known when it runs


class ExportView(View):
    """An export."""

    id: int
    dataset_id: str
    format: str
    status: ExportStatus
    progress: float
    """Per cent, while it is written."""
    detail: str | None
    """Why it failed."""
    options: dict[str, Any]
    bytes: int | None
    sha256: str | None
    """Of one that is a single file."""
    images: int | None
    created_at: datetime
    completed_at: datetime | None


class ExportsResource:
    """The exports of a dataset."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._catalog = services.catalog
        self._cursors = services.cursors
        self._background = services.background
        work = Exporting(
            workspace=services.workspace,
            registry=services.registry,
            stopping=services.background.stopping,
        )
        self._background.add_family(work.family())

    @operation(
        access=Access.USER,
        scope=Scope.DATASETS_READ,
        tag="exports",
        query=PageQuery,
        answers={200: Page[ExportView]},
        errors=(404,),
    )
    async def on_get(
        self, req: Request, resp: Response, principal: Principal, dataset_id: str, query: PageQuery
    ) -> None:
        """List the exports of a dataset, newest first."""
        name = f"exports:{dataset_id}"
        before = self._cursors.read(name, query.cursor, 1)[0] if query.cursor else None
        rows = await self._catalog.read(_listed, principal, dataset_id, before, query.limit + 1)
        send(resp, page_of(self._cursors, name, rows, query, _view, lambda row: [row.id]))

    @operation(
        access=Access.USER,
        scope=Scope.DATASETS_WRITE,
        budget=Budget.WRITE,
        tag="exports",
        body=NewExport,
        limit="exports_create",
        answers={200: ExportView, 202: ExportView},
        errors=(403, 404),
        flag=Flag.EXPORTS,
    )
    async def on_post(
        self, req: Request, resp: Response, principal: Principal, dataset_id: str, body: BaseModel
    ) -> None:
        """Have a dataset written in a format; it is there when `status` is `ready`.

        One that is there, or is being written, of the dataset as it is is answered with that one.
        """
        export = await self._catalog.write(self._made, principal, dataset_id, body)
        if export.status == ExportStatus.PENDING:
            self._background.begin(EXPORTS, export.id, dataset_id)
        status = 200 if export.status == ExportStatus.READY else 202
        send(resp, _view(export), status, location=f"{API}/exports/{export.id}")

    def _made(self, principal: Principal, dataset_id: str, body: BaseModel) -> Export:
        dataset = dataset_of(principal, dataset_id, MemberRole.EDITOR)
        manifest = self._services.workspace.dataset(dataset_id) / MANIFEST
        if not manifest.is_file():
            raise NotAssembled(dataset_id)
        owner = owner_of(dataset) if dataset.project_id else None
        given = body.model_dump(mode="json", exclude_unset=True)
        name, options = given.pop("format"), given.pop("options", {})
        given = {**given, "formats": [name], **({name: options} if options else {})}
        checked(self._services.registry, self._services.settings.crawl, given)
        written = datetime.fromtimestamp(manifest.stat().st_mtime, UTC)
        if found := same(self._services.workspace, dataset_id, given, written):
            return found
        if owner is not None:
            check_storage(owner, self._services.settings)
        export: Export = Export.create(
            dataset=dataset_id, format=name, status=ExportStatus.PENDING, options=given
        )
        note("export begun", export, principal)
        return export


class ExportResource:
    """One export."""

    def __init__(self, services: Services) -> None:
        self._catalog = services.catalog
        self._workspace = services.workspace

    @operation(
        access=Access.USER,
        scope=Scope.DATASETS_READ,
        tag="exports",
        answers={200: ExportView, 304: None},
        errors=(404,),
    )
    async def on_get(self, req: Request, resp: Response, principal: Principal, export_id: int) -> None:
        """Show an export, and whether it can be downloaded."""
        send_tagged(req, resp, _view(await self._catalog.read(export_of, principal, export_id)))

    @operation(
        access=Access.USER,
        scope=Scope.DATASETS_WRITE,
        budget=Budget.WRITE,
        tag="exports",
        answers={204: None},
        errors=(403, 404),
    )
    async def on_delete(self, req: Request, resp: Response, principal: Principal, export_id: int) -> None:
        """Remove an export; one that is being written is stopped within a second."""
        await self._catalog.read(self._removed, principal, export_id)
        await self._catalog.write(_forgotten, principal, export_id)
        resp.status = 204

    def _removed(self, principal: Principal, export_id: int) -> None:
        """Its files go first: killed between, the row is there, and it can be removed again."""
        export = export_of(principal, export_id, MemberRole.EDITOR)
        path = own_export(self._workspace, export.path)
        list(remove_exports([path] if path else []))


def _listed(principal: Principal, dataset_id: str, before: int | None, count: int) -> list[Export]:
    dataset_of(principal, dataset_id)
    query = Export.select().where(Export.dataset == dataset_id)
    if before is not None:
        query = query.where(Export.id < before)
    return list(query.order_by(Export.id.desc()).limit(count))


def _forgotten(principal: Principal, export_id: int) -> None:
    export = export_of(principal, export_id, MemberRole.EDITOR)
    Export.delete().where(Export.id == export_id).execute()
    note("export removed", export, principal)


def note(action: str, export: Any, principal: Principal, **details: Any) -> None:
    """Record what was done to an export."""
    audit.record(
        action,
        entity="dataset",
        entity_id=export.dataset_id,
        details={"export": export.id, "format": export.format, **details},
        actor=principal.user_id,
    )


def _view(export: Any) -> ExportView:
    return ExportView(
        id=export.id,
        dataset_id=export.dataset_id,
        format=export.format,
        status=ExportStatus(export.status),
        progress=export.progress,
        detail=export.detail,
        options=export.options,
        bytes=export.size,
        sha256=export.sha256,
        images=export.images,
        created_at=export.created_at,
        completed_at=export.completed_at,
    )


@hookimpl
def register_routes() -> Iterator[Route]:
    yield Route(name="exports", summary="Exports of a dataset", path=LIST, build=ExportsResource)
    yield Route(name="export", summary="An export", path=ITEM, build=ExportResource)
