"""`/datasets/{id}/ledger`: every URL that was ever found for a dataset, and what became of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pydantic import Field

from pixcrawler_core import hookimpl
from pixcrawler_core.catalog import statements
from pixcrawler_core.catalog.columns import flat_row
from pixcrawler_core.catalog.fields import to_json
from pixcrawler_core.catalog.models import CrawlJob
from pixcrawler_core.catalog.sql import Sql
from pixcrawler_core.records import Stage, State
from pixcrawler_core.service import Principal, Route, Scope
from pixcrawler_core.urls import host_of
from pixcrawler_server.bodies import Input, View
from pixcrawler_server.image_details import CheckView, checks_of
from pixcrawler_server.operations import Access, operation
from pixcrawler_server.owned import dataset_of
from pixcrawler_server.pages import Page, PageQuery
from pixcrawler_server.paths import LARGEST_BIG
from pixcrawler_server.replies import send
from pixcrawler_server.resources.datasets import ROOT
from pixcrawler_server.scanning import looked_at, scanned

if TYPE_CHECKING:
    from falcon.asgi import Request, Response

    from pixcrawler_server.services import Services

NAMES = ("engine", "query", *statements.ROW)
ROWS = (
    f"SELECT s.engine, s.query, {', '.join(f'r.{name}' for name in statements.ROW)} FROM ledger_row r "  # noqa: S608
    "JOIN stream s ON s.id = r.stream_id WHERE r.job_id = ? AND r.id > ? ORDER BY r.id LIMIT ?"
)
FILTERS = ("state", "stage", "reason", "category", "engine", "duplicate_of")


class LedgerFilters(Input):
    """Which rows are wanted."""

    state: State | None = None
    stage: Stage | None = None
    reason: str | None = Field(default=None, max_length=200, description="Such as `too-small`.")
    category: str | None = Field(default=None, max_length=1000)
    engine: str | None = Field(default=None, max_length=100)
    duplicate_of: int | None = Field(
        default=None, ge=1, le=LARGEST_BIG, description="Only duplicates of this row."
    )

    @property
    def filters(self) -> dict[str, Any]:
        """Those that are given."""
        return self.model_dump(mode="json", exclude={"limit", "cursor", "host"}, exclude_none=True)


class LedgerQuery(LedgerFilters, PageQuery):
    """Which page of which rows is wanted."""

    host: str | None = Field(default=None, max_length=255, description="Host of the URL.")

    @property
    def filters(self) -> dict[str, Any]:
        """Those that are given."""
        return super().filters | ({} if self.host is None else {"host": self.host})


class LedgerRowView(View):
    """A URL, and what became of it."""

    id: int
    url: str
    page_url: str | None
    title: str | None
    category: str
    engine: str
    query: str
    licence: str | None
    creator: str | None
    state: State
    stage: Stage
    reason: str | None
    detail: str | None
    http_status: int | None
    sha256: str | None
    bytes: int | None
    format: str | None
    width: int | None
    height: int | None
    duplicate_of: int | None
    """The row that it duplicates."""
    checks: list[CheckView]
    """What the checks that were asked found."""
    created_at: datetime
    updated_at: datetime


class LedgerResource:
    """The ledger of a dataset."""

    def __init__(self, services: Services) -> None:
        self._catalog = services.catalog
        self._cursors = services.cursors

    @operation(
        access=Access.USER,
        scope=Scope.DATASETS_READ,
        tag="images",
        query=LedgerQuery,
        answers={200: Page[LedgerRowView]},
        errors=(404,),
    )
    async def on_get(
        self, req: Request, resp: Response, principal: Principal, dataset_id: str, query: LedgerQuery
    ) -> None:
        """List all URLs that were found for a dataset, in the order in which they were.

        With filters, a page may have fewer rows than asked, or none, though others follow: go on until
        `has_more` is false.
        """
        filters = query.filters
        name = list_name(dataset_id, filters)
        place = self._cursors.read(name, query.cursor, 2) if query.cursor else [0, 0]
        read = looked_at(query, filtered=bool(filters))
        rows = await self._catalog.read(self._found, principal, dataset_id, place, read)
        page = scanned(
            self._cursors,
            name,
            rows,
            query,
            read=read,
            fits=lambda row: _fits(row, filters),
            view=_view,
            place=lambda row: [row["job_id"], row["id"]],
        )
        send(resp, page)

    def _found(
        self, principal: Principal, dataset_id: str, place: Sequence[int], read: int
    ) -> list[dict[str, Any]]:
        """The next rows: of the job of the place from there on, and of the later ones."""
        dataset_of(principal, dataset_id)
        jobs = CrawlJob.select(CrawlJob.id).where(
            (CrawlJob.dataset == dataset_id) & (CrawlJob.id >= place[0])
        )
        sql, found = Sql(self._catalog.database), list[dict[str, Any]]()
        for job in jobs.order_by(CrawlJob.id):
            after = place[1] if job.id == place[0] else 0
            rows = sql.all(ROWS, (job.id, after, read - len(found)))
            found += [dict(zip(NAMES, row, strict=True)) for row in rows]
            if len(found) == read:
                break
        return found


def list_name(dataset_id: str, filters: dict[str, Any]) -> str:
    """What cursors of a list of the ledger are good for."""
    return f"ledger:{dataset_id}:{to_json(filters)}"


def _fits(row: dict[str, Any], filters: dict[str, Any]) -> bool:
    plain = all(row[name] == filters[name] for name in FILTERS if name in filters)
    return plain and ("host" not in filters or host_of(row["url"]) == filters["host"])


def _view(row: dict[str, Any]) -> LedgerRowView:
    told = flat_row(row)
    checks = checks_of(json.loads(told["scores"] or "{}"))
    own = {"licence": told["license"], "bytes": told["size"], "checks": checks}
    names = LedgerRowView.model_fields.keys() - own.keys()
    return LedgerRowView(**own, **{name: told[name] for name in names})


@hookimpl
def register_routes() -> Iterator[Route]:
    yield Route(
        name="ledger",
        summary="The ledger of a dataset",
        path=f"{ROOT}/{{dataset_id}}/ledger",
        build=LedgerResource,
    )
