"""Writes the exports that were asked for, one after the other, in the background."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from glob import escape
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

from pixcrawler_core.assembly.manifest import MANIFEST
from pixcrawler_core.catalog.fields import utc_now
from pixcrawler_core.catalog.models import Export, ExportStatus
from pixcrawler_core.components import Exporter
from pixcrawler_core.config.export import ExportTable
from pixcrawler_core.config.problems import parse_options
from pixcrawler_core.crawl.exports import Exports
from pixcrawler_core.errors import DatasetError
from pixcrawler_core.exports.volumes import FIRST
from pixcrawler_core.policies import NEEDS
from pixcrawler_core.takedown.sweeping import remove_exports
from pixcrawler_server.background import Busy, Family, Stopped
from pixcrawler_server.datasets import taken
from pixcrawler_server.errors import Invalid
from pixcrawler_server.telling import told

if TYPE_CHECKING:
    from pixcrawler_core.registry import Registry
    from pixcrawler_core.workspace import Workspace

EXPORTS = "exports"


def checked(registry: Registry, given: dict[str, Any]) -> ExportTable:
    """The table `[export]` of a client. Raises Invalid and ConfigError for what does not fit.

    A policy has to be one with a name: clients do not have files of the server read.
    """
    table = parse_options(ExportTable, given, "the export")
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
        """Write an export that is pending, and note what came of it. Raises Busy."""
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
            done = self._written(row)
        except (Busy, Stopped):
            raise
        except Exception as error:  # noqa: BLE001  # the edge of a thread: it is told with the export
            done = {"status": ExportStatus.FAILED, "detail": told(error, self.workspace.root)}
        changed = Export.update(**done, completed_at=utc_now()).where(Export.id == row.id).execute()
        if not changed and "path" in done:  # it was removed meanwhile
            list(remove_exports([self.workspace.exports / done["path"]]))

    def _written(self, row: Export) -> dict[str, Any]:
        folder = self.workspace.dataset(row.dataset_id)
        if not (folder / MANIFEST).is_file():
            raise DatasetError(f"the dataset {row.dataset_id!r} has no files yet")
        table = parse_options(ExportTable, row.options, "the export")
        exports = Exports(self.registry, table, self.workspace.exports, f"-{row.id}")
        (done,) = exports.each(self.workspace.exports, folder, self._watched)
        files = files_of(done.path)
        digest = None
        if files == [done.path]:
            with done.path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
        return {
            "status": ExportStatus.READY,
            "path": done.path.name,
            "size": sum(each.stat().st_size for each in files),
            "sha256": digest,
            "images": done.images,
        }

    def _watched(self, things: Iterable[Any], _total: int) -> Iterator[Any]:
        for each in things:
            if self.stopping.is_set():
                raise Stopped
            yield each


def files_of(path: Path) -> list[Path]:
    """The files of an export: it, its volumes, or those in its folder."""
    if path.is_dir():
        return sorted(each for each in path.rglob("*") if each.is_file())
    if path.suffix == FIRST:
        return sorted(path.parent.glob(f"{escape(path.stem)}.[0-9][0-9][0-9]"))
    return [path] if path.is_file() else []
