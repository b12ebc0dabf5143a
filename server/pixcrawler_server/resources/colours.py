"""`/datasets/{id}/colours`: what colours its pictures have."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pixcrawler_core import hookimpl
from pixcrawler_core.catalog.models import Image
from pixcrawler_core.catalog.sql import Sql
from pixcrawler_core.service import Principal, Route, Scope
from pixcrawler_server.hues import SAMPLE, ColoursView, colours_of
from pixcrawler_server.operations import Access, Budget, operation
from pixcrawler_server.owned import dataset_of
from pixcrawler_server.replies import send
from pixcrawler_server.resources.datasets import ROOT

if TYPE_CHECKING:
    from falcon.asgi import Request, Response

    from pixcrawler_server.services import Services

COUNT = "SELECT COUNT(*), MIN(id), MAX(id) FROM image WHERE dataset_id = ?"


class ColoursResource:
    """The colours of a dataset."""

    def __init__(self, services: Services) -> None:
        self._catalog = services.catalog
        self._painter = services.painter

    @operation(
        access=Access.USER,
        scope=Scope.DATASETS_READ,
        budget=Budget.WRITE,
        limit="validation_single",
        tag="datasets",
        answers={200: ColoursView},
        errors=(404,),
    )
    async def on_get(self, req: Request, resp: Response, principal: Principal, dataset_id: str) -> None:
        """Tell what colours the pictures of a dataset have: of 200 of them at most, from all its parts."""
        images = await self._catalog.read(self._sample, principal, dataset_id)
        send(resp, await colours_of(self._painter, images))

    def _sample(self, principal: Principal, dataset_id: str) -> list[Image]:
        """Images whose ids are evenly apart."""
        dataset_of(principal, dataset_id)
        count, first, last = Sql(self._catalog.database).all(COUNT, (dataset_id,))[0]
        if not count:
            return []
        query = Image.select().where(Image.dataset == dataset_id)
        if count <= SAMPLE:
            return list(query)
        step = max(1, (last - first + 1) // SAMPLE)
        return list(query.where((Image.id - first) % step == 0).limit(SAMPLE))


@hookimpl
def register_routes() -> Iterator[Route]:
    yield Route(
        name="colours",
        summary="Colours of a dataset",
        path=f"{ROOT}/{{dataset_id}}/colours",
        build=ColoursResource,
    )
