"""`/images/{id}/review` and `/datasets/{id}/review`: people decide which images belong to a dataset."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from pydantic import Field

from pixcrawler_core import hookimpl
from pixcrawler_core.catalog.models import MemberRole, Review, TaskKind
from pixcrawler_core.catalog.reviews import Verb
from pixcrawler_core.errors import WorkspaceError
from pixcrawler_core.service import Principal, Route, Scope
from pixcrawler_server.bodies import Input, View
from pixcrawler_server.errors import Invalid, Unavailable
from pixcrawler_server.operations import Access, Budget, operation
from pixcrawler_server.owned import dataset_of, image_of
from pixcrawler_server.pages import Page, PageQuery, page_of
from pixcrawler_server.replies import send
from pixcrawler_server.resources.datasets import ROOT
from pixcrawler_server.resources.images import ITEM
from pixcrawler_server.reviewing import ImageDecision, NamedDecision, Reviewed, Reviews, UndoView
from pixcrawler_server.tasks import TaskView, task_view

if TYPE_CHECKING:
    from falcon.asgi import Request, Response

    from pixcrawler_core.catalog.locking import FileLock
    from pixcrawler_server.services import Services

MOST = 1000
"""Decisions of a request at most."""
PATIENCE = 5.0
"""Seconds to wait for a dataset that somebody else uses."""
AGAIN = 0.2


class Decisions(Input):
    """Decisions on images of a dataset: all are applied, or none."""

    decisions: list[NamedDecision] = Field(min_length=1, max_length=MOST)
    dry_run: bool = Field(default=False, description="Only tell what would follow.")


class DecisionsQuery(PageQuery):
    """Which decisions are wanted."""

    decision: Verb | None = Field(default=None, description="`accept`, `move` or `reject`; default: all.")


class DecisionItem(View):
    """What a person decided on the image with these bytes."""

    sha256: str
    decision: Verb
    category: str | None
    """Where it was moved."""
    note: str | None
    decided_at: datetime


class ReviewView(View):
    """What came of decisions."""

    dry_run: bool
    decisions: dict[str, int]
    images: dict[str, int]
    """How many were `added`, `removed` and `moved`."""
    undo: list[UndoView]
    """Decisions that undo these: send them as they are."""
    added: dict[str, int]
    """Ids of the images that came in, by digest: one that comes back is a new one."""
    task: TaskView | None
    """What writes the dataset's folder anew."""


class Reviewing:
    """Base of what applies decisions."""

    def __init__(self, services: Services) -> None:
        self._catalog = services.catalog
        self._workspace = services.workspace
        self._readers = services.readers
        self._tasks = services.tasks
        self._delay = services.settings.server.assembly_delay
        self._reviews = Reviews(
            workspace=services.workspace, registry=services.registry, database=services.catalog.database
        )
        self._tasks.add(TaskKind.ASSEMBLY, self._reviews.assemble)

    async def _review(
        self, principal: Principal, dataset_id: str, given: list[NamedDecision], *, dry_run: bool
    ) -> ReviewView:
        for number, each in enumerate(given, 1):
            _check(number, each)
        lock = await self._locked(dataset_id)
        try:
            work = partial(self._reviews.apply, dataset_id, given, principal.user_id, dry_run=dry_run)
            done: Reviewed = await self._catalog.read(work)
        finally:
            lock.release()
        if done.task is not None:
            self._tasks.begin(done.task, self._delay)
        return ReviewView(
            dry_run=dry_run,
            decisions=done.effects.decisions,
            images=done.effects.images,
            undo=done.undo,
            added=dict(done.added),
            task=None if done.task is None else task_view(done.task),
        )

    async def _locked(self, dataset_id: str) -> FileLock:
        """The lock of a dataset. Raises Unavailable when somebody else goes on using it."""
        until = asyncio.get_running_loop().time() + PATIENCE
        while True:
            try:
                return await self._readers.run(partial(self._workspace.lock, dataset_id))
            except WorkspaceError:
                if asyncio.get_running_loop().time() > until:
                    raise Unavailable(
                        "the dataset is being written; ask again in a moment", headers={"Retry-After": "5"}
                    ) from None
            await asyncio.sleep(AGAIN)


