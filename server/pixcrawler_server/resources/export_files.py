"""`/exports/{id}/file` and `/downloads`: the bytes of exports."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

from pydantic import Field

from pixcrawler_core import hookimpl
from pixcrawler_core.catalog.models import Export
from pixcrawler_core.service import Principal, Route, Scope
from pixcrawler_core.storage.signing import is_valid
from pixcrawler_server.bodies import Input, View
from pixcrawler_server.downloads import BINARY, DOWNLOADS, export_content, export_mark, export_path
from pixcrawler_server.errors import NotAvailable, NotFound
from pixcrawler_server.export_listing import Listed, files_after
from pixcrawler_server.files import Content
from pixcrawler_server.operations import Access, Budget, operation
from pixcrawler_server.owned import export_of
from pixcrawler_server.pages import Page, PageQuery, page_of
from pixcrawler_server.paths import number
from pixcrawler_server.replies import send
from pixcrawler_server.resources.exports import ITEM

if TYPE_CHECKING:
    from falcon.asgi import Request, Response

    from pixcrawler_server.services import Services

NAME = Field(
    default=None,
    min_length=1,
    max_length=1000,
    description="File in an export that is a folder, or one of several volumes; none for a single file.",
)
ANSWERS = {200: BINARY, 206: BINARY, 304: None}


class FileQuery(Input):
    """Which file of an export is wanted."""

    name: str | None = NAME


class SignedQuery(Input):
    """What makes an address good for a time."""

    expires: str = Field(default="", max_length=20)
    signature: str = Field(default="", max_length=200)
    name: str | None = NAME


class ExportedFile(View):
    """A file of an export."""

    name: str
    """As `name` of `/exports/{id}/file` takes it."""
    bytes: int


class ExportFileResource:
    """The bytes of an export, for members."""

    def __init__(self, services: Services) -> None:
        self._services = services

    @operation(
        access=Access.USER,
        scope=Scope.DATASETS_READ,
        budget=Budget.DOWNLOAD,
        tag="exports",
        query=FileQuery,
        answers=ANSWERS,
        errors=(404, 409, 416),
    )
    async def on_get(
        self, req: Request, resp: Response, principal: Principal, export_id: int, query: FileQuery
    ) -> None:
        """Download an export, or a range of its bytes, so that a broken download goes on."""
        content = await self._services.catalog.read(self._content, principal, export_id, query.name)
        await self._services.readers.send(req, resp, content)

    def _content(self, principal: Principal, export_id: int, name: str | None) -> Content:
        return export_content(self._services.workspace, export_of(principal, export_id), name)


class ExportFilesResource:
    """The files of an export."""

    def __init__(self, services: Services) -> None:
        self._services = services

    @operation(
        access=Access.USER,
        scope=Scope.DATASETS_READ,
        tag="exports",
        query=PageQuery,
        answers={200: Page[ExportedFile]},
        errors=(404, 409),
    )
    async def on_get(
        self, req: Request, resp: Response, principal: Principal, export_id: int, query: PageQuery
    ) -> None:
        """List the files of an export that is ready, by their paths: those of a folder, or all volumes."""
        cursors, list_name = self._services.cursors, f"files of {export_id}"
        after = cursors.read(list_name, query.cursor, 1)[0] if query.cursor else ""
        found = await self._services.catalog.read(self._found, principal, export_id, after, query.limit + 1)
        send(resp, page_of(cursors, list_name, found, query, _file_view, lambda listed: [listed[0]]))

    def _found(self, principal: Principal, export_id: int, after: str, count: int) -> list[Listed]:
        path = export_path(self._services.workspace, export_of(principal, export_id))
        try:
            return list(islice(files_after(path, after), count))
        except FileNotFoundError:
            raise NotAvailable("the export is being removed or written anew; ask again") from None


def _file_view(listed: Listed) -> ExportedFile:
    name, size = listed
    return ExportedFile(name=name, bytes=size)


class DownloadResource:
    """The bytes of an export, for whoever has an address that was made for a time."""

    def __init__(self, services: Services) -> None:
        self._services = services

    @operation(
        access=Access.PUBLIC,
        budget=Budget.DOWNLOAD,
        tag="exports",
        query=SignedQuery,
        answers=ANSWERS,
        errors=(404, 409, 416),
    )
    async def on_get(self, req: Request, resp: Response, export_id: int, query: SignedQuery) -> None:
        """Download an export by an address that `/exports/{id}/url` made."""
        content = await self._services.catalog.read(self._content, export_id, query)
        await self._services.readers.send(req, resp, content)

    def _content(self, export_id: int, query: SignedQuery) -> Content:
        export = Export.get_or_none(Export.id == export_id)
        if export is None or not self._is_valid(export, query):
            raise NotFound("download", export_id)
        return export_content(self._services.workspace, export, query.name)

    def _is_valid(self, export: Export, query: SignedQuery) -> bool:
        key, now = self._services.keyring.addresses, self._services.now()
        mark = export_mark(export)
        return is_valid(key, str(export.id), query.expires, query.signature, now, mark)


@hookimpl
def register_routes() -> Iterator[Route]:
    yield Route(
        name="export-file", summary="An export's bytes", path=f"{ITEM}/file", build=ExportFileResource
    )
    yield Route(
        name="export-files", summary="Files of an export", path=f"{ITEM}/files", build=ExportFilesResource
    )
    yield Route(
        name="download",
        summary="An export's bytes, by an address for a time",
        path=f"{DOWNLOADS}/{number('export_id', what='download')}",
        build=DownloadResource,
    )
