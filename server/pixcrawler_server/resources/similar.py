"""`/datasets/{id}/similar`: images of a dataset that look like another one."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from pydantic import Field

from pixcrawler_core import hookimpl
from pixcrawler_core.catalog.models import Image
from pixcrawler_core.image import Image as Picture
from pixcrawler_core.service import Principal, Route, Scope
from pixcrawler_server.bodies import Input, View, read_body
from pixcrawler_server.downloads import BINARY
from pixcrawler_server.errors import NotFound
from pixcrawler_server.operations import Access, Budget, operation
from pixcrawler_server.owned import dataset_of
from pixcrawler_server.paths import LARGEST_BIG
from pixcrawler_server.pictures import file_of
from pixcrawler_server.replies import send
from pixcrawler_server.resources.datasets import ROOT
from pixcrawler_server.similar import Similar, SimilarView

if TYPE_CHECKING:
    from falcon.asgi import Request, Response

    from pixcrawler_server.services import Services


class SimilarQuery(Input):
    """What is looked for."""

    image_id: int | None = Field(
        default=None, ge=1, le=LARGEST_BIG, description="An image of the dataset, instead of a body."
    )
    radius: int = Field(default=8, ge=0, le=16, description="Bits in which hashes may differ, of 64.")
    most: int = Field(default=20, ge=1, le=100, description="Images that are told at most.")


class SimilarImagesView(View):
    """Images that look alike, the nearest first."""

    items: list[SimilarView]


class SimilarResource:
    """Images that look like another one."""

    def __init__(self, services: Services) -> None:
        self._catalog = services.catalog
        self._painter = services.painter
        self._workspace = services.workspace
        self._most = services.settings.server.max_upload
        self._similar = Similar(
            workspace=services.workspace, registry=services.registry, database=services.catalog.database
        )

    @operation(
        access=Access.USER,
        scope=Scope.DATASETS_READ,
        budget=Budget.WRITE,
        limit="validation_single",
        tag="images",
        query=SimilarQuery,
        upload=(BINARY, "image/*"),
        answers={200: SimilarImagesView},
        errors=(404, 409),
    )
    async def on_post(
        self, req: Request, resp: Response, principal: Principal, dataset_id: str, query: SimilarQuery
    ) -> None:
        """Find images of a dataset that look like one that is sent, or like one of its own.

        Also reduced, recompressed, mirrored or turned ones. The first question after images came takes
        longer.
        """
        await self._catalog.read(dataset_of, principal, dataset_id)
        if query.image_id is not None:
            image = await self._catalog.read(_image, dataset_id, query.image_id)
            file = await self._painter.run(partial(file_of, self._workspace, image))
            picture = Picture(file, image.hash or "", image.file_size or 0)
            find, row = self._similar.to_image, image.row
            work = partial(find, dataset_id, picture, query.radius, query.most, but=row)
        else:
            data = await read_body(req, self._most)
            work = partial(self._similar.to_bytes, dataset_id, data, query.radius, query.most)
        send(resp, SimilarImagesView(items=await self._painter.run(work)))


def _image(dataset_id: str, image_id: int) -> Image:
    found: Image | None = Image.get_or_none((Image.id == image_id) & (Image.dataset == dataset_id))
    if found is None:
        raise NotFound("image", image_id)
    return found


@hookimpl
def register_routes() -> Iterator[Route]:
    yield Route(
        name="similar",
        summary="Images that look alike",
        path=f"{ROOT}/{{dataset_id}}/similar",
        build=SimilarResource,
    )
