"""`/candidates/{id}/thumbnail`: pictures that jobs fetched, also those that they did not keep."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from pixcrawler_core import hookimpl
from pixcrawler_core.catalog.models import Image
from pixcrawler_core.service import Principal, Route, Scope
from pixcrawler_server.errors import NotAvailable, NotFound
from pixcrawler_server.jobs.views import FETCHED, asks
from pixcrawler_server.operations import Access, operation
from pixcrawler_server.paths import API, LARGEST_BIG, number
from pixcrawler_server.resources.image_files import ASKED_AGAIN, WEBP, ThumbnailQuery

if TYPE_CHECKING:
    from falcon.asgi import Request, Response

    from pixcrawler_server.services import Services


class CandidateThumbnailResource:
    """The thumbnail of a candidate."""

    def __init__(self, services: Services) -> None:
        self._catalog = services.catalog
        self._painter = services.painter

    @operation(
        access=Access.USER,
        scope=Scope.JOBS_READ,
        tag="jobs",
        query=ThumbnailQuery,
        answers={200: WEBP, 304: None},
        errors=(404, 409),
    )
    async def on_get(
        self, req: Request, resp: Response, principal: Principal, candidate_id: int, query: ThumbnailQuery
    ) -> None:
        """Show a picture that a job fetched in small, by its id in the ledger, whatever became of it."""
        rows = await self._catalog.quick(FETCHED, (*asks(principal), candidate_id))
        picture = _picture(candidate_id, rows)
        tag = f'"{picture.hash}-{query.size}"'
        if tag in (req.get_header("If-None-Match") or ""):
            resp.status = 304
        else:
            resp.data = await self._painter.thumbnail(picture, int(query.size))
            resp.content_type = WEBP
        resp.set_headers({"ETag": tag, "Cache-Control": ASKED_AGAIN})


def _picture(candidate_id: int, rows: Sequence[tuple[Any, ...]]) -> Image:
    """What the painter takes: a picture in the blobs, which need not be an image of the dataset."""
    if not rows:
        raise NotFound("candidate", candidate_id)
    ((digest, dataset),) = rows
    if digest is None:
        raise NotAvailable("the candidate was not fetched")
    return Image(dataset=dataset, hash=digest, filename="")


@hookimpl
def register_routes() -> Iterator[Route]:
    yield Route(
        name="candidate-thumbnail",
        summary="A candidate in small",
        path=f"{API}/candidates/{number('candidate_id', LARGEST_BIG)}/thumbnail",
        build=CandidateThumbnailResource,
    )
