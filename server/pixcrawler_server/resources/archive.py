"""`/me/export`: all that is known of you, as an archive."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from pixcrawler_core import hookimpl
from pixcrawler_core.catalog.models import ArchiveStatus, DataArchive
from pixcrawler_core.service import Principal, Route
from pixcrawler_server.bodies import View
from pixcrawler_server.errors import NotFound
from pixcrawler_server.files import Content, file_content
from pixcrawler_server.operations import Access, Budget, operation
from pixcrawler_server.paths import API
from pixcrawler_server.replies import send

if TYPE_CHECKING:
    from falcon.asgi import Request, Response

    from pixcrawler_server.services import Services

ROOT = f"{API}/me/export"
ZIP = "application/zip"


class ArchiveView(View):
    """The archive of your data."""

    status: ArchiveStatus
    size: int | None
    """Bytes, when it is ready."""
    created_at: datetime
    expires_at: datetime
    """Until when it can be fetched."""


class ExportResource:
    """`/me/export`."""

    def __init__(self, services: Services) -> None:
        self._catalog = services.catalog
        self._archives = services.archives

    @operation(
        access=Access.SIGNED_IN,
        tag="me",
        answers={200: ArchiveView},
        errors=(404,),
        while_erasing=True,
    )
    async def on_get(self, req: Request, resp: Response, principal: Principal) -> None:
        """Show whether the archive of your data is ready."""
        found = await self._catalog.read(self._archives.find, principal.user_id)
        if found is None:
            raise NotFound("archive", "of your data")
        send(resp, self._view(found))

    @operation(
        access=Access.SIGNED_IN,
        budget=Budget.WRITE,
        limit="archives",
        tag="me",
        answers={202: ArchiveView},
        while_erasing=True,
    )
    async def on_post(self, req: Request, resp: Response, principal: Principal) -> None:
        """Have an archive made of all that is known of you; it can be fetched for a day."""
        new = await self._catalog.write(self._archives.ask, principal.user_id)
        if new is not None:
            self._archives.begin(new)
        found = await self._catalog.read(DataArchive.get_by_id, principal.user_id)
        send(resp, self._view(found), 202, location=ROOT)

    def _view(self, archive: DataArchive) -> ArchiveView:
        return ArchiveView(
            status=ArchiveStatus(archive.status),
            size=archive.size,
            created_at=archive.created_at,
            expires_at=self._archives.ends_at(archive),
        )


class FileResource:
    """`/me/export/archive`."""

    def __init__(self, services: Services) -> None:
        self._catalog = services.catalog
        self._archives = services.archives
        self._readers = services.readers

    @operation(
        access=Access.SIGNED_IN,
        budget=Budget.DOWNLOAD,
        tag="me",
        answers={200: ZIP, 206: ZIP, 304: None},
        errors=(404, 416),
        while_erasing=True,
    )
    async def on_get(self, req: Request, resp: Response, principal: Principal) -> None:
        """Fetch the archive of your data, a ZIP file, or a range of its bytes."""
        found = await self._catalog.read(self._archives.find, principal.user_id)
        if found is None or found.status != ArchiveStatus.READY:
            raise NotFound("archive", "of your data")
        content = await self._readers.run(partial(self._content, found))
        await self._readers.send(req, resp, content, cache="no-store")

    def _content(self, archive: DataArchive) -> Content:
        path = self._archives.path(archive)
        try:
            return file_content(path, tag=path.stem, media_type=ZIP, name="pixcrawler-data.zip")
        except FileNotFoundError:
            raise NotFound("archive", "of your data") from None


@hookimpl
def register_routes() -> Iterator[Route]:
    yield Route(name="export-me", summary="Your data", path=ROOT, build=ExportResource)
    yield Route(name="archive", summary="Your data as a file", path=f"{ROOT}/archive", build=FileResource)
