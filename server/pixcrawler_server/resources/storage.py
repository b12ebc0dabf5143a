"""`/datasets/{id}/storage`: what stores have of a dataset, in which tier, and how that is changed."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from pixcrawler_core import hookimpl
from pixcrawler_core.catalog.models import MemberRole, Task, TaskKind
from pixcrawler_core.service import Principal, Route, Scope
from pixcrawler_core.storage.protocols import Priority, StorageTier
from pixcrawler_server.bodies import Input, View
from pixcrawler_server.errors import Conflict
from pixcrawler_server.operations import Access, Budget, operation
from pixcrawler_server.owned import dataset_of
from pixcrawler_server.paths import API
from pixcrawler_server.replies import send
from pixcrawler_server.resources.datasets import ROOT
from pixcrawler_server.storing import Storing
from pixcrawler_server.tasks import OPEN, TaskView, new_task, task_view

if TYPE_CHECKING:
    from falcon.asgi import Request, Response

    from pixcrawler_server.services import Services

KINDS = (TaskKind.PUSH, TaskKind.TIER, TaskKind.REHYDRATE)
STORE = Field(
    default=None,
    min_length=1,
    max_length=100,
    description="One of the server's stores; default: the only one.",
)


class PushOrder(Input):
    """What is to be brought into a store."""

    store: str | None = STORE
    what: list[Literal["dataset", "exports"]] = Field(default=["dataset", "exports"], min_length=1)


class TierOrder(Input):
    """Where it is to lie."""

    store: str | None = STORE
    tier: StorageTier


class RehydrationOrder(Input):
    """How quickly it is to come out of the archive."""

    store: str | None = STORE
    priority: Priority = Priority.STANDARD


class UnitView(View):
    """What a store has of a dataset, or of one of its exports."""

    unit: str
    objects: int
    bytes: dict[StorageTier, int]
    archived: int
    """Objects that cannot be read before they are rehydrated."""


class StoreView(View):
    """What one store has of a dataset."""

    store: str
    units: list[UnitView]


class DatasetStorageView(View):
    """Where a dataset lies."""

    stores: list[StoreView]
    task: TaskView | None
    """What was done last, or is being done."""


class Stored:
    """Base of what works on stores."""

    def __init__(self, services: Services) -> None:
        self._catalog = services.catalog
        self._readers = services.readers
        self._stores = services.stores
        self._tasks = services.tasks
        self._storing = Storing(
            workspace=services.workspace,
            stores=services.stores,
            database=services.catalog.database,
            stopping=services.background.stopping,
        )
        self._tasks.add(TaskKind.PUSH, self._storing.push)
        self._tasks.add(TaskKind.TIER, self._storing.move)
        self._tasks.add(TaskKind.REHYDRATE, self._storing.rehydrate)

    async def _begin(
        self, resp: Response, principal: Principal, dataset_id: str, kind: TaskKind, order: PushOrder | Any
    ) -> None:
        """Answer with a task that does what was asked for."""
        await self._catalog.read(dataset_of, principal, dataset_id, MemberRole.EDITOR)
        store = await self._readers.run(partial(self._stores.name, order.store))
        options = {**order.model_dump(mode="json"), "store": store}
        task = await self._catalog.write(_task, principal, dataset_id, kind, options)
        self._tasks.begin(task)
        send(resp, task_view(task), 202, location=f"{API}/tasks/{task.id}")


class DatasetStorageResource(Stored):
    """Where a dataset lies."""

    @operation(
        access=Access.USER,
        scope=Scope.STORAGE_READ,
        tag="storage",
        answers={200: DatasetStorageView},
        errors=(404,),
    )
    async def on_get(self, req: Request, resp: Response, principal: Principal, dataset_id: str) -> None:
        """Show what each store has of a dataset, in which tier, and whether it can be read."""
        await self._catalog.read(dataset_of, principal, dataset_id)
        stores = await self._readers.run(partial(self._shown, dataset_id))
        task = await self._catalog.read(_last, dataset_id)
        send(resp, DatasetStorageView(stores=stores, task=None if task is None else task_view(task)))

    def _shown(self, dataset_id: str) -> list[StoreView]:
        return [self._view(name, dataset_id) for name in self._stores.table.stores]

    def _view(self, name: str, dataset_id: str) -> StoreView:
        found = [
            UnitView(
                unit=each.unit,
                objects=each.whole.objects,
                bytes=dict(each.sizes),
                archived=each.archived,
            )
            for each in self._storing.usages(dataset_id, name)
        ]
        return StoreView(store=name, units=found)


class PushResource(Stored):
    """Bringing a dataset into a store."""

    @operation(
        access=Access.USER,
        scope=Scope.STORAGE_WRITE,
        budget=Budget.WRITE,
        tag="storage",
        body=PushOrder,
        answers={202: TaskView},
        errors=(403, 404, 409),
    )
    async def on_post(
        self, req: Request, resp: Response, principal: Principal, dataset_id: str, body: PushOrder
    ) -> None:
        """Bring a dataset and its exports into a store; what is there already is not sent again."""
        await self._begin(resp, principal, dataset_id, TaskKind.PUSH, body)


class TierResource(Stored):
    """Moving a dataset between tiers."""

    @operation(
        access=Access.USER,
        scope=Scope.STORAGE_WRITE,
        budget=Budget.WRITE,
        tag="storage",
        body=TierOrder,
        answers={202: TaskView},
        errors=(403, 404, 409),
    )
    async def on_post(
        self, req: Request, resp: Response, principal: Principal, dataset_id: str, body: TierOrder
    ) -> None:
        """Move what a store has of a dataset to another tier; what is cold cannot be read."""
        await self._begin(resp, principal, dataset_id, TaskKind.TIER, body)


class RehydrationResource(Stored):
    """Bringing a dataset out of the archive."""

    @operation(
        access=Access.USER,
        scope=Scope.STORAGE_WRITE,
        budget=Budget.WRITE,
        tag="storage",
        body=RehydrationOrder,
        answers={202: TaskView},
        errors=(403, 404, 409),
    )
    async def on_post(
        self, req: Request, resp: Response, principal: Principal, dataset_id: str, body: RehydrationOrder
    ) -> None:
        """Begin to bring what a store has of a dataset out of the archive, which may take hours."""
        await self._begin(resp, principal, dataset_id, TaskKind.REHYDRATE, body)


def _task(principal: Principal, dataset_id: str, kind: TaskKind, options: dict[str, Any]) -> Task:
    dataset_of(principal, dataset_id, MemberRole.EDITOR)
    under_way = (Task.dataset == dataset_id) & Task.kind.in_(KINDS) & Task.status.in_(OPEN)
    if (found := Task.get_or_none(under_way)) is not None:
        raise Conflict(
            f"the task {found.id} works on the dataset in a store; wait until it is done",
            details={"task": found.id},
        )
    return new_task(kind, dataset_id, options, principal.user_id, f"storage {kind} begun")


def _last(dataset_id: str) -> Task | None:
    of_it = (Task.dataset == dataset_id) & Task.kind.in_(KINDS)
    found: Task | None = Task.select().where(of_it).order_by(Task.id.desc()).first()
    return found


@hookimpl
def register_routes() -> Iterator[Route]:
    place = f"{ROOT}/{{dataset_id}}/storage"
    yield Route(
        name="dataset-storage", summary="Where a dataset lies", path=place, build=DatasetStorageResource
    )
    yield Route(name="storage-push", summary="Into a store", path=f"{place}/push", build=PushResource)
    yield Route(name="storage-tier", summary="Between tiers", path=f"{place}/tier", build=TierResource)
    yield Route(
        name="storage-rehydrate",
        summary="Out of the archive",
        path=f"{place}/rehydrate",
        build=RehydrationResource,
    )
