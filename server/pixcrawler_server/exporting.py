"""Writes the exports that were asked for, each in a process of its own."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Hashable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from threading import Event
from typing import IO, TYPE_CHECKING, Any

from pixcrawler_core.catalog.fields import utc_now
from pixcrawler_core.catalog.models import Export, ExportStatus
from pixcrawler_core.components import Exporter
from pixcrawler_core.config.export import ExportTable
from pixcrawler_core.config.problems import parse_options
from pixcrawler_core.errors import DatasetError
from pixcrawler_core.policies import NEEDS
from pixcrawler_core.takedown.sweeping import remove_exports
from pixcrawler_server.background import Busy, Family, Stopped
from pixcrawler_server.datasets import own_export, taken
from pixcrawler_server.errors import Invalid
from pixcrawler_server.export_child import Order
from pixcrawler_server.jobs.restrictions import export_problems
from pixcrawler_server.telling import told

if TYPE_CHECKING:
    from pixcrawler_core.registry import Registry
    from pixcrawler_core.workspace import Workspace
    from pixcrawler_server.crawl_settings import CrawlTable

EXPORTS = "exports"
LOOK = 0.2
"""Seconds between two looks at whether the export is still wanted."""
PATIENCE = 5.0
"""Seconds that a process has to take back what it wrote, before it is killed."""
PROGRAM = (sys.executable, "-P", "-m", "pixcrawler_server.export_child")


class Removed(Exception):
    """The export is not wanted any more."""


def checked(registry: Registry, crawl: CrawlTable, given: dict[str, Any]) -> ExportTable:
    """The table `[export]` of a client. Raises Invalid and ConfigError for what does not fit.

    A policy has to be one with a name: clients do not have files of the server read.
    """
    table = parse_options(ExportTable, given, "the export")
    for problem in export_problems(table, registry, crawl):
        raise Invalid(problem.message, details={"field": ".".join(map(str, problem.path[1:]))})
    for name in table.formats:
        registry.build(Exporter, name, table.tables.get(name))
    names = [name.strip() for name in (table.policy or "").replace("+", ",").split(",")]
    if table.policy is not None and not set(names) <= set(NEEDS):
        known = ", ".join(NEEDS)
        raise Invalid(
            f"policy: {table.policy[:80]!r} is none of {known}",
            details={"field": "policy", "constraint": known, "provided_value": table.policy[:80]},
        )
    return table


def same(workspace: Workspace, dataset_id: str, table: dict[str, Any], written: datetime) -> Export | None:
    """An export by the same table that is to be written, or is there and younger than the dataset as it is.

    `written` is when the dataset was.
    """
    alive = Export.status.in_((ExportStatus.PENDING, ExportStatus.READY))
    for each in Export.select().where((Export.dataset == dataset_id) & alive).order_by(Export.id.desc()):
        if each.options == table and (
            each.status == ExportStatus.PENDING or _is_there(workspace, each, written)
        ):
            found: Export = each
            return found
    return None


def _is_there(workspace: Workspace, export: Export, written: datetime) -> bool:
    path = own_export(workspace, export.path)
    return export.created_at > written and path is not None and path.exists()


@dataclass(frozen=True, kw_only=True)
class Exporting:
    """Writes exports of datasets of a workspace; `stopping` is set when the process ends."""

    workspace: Workspace
    registry: Registry
    stopping: Event

    def family(self) -> Family:
        """This work."""
        return Family(name=EXPORTS, left=self._left, work=self.write)

    def write(self, key: Hashable) -> None:
        """Write an export that is pending, and note what came of it. Raises Busy and Stopped."""
        found = Export.get_or_none((Export.id == key) & (Export.status == ExportStatus.PENDING))
        if found is None:
            return
        with taken(self.workspace, found.dataset_id):
            row = Export.get_or_none((Export.id == key) & (Export.status == ExportStatus.PENDING))
            if row is not None:
                self._write(row)

    def _left(self) -> Iterable[tuple[int, str]]:
        pending = Export.select().where(Export.status == ExportStatus.PENDING)
        return [(each.id, each.dataset_id) for each in pending]

    def _write(self, row: Export) -> None:
        try:
            done = {"status": ExportStatus.READY, "progress": 100.0, **self._written(row)}
        except (Busy, Stopped):
            raise
        except Removed:
            return
        except Exception as error:  # noqa: BLE001  # the edge of a thread: it is told with the export
            done = {"status": ExportStatus.FAILED, "detail": told(error, self.workspace.root)}
        changed = Export.update(**done, completed_at=utc_now()).where(Export.id == row.id).execute()
        if not changed and "path" in done:  # it was removed meanwhile
            list(remove_exports([self.workspace.exports / done["path"]]))

    def _written(self, row: Export) -> dict[str, Any]:
        """What the process that writes an export tells at last."""
        last: dict[str, Any] = {}
        with _process(self._order(row)) as told_by:
            for told_now in told_by(LOOK):
                self._check_wanted(row, told_now.get("progress"))
                last = told_now or last
        if "error" in last:
            raise DatasetError(last["error"])
        if "done" not in last:
            raise DatasetError("the process that wrote the export was ended; ask for the export again")
        return dict(last["done"])

    def _check_wanted(self, row: Export, progress: float | None) -> None:
        if self.stopping.is_set():
            raise Stopped
        wanted = Export.select().where(Export.id == row.id)
        if not (wanted.exists() if progress is None else _note(row, progress)):
            raise Removed

    def _order(self, row: Export) -> Order:
        plugins = self.registry.manager.list_name_plugin()
        return Order(
            root=self.workspace.root,
            folder=self.workspace.dataset(row.dataset_id),
            place=self.workspace.exports,
            table=row.options,
            mark=f"-{row.id}",
            blocked=tuple(name for name, plugin in plugins if plugin is None),
        )


def _note(row: Export, progress: float) -> int:
    return int(Export.update(progress=progress).where(Export.id == row.id).execute())


@contextmanager
def _process(order: Order) -> Iterator[Callable[[float], Iterator[dict[str, Any]]]]:
    """A process that writes an export: what it tells, as it tells it, or nothing so many seconds long.

    It is stopped if it has not ended when this is left.
    """
    with subprocess.Popen(PROGRAM, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        assert process.stdin is not None  # noqa: S101  # for mypy: it is a pipe
        assert process.stdout is not None  # noqa: S101  # the same
        lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        reader = threading.Thread(target=_read, args=(process.stdout, lines), daemon=True)
        reader.start()
        try:
            with suppress(BrokenPipeError):  # it was killed already, and tells nothing
                os.write(process.stdin.fileno(), f"{order.model_dump_json()}\n".encode())
            yield lambda seconds: _lines(lines, seconds)
        finally:
            _stop(process)
            reader.join()


def _read(stdout: IO[str], lines: queue.SimpleQueue[str]) -> None:
    for line in stdout:
        lines.put(line)
    lines.put("")


def _lines(lines: queue.SimpleQueue[str], seconds: float) -> Iterator[dict[str, Any]]:
    while True:
        try:
            line = lines.get(timeout=seconds)
        except queue.Empty:
            yield {}
            continue
        if not line:
            return
        yield json.loads(line)


def _stop(process: subprocess.Popen[str]) -> None:
    if process.poll() is None:
        process.terminate()
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