class ImageReviewResource(Reviewing):
    """The decision on an image."""

    @operation(
        access=Access.USER,
        scope=Scope.DATASETS_WRITE,
        budget=Budget.WRITE,
        tag="review",
        body=ImageDecision,
        answers={200: ReviewView},
        errors=(403, 404),
    )
    async def on_put(
        self, req: Request, resp: Response, principal: Principal, image_id: int, body: ImageDecision
    ) -> None:
        """Decide on an image: keep it whatever checks say, reject it, move it, or set or remove a label.

        The decision holds for all later runs, and goes by the bytes: a rejected image does not come back from
        elsewhere, and `undo` names it by its digest. A label is one of a labeler of the job: with `holds`
        `yes` the image has it whatever the labeler says, with `no` it has not.
        """
        image = await self._catalog.read(image_of, principal, image_id, MemberRole.EDITOR)
        given = NamedDecision(sha256=image.hash, **body.model_dump())
        send(resp, await self._review(principal, image.dataset_id, [given], dry_run=False))


class DatasetReviewResource(Reviewing):
    """Decisions on images of a dataset."""

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self._cursors = services.cursors

    @operation(
        access=Access.USER,
        scope=Scope.DATASETS_READ,
        tag="review",
        query=DecisionsQuery,
        answers={200: Page[DecisionItem]},
        errors=(404,),
    )
    async def on_get(
        self, req: Request, resp: Response, principal: Principal, dataset_id: str, query: DecisionsQuery
    ) -> None:
        """List the decisions on images of a dataset, also on those that were rejected.

        `POST` with `accept` and a digest brings one back.
        """
        name = f"decisions:{dataset_id}:{query.decision}"
        after = self._cursors.read(name, query.cursor, 1)[0] if query.cursor else ""
        rows = await self._catalog.read(_decided, principal, dataset_id, query, after)
        send(resp, page_of(self._cursors, name, rows, query, _decision_item, lambda row: [row.sha256]))

    @operation(
        access=Access.USER,
        scope=Scope.DATASETS_WRITE,
        budget=Budget.WRITE,
        tag="review",
        body=Decisions,
        answers={200: ReviewView},
        errors=(403, 404),
    )
    async def on_post(
        self, req: Request, resp: Response, principal: Principal, dataset_id: str, body: Decisions
    ) -> None:
        """Decide on many images, also on those that were found and not kept."""
        await self._catalog.read(dataset_of, principal, dataset_id, MemberRole.EDITOR)
        send(resp, await self._review(principal, dataset_id, body.decisions, dry_run=body.dry_run))


def _decided(principal: Principal, dataset_id: str, query: DecisionsQuery, after: str) -> list[Review]:
    dataset_of(principal, dataset_id)
    wanted = (Review.dataset == dataset_id) & (Review.sha256 > after)
    if query.decision is not None:
        wanted &= Review.decision == query.decision
    return list(Review.select().where(wanted).order_by(Review.sha256).limit(query.limit + 1))


def _decision_item(row: Review) -> DecisionItem:
    return DecisionItem(
        sha256=row.sha256,
        decision=Verb(row.decision),
        category=row.category,
        note=row.note,
        decided_at=row.decided_at,
    )


def _check(number: int, given: NamedDecision) -> None:
    named = given.sha256 or given.path or given.url
    if not named:
        raise _invalid(number, "sha256", "sha256, path or url, which say which image is meant")
    if (given.decision == "move") != (given.category is not None):
        raise _invalid(number, "category", "given with `move`, and only then")
    for field in ("labeler", "label", "holds"):
        if (given.decision == "label") != (getattr(given, field) is not None):
            raise _invalid(number, field, "given with `label`, and only then")


def _invalid(number: int, field: str, constraint: str) -> Invalid:
    return Invalid(
        f"decision {number}: {field}: {constraint}", details={"field": field, "constraint": constraint}
    )


@hookimpl
def register_routes() -> Iterator[Route]:
    yield Route(
        name="image-review",
        summary="The decision on an image",
        path=f"{ITEM}/review",
        build=ImageReviewResource,
    )
    yield Route(
        name="dataset-review",
        summary="Decisions on images",
        path=f"{ROOT}/{{dataset_id}}/review",
        build=DatasetReviewResource,
    )
