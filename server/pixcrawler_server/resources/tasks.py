"""`/tasks`: what is done in the background, and how far it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pixcrawler_core import hookimpl
from pixcrawler_core.catalog.models import Task
from pixcrawler_core.service import Principal, Route, Scope
from pixcrawler_server.operations import Access, operation
from pixcrawler_server.owned import dataset_of, task_of
from pixcrawler_server.pages import Page, PageQuery, page_of
from pixcrawler_server.paths import API, number
from pixcrawler_server.replies import send, send_tagged
from pixcrawler_server.tasks import TaskView, task_view

if TYPE_CHECKING:
    from falcon.asgi import Request, Response

    from pixcrawler_server.services import Services

ITEM = f"{API}/tasks/{number('task_id')}"
LIST = f"{API}/datasets/{{dataset_id}}/tasks"


class DatasetTasksResource:
    """The tasks of a dataset."""

    def __init__(self, services: Services) -> None:
        self._catalog = services.catalog
        self._cursors = services.cursors

    @operation(
        access=Access.USER,
        scope=Scope.DATASETS_READ,
        tag="tasks",
        query=PageQuery,
        answers={200: Page[TaskView]},
        errors=(404,),
    )
    async def on_get(
        self, req: Request, resp: Response, principal: Principal, dataset_id: str, query: PageQuery
    ) -> None:
        """List what is done to a dataset in the background, newest first."""
        name = f"tasks:{dataset_id}"
        before = self._cursors.read(name, query.cursor, 1)[0] if query.cursor else None
        rows = await self._catalog.read(_listed, principal, dataset_id, before, query.limit + 1)
        send(resp, page_of(self._cursors, name, rows, query, task_view, lambda row: [row.id]))


class TaskResource:
    """One task."""

    def __init__(self, services: Services) -> None:
        self._catalog = services.catalog

    @operation(
        access=Access.USER,
        scope=Scope.DATASETS_READ,
        tag="tasks",
        answers={200: TaskView, 304: None},
        errors=(404,),
    )
    async def on_get(self, req: Request, resp: Response, principal: Principal, task_id: int) -> None:
        """Show how far a task is."""
        send_tagged(req, resp, task_view(await self._catalog.read(task_of, principal, task_id)))


def _listed(principal: Principal, dataset_id: str, before: int | None, count: int) -> list[Task]:
    dataset_of(principal, dataset_id)
    query = Task.select().where(Task.dataset == dataset_id)
    if before is not None:
        query = query.where(Task.id < before)
    return list(query.order_by(Task.id.desc()).limit(count))


@hookimpl
def register_routes() -> Iterator[Route]:
    yield Route(name="dataset-tasks", summary="Tasks of a dataset", path=LIST, build=DatasetTasksResource)
    yield Route(name="task", summary="A task", path=ITEM, build=TaskResource)
