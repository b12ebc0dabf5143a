"""`/datasets/{id}/facets` and `/datasets/{id}/splits`: what images differ in, and where splits leak."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from pixcrawler_core import hookimpl
from pixcrawler_core.assembly.names import SPLITS
from pixcrawler_core.catalog.sql import Sql
from pixcrawler_core.service import Principal, Route, Scope
from pixcrawler_server.bodies import View
from pixcrawler_server.facets import FacetsView, facets_of
from pixcrawler_server.folders import assembled
from pixcrawler_server.operations import Access, operation
from pixcrawler_server.owned import dataset_of
from pixcrawler_server.replies import send
from pixcrawler_server.resources.dataset_files import DatasetFiles
from pixcrawler_server.resources.datasets import ROOT

if TYPE_CHECKING:
    from falcon.asgi import Request, Response

    from pixcrawler_server.services import Services


class FacetsResource:
    """What the images of a dataset can be told apart by."""

    def __init__(self, services: Services) -> None:
        self._catalog = services.catalog

    @operation(
        access=Access.USER,
        scope=Scope.DATASETS_READ,
        tag="images",
        answers={200: FacetsView},
        errors=(404,),
    )
    async def on_get(self, req: Request, resp: Response, principal: Principal, dataset_id: str) -> None:
        """Count a dataset's images by category, licence, source, host, label, split, day, size and quality.

        As they are now, also before the dataset's folder is written anew.
        """
        send(resp, await self._catalog.read(self._facets, principal, dataset_id))

    def _facets(self, principal: Principal, dataset_id: str) -> FacetsView:
        dataset_of(principal, dataset_id)
        return facets_of(Sql(self._catalog.database), dataset_id)


class SplitsView(View):
    """How a dataset is split."""

    report: dict[str, Any] | None
    """What its `metadata/splits.json` holds; None for one without splits."""


class SplitsResource(DatasetFiles):
    """The leak report of a dataset."""

    @operation(
        access=Access.USER,
        scope=Scope.DATASETS_READ,
        tag="datasets",
        answers={200: SplitsView},
        errors=(404,),
    )
    async def on_get(self, req: Request, resp: Response, principal: Principal, dataset_id: str) -> None:
        """Show how a dataset is split, and whether images that belong together stand in two splits."""
        send(resp, await self._found(principal, dataset_id, partial(self._report, dataset_id)))

    def _report(self, dataset_id: str) -> SplitsView:
        path = assembled(self._workspace, dataset_id).parent / SPLITS
        if not path.is_file() or path.is_symlink():
            return SplitsView(report=None)
        return SplitsView(report=json.loads(path.read_text(encoding="utf-8")))


@hookimpl
def register_routes() -> Iterator[Route]:
    place = f"{ROOT}/{{dataset_id}}"
    yield Route(name="facets", summary="What images differ in", path=f"{place}/facets", build=FacetsResource)
    yield Route(name="splits", summary="Splits of a dataset", path=f"{place}/splits", build=SplitsResource)
