"""`/images/{id}/file` and `/images/{id}/thumbnail`: the pictures themselves."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from pixcrawler_core import hookimpl
from pixcrawler_core.service import Principal, Route, Scope
from pixcrawler_server.bodies import Input
from pixcrawler_server.operations import Access, Budget, operation
from pixcrawler_server.owned import image_of
from pixcrawler_server.pictures import content_of
from pixcrawler_server.resources.images import ITEM

if TYPE_CHECKING:
    from falcon.asgi import Request, Response

    from pixcrawler_server.services import Services

WEBP = "image/webp"
ASKED_AGAIN = "private, no-cache"
"""Numbers of images may be given again, and pictures are taken down: browsers ask each time, by ETag."""


class ThumbnailQuery(Input):
    """How large a thumbnail is wanted."""

    size: Literal["128", "256", "512"] = Field(default="256", description="Pixels of the longer side.")


class ThumbnailResource:
    """The thumbnail of an image."""

    def __init__(self, services: Services) -> None:
        self._catalog = services.catalog
        self._painter = services.painter

    @operation(
        access=Access.USER,
        scope=Scope.DATASETS_READ,
        tag="images",
        query=ThumbnailQuery,
        answers={200: WEBP, 304: None},
        errors=(404, 409),
    )
    async def on_get(
        self, req: Request, resp: Response, principal: Principal, image_id: int, query: ThumbnailQuery
    ) -> None:
        """Show an image in small, as a WebP file."""
        image = await self._catalog.read(image_of, principal, image_id)
        tag = f'"{image.hash}-{query.size}"'
        if tag in (req.get_header("If-None-Match") or ""):
            resp.status = 304
        else:
            resp.data = await self._painter.thumbnail(image, int(query.size))
            resp.content_type = WEBP
        resp.set_headers({"ETag": tag, "Cache-Control": ASKED_AGAIN})


class ImageFileResource:
    """The file of an image."""

    def __init__(self, services: Services) -> None:
        self._catalog = services.catalog
        self._workspace = services.workspace
        self._readers = services.readers

    @operation(
        access=Access.USER,
        scope=Scope.DATASETS_READ,
        budget=Budget.DOWNLOAD,
        tag="images",
        answers={200: "image/*", 206: "image/*", 304: None},
        errors=(404, 409, 416),
    )
    async def on_get(self, req: Request, resp: Response, principal: Principal, image_id: int) -> None:
        """Download the bytes of an image as they were found, or a range of them."""
        image = await self._catalog.read(image_of, principal, image_id)
        content = await self._readers.run(partial(content_of, self._workspace, image))
        await self._readers.send(req, resp, content, ASKED_AGAIN)


@hookimpl
def register_routes() -> Iterator[Route]:
    yield Route(name="image-file", summary="An image's bytes", path=f"{ITEM}/file", build=ImageFileResource)
    yield Route(
        name="image-thumbnail", summary="An image in small", path=f"{ITEM}/thumbnail", build=ThumbnailResource
    )
