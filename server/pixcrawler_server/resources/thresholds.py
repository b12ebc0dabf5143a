"""`/datasets/{id}/thresholds`: how checks scored images, and what other thresholds would change."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from pixcrawler_core import hookimpl
from pixcrawler_core.catalog.sql import Sql
from pixcrawler_core.service import Principal, Route, Scope
from pixcrawler_server.bodies import Input, View
from pixcrawler_server.operations import Access, Budget, operation
from pixcrawler_server.owned import dataset_of
from pixcrawler_server.replies import send
from pixcrawler_server.resources.datasets import ROOT
from pixcrawler_server.thresholding import ChangesView, ScoresView, Thresholds

if TYPE_CHECKING:
    from falcon.asgi import Request, Response

    from pixcrawler_server.services import Services

MOST = 1000
"""Images that are told at most: as many as can be decided on at once."""
Check = Annotated[str, Field(min_length=1, max_length=100)]
Score = Annotated[float, Field(ge=0, le=1)]


class NewThresholds(Input):
    """Thresholds as they might be."""

    thresholds: dict[Check, Score] = Field(
        min_length=1, max_length=50, description="By the name of the check, 0 to 1."
    )
    most: int = Field(default=100, ge=0, le=MOST, description="Images that are told at most.")


class AllScoresView(View):
    """How all checks scored."""

    items: list[ScoresView]


class ThresholdsResource:
    """Thresholds of checks."""

    def __init__(self, services: Services) -> None:
        self._catalog = services.catalog
        self._thresholds = Thresholds(Sql(services.catalog.database))

    @operation(
        access=Access.USER,
        scope=Scope.DATASETS_READ,
        tag="review",
        answers={200: AllScoresView},
        errors=(404,),
    )
    async def on_get(self, req: Request, resp: Response, principal: Principal, dataset_id: str) -> None:
        """Show how the checks scored what a dataset keeps, and what they rejected."""
        found = await self._catalog.read(self._scores, principal, dataset_id)
        send(resp, AllScoresView(items=found))

    @operation(
        access=Access.USER,
        scope=Scope.DATASETS_READ,
        budget=Budget.WRITE,
        tag="review",
        body=NewThresholds,
        answers={200: ChangesView},
        errors=(404,),
    )
    async def on_post(
        self, req: Request, resp: Response, principal: Principal, dataset_id: str, body: NewThresholds
    ) -> None:
        """Tell what other thresholds would change, and change nothing.

        Images that people decided on are left out. Send the digests to `/datasets/{id}/review` to have it so.
        """
        work = partial(self._changes, principal, dataset_id, body)
        send(resp, await self._catalog.read(work))

    def _scores(self, principal: Principal, dataset_id: str) -> list[ScoresView]:
        dataset_of(principal, dataset_id)
        return self._thresholds.scores(dataset_id)

    def _changes(self, principal: Principal, dataset_id: str, body: NewThresholds) -> ChangesView:
        dataset_of(principal, dataset_id)
        return self._thresholds.changes(dataset_id, body.thresholds, body.most)


@hookimpl
def register_routes() -> Iterator[Route]:
    yield Route(
        name="thresholds",
        summary="Thresholds of checks",
        path=f"{ROOT}/{{dataset_id}}/thresholds",
        build=ThresholdsResource,
    )
