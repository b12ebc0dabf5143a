"""Tasks: what is done to a dataset, or to the whole workspace, in the background."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from pixcrawler_core.catalog import audit
from pixcrawler_core.catalog.fields import utc_now
from pixcrawler_core.catalog.locking import FileLock, HeldError
from pixcrawler_core.catalog.models import Task, TaskKind, TaskStatus
from pixcrawler_server.background import Background, Busy, Family, Stopped
from pixcrawler_server.bodies import View
from pixcrawler_server.datasets import taken
from pixcrawler_server.telling import told

if TYPE_CHECKING:
    from pixcrawler_core.workspace import Workspace

TASKS = "tasks"
WORKSPACE = "the workspace"
LOCK = "tasks.lock"
"""File in the workspace whose holder does what concerns all of it."""
OPEN = (TaskStatus.PENDING, TaskStatus.RUNNING)
RECORDED = ("store", "what", "tier", "priority", "dry_run")
"""Options that are recorded with who asked: none of them names a person or an address."""
Work = Callable[[Task], Mapping[str, Any]]
"""Does a task; returns what came of it, as JSON values."""


class TaskView(View):
    """Something that is done in the background."""

    id: int
    dataset_id: str | None
    kind: TaskKind
    status: TaskStatus
    options: dict[str, Any]
    result: dict[str, Any]
    detail: str | None
    """Why it failed."""
    created_at: datetime
    completed_at: datetime | None


class Tasks:
    """Does tasks, by the kinds that resources add."""

    def __init__(self, workspace: Workspace, background: Background) -> None:
        self._workspace = workspace
        self._background = background
        self._works: dict[TaskKind, Work] = {}
        background.add_family(Family(name=TASKS, left=self._left, work=self.work))

    def add(self, kind: TaskKind, work: Work) -> None:
        """Let a kind of task be done so."""
        self._works[kind] = work

    def begin(self, task: Task, after: float = 0.0) -> None:
        """Have a task done, in `after` seconds; call it when its row is committed."""
        self._background.begin(TASKS, task.id, _about(task), after)

    def work(self, key: Hashable) -> None:
        """Do a task that is to be done, alone with what it is about. Raises Busy and Stopped."""
        found = Task.get_or_none(Task.id == key)
        if found is None:
            return
        with self._alone(found):
            task = Task.get_or_none((Task.id == key) & Task.status.in_(OPEN))
            if task is not None:
                self._work(task)

    def _work(self, task: Task) -> None:
        _note(task, status=TaskStatus.RUNNING)
        try:
            result = dict(self._works[TaskKind(task.kind)](task))
        except (Busy, Stopped):
            _note(task, status=TaskStatus.PENDING)
            raise
        except Exception as error:  # noqa: BLE001  # the edge of a thread: it is told with the task
            why = told(error, self._workspace.root)
            _note(task, status=TaskStatus.FAILED, detail=why, completed_at=utc_now())
        else:
            _note(task, status=TaskStatus.DONE, result=result, completed_at=utc_now())

    def _alone(self, task: Task) -> AbstractContextManager[object]:
        about = _about(task)
        if about != WORKSPACE:
            return taken(self._workspace, about)
        try:
            return FileLock(self._workspace.root / LOCK)
        except HeldError as error:
            raise Busy(LOCK) from error

    def _left(self) -> Iterable[tuple[int, str]]:
        left = Task.select().where(Task.status.in_(OPEN))
        return [(each.id, _about(each)) for each in left]


def _about(task: Task) -> str:
    """What a task has for itself: a dataset; a takedown concerns all of them."""
    return WORKSPACE if task.kind == TaskKind.TAKEDOWN else task.dataset_id or WORKSPACE


def new_task(
    kind: TaskKind, dataset_id: str | None, options: Mapping[str, Any], actor: UUID, action: str
) -> Task:
    """Note a task, and that it was asked for, in the transaction under way."""
    task: Task = Task.create(kind=kind, dataset=dataset_id, options=dict(options), actor=str(actor))
    entity, key = ("dataset", dataset_id) if dataset_id else ("workspace", "")
    audit.record(
        action, entity=entity, entity_id=key, details={"task": task.id, **_plain(options)}, actor=actor
    )
    return task


def task_view(task: Any) -> TaskView:
    """What is told of a task."""
    return TaskView(
        id=task.id,
        dataset_id=task.dataset_id,
        kind=TaskKind(task.kind),
        status=TaskStatus(task.status),
        options=task.options,
        result=task.result,
        detail=task.detail,
        created_at=task.created_at,
        completed_at=task.completed_at,
    )


def _plain(options: Mapping[str, Any]) -> dict[str, Any]:
    return {name: options[name] for name in RECORDED if name in options}


def _note(task: Task, **changes: Any) -> None:
    Task.update(**changes).where(Task.id == task.id).execute()
