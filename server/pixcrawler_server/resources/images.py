"""`/datasets/{id}/images` and `/images/{id}`: what a dataset keeps, and all that is known of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from pixcrawler_core import hookimpl
from pixcrawler_core.catalog.models import Image
from pixcrawler_core.catalog.sql import Sql
from pixcrawler_core.service import Principal, Route, Scope
from pixcrawler_server.bodies import View
from pixcrawler_server.image_details import ImageDetails, details_of
from pixcrawler_server.image_queries import ImagesQuery, Row, fits, found
from pixcrawler_server.operations import Access, operation
from pixcrawler_server.owned import dataset_of, image_of
from pixcrawler_server.pages import Page
from pixcrawler_server.paths import API, LARGEST_BIG, number
from pixcrawler_server.replies import send, send_tagged
from pixcrawler_server.scanning import looked_at, scanned

if TYPE_CHECKING:
    from falcon.asgi import Request, Response

    from pixcrawler_server.services import Services

LIST = f"{API}/datasets/{{dataset_id}}/images"
ITEM = f"{API}/images/{number('image_id', LARGEST_BIG)}"


class ImageView(View):
    """An image, as lists show it."""

    id: int
    category: str
    number: int
    path: str
    """In the dataset's folder; empty before that is written."""
    sha256: str | None
    bytes: int | None
    format: str | None
    width: int | None
    height: int | None
    quality: float | None
    """0 to 1: the mean of the checks' scores."""
    labels: list[str]
    split: str | None
    licence: str | None
    engine: str | None
    host: str | None
    url: str
    decision: str | None
    """What a reviewer decided."""
    created_at: datetime


class ImagesResource:
    """The images of a dataset."""

    def __init__(self, services: Services) -> None:
        self._catalog = services.catalog
        self._cursors = services.cursors

    @operation(
        access=Access.USER,
        scope=Scope.DATASETS_READ,
        tag="images",
        query=ImagesQuery,
        answers={200: Page[ImageView]},
        errors=(404,),
    )
    async def on_get(
        self, req: Request, resp: Response, principal: Principal, dataset_id: str, query: ImagesQuery
    ) -> None:
        """List the images of a dataset.

        With filters, a page may have fewer images than asked, or none, though others follow: go on until
        `has_more` is false.
        """
        name, rest = f"images:{dataset_id}:{query.name}", query.rest
        place = self._cursors.read(name, query.cursor, 2) if query.cursor else None
        read = looked_at(query, filtered=bool(rest))
        rows = await self._catalog.read(self._found, principal, dataset_id, query, place, read)
        page = scanned(
            self._cursors,
            name,
            rows,
            query,
            read=read,
            fits=partial(fits, query=query, rest=rest),
            view=_view,
            place=lambda row: row.place(query.order),
        )
        send(resp, page)

    def _found(
        self,
        principal: Principal,
        dataset_id: str,
        query: ImagesQuery,
        place: Sequence[Any] | None,
        read: int,
    ) -> list[Row]:
        dataset_of(principal, dataset_id)
        return found(Sql(self._catalog.database), dataset_id, query, place, read)


class ImageResource:
    """One image."""

    def __init__(self, services: Services) -> None:
        self._catalog = services.catalog

    @operation(
        access=Access.USER,
        scope=Scope.DATASETS_READ,
        tag="images",
        answers={200: ImageDetails, 304: None},
        errors=(404,),
    )
    async def on_get(self, req: Request, resp: Response, principal: Principal, image_id: int) -> None:
        """Show all that is known of an image: where it comes from, and why it was taken."""
        send_tagged(req, resp, await self._catalog.read(self._shown, principal, image_id))

    def _shown(self, principal: Principal, image_id: int) -> ImageDetails:
        image: Image = image_of(principal, image_id)
        return details_of(Sql(self._catalog.database), image)


def _view(row: Row) -> ImageView:
    return ImageView(
        id=row.id,
        category=row.category,
        number=row.number,
        path=row.filename,
        sha256=row.sha256,
        bytes=row.size,
        format=row.format,
        width=row.width,
        height=row.height,
        quality=row.quality,
        labels=row.labels,
        split=row.split,
        licence=row.licence,
        engine=row.engine,
        host=row.host,
        url=row.url,
        decision=row.decision,
        created_at=row.created_at,
    )


@hookimpl
def register_routes() -> Iterator[Route]:
    yield Route(name="images", summary="Images of a dataset", path=LIST, build=ImagesResource)
    yield Route(name="image", summary="An image", path=ITEM, build=ImageResource)
