"""`/datasets/{id}/images/marks` and `/datasets/{id}/ledger/marks`: where pages of lists begin."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pixcrawler_core import hookimpl
from pixcrawler_core.catalog.sql import Sql
from pixcrawler_core.service import Principal, Route, Scope
from pixcrawler_server.image_queries import ImagesFilters
from pixcrawler_server.marking import MarksView, candidate_marks, image_marks
from pixcrawler_server.operations import Access, operation
from pixcrawler_server.owned import dataset_of
from pixcrawler_server.replies import send
from pixcrawler_server.resources.datasets import ROOT
from pixcrawler_server.resources.ledger import LedgerFilters, list_name

if TYPE_CHECKING:
    from falcon.asgi import Request, Response

    from pixcrawler_server.services import Services


class Marking:
    """Base of what tells marks."""

    def __init__(self, services: Services) -> None:
        self._catalog = services.catalog
        self._cursors = services.cursors

    @property
    def _sql(self) -> Sql:
        return Sql(self._catalog.database)


class ImageMarksResource(Marking):
    """How long a list of images is."""

    @operation(
        access=Access.USER,
        scope=Scope.DATASETS_READ,
        tag="images",
        query=ImagesFilters,
        answers={200: MarksView},
        errors=(404,),
    )
    async def on_get(
        self, req: Request, resp: Response, principal: Principal, dataset_id: str, query: ImagesFilters
    ) -> None:
        """Count the images that a list with these filters has, and tell where each hundredth stands.

        `cursors` are those of the list with the same filters: any page is reached without those before it.
        """
        send(resp, await self._catalog.read(self._marks, principal, dataset_id, query))

    def _marks(self, principal: Principal, dataset_id: str, query: ImagesFilters) -> MarksView:
        dataset_of(principal, dataset_id)
        return image_marks(self._sql, self._cursors, dataset_id, query)


class LedgerMarksResource(Marking):
    """How long a list of the ledger is."""

    @operation(
        access=Access.USER,
        scope=Scope.DATASETS_READ,
        tag="images",
        query=LedgerFilters,
        answers={200: MarksView},
        errors=(404,),
    )
    async def on_get(
        self, req: Request, resp: Response, principal: Principal, dataset_id: str, query: LedgerFilters
    ) -> None:
        """Count the URLs that a list of the ledger has, and tell where each hundredth stands."""
        send(resp, await self._catalog.read(self._marks, principal, dataset_id, query))

    def _marks(self, principal: Principal, dataset_id: str, query: LedgerFilters) -> MarksView:
        dataset_of(principal, dataset_id)
        name = list_name(dataset_id, query.filters)
        return candidate_marks(self._sql, self._cursors, name, dataset_id, query.filters)


@hookimpl
def register_routes() -> Iterator[Route]:
    place = f"{ROOT}/{{dataset_id}}"
    yield Route(
        name="image-marks", summary="Marks of images", path=f"{place}/images/marks", build=ImageMarksResource
    )
    yield Route(
        name="ledger-marks",
        summary="Marks of the ledger",
        path=f"{place}/ledger/marks",
        build=LedgerMarksResource,
    )
