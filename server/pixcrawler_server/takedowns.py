"""Takes images down when an admin, or the owner of a dataset, asks for it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from pixcrawler_core.catalog import audit
from pixcrawler_core.catalog.models import Dataset, Project, Task
from pixcrawler_core.commands.reaching import Stores as Reaching
from pixcrawler_core.errors import ConfigError, WorkspaceError
from pixcrawler_core.storage.bookkeeping import Books
from pixcrawler_core.storage.units import BLOBS
from pixcrawler_core.takedown.carrying import Carrier, Done, alone
from pixcrawler_core.takedown.reaching import Reach, Reached
from pixcrawler_core.takedown.rules import Kind, rule
from pixcrawler_server.background import Busy

if TYPE_CHECKING:
    from peewee import Database

    from pixcrawler_core.registry import Registry
    from pixcrawler_core.workspace import Workspace
    from pixcrawler_server.stores import Stores


class ServedStores(Reaching):
    """The stores of the server, from which takedowns take images, too."""

    def __init__(self, stores: Stores, database: Database) -> None:
        self.names = stores.table.stores
        self._stores, self._database = stores, database

    def _run(self, reach: Reach, name: str, told: Reached, *, dry_run: bool) -> None:
        store = self._stores.get(name)
        reach.run(store, told, dry_run=dry_run)
        if not told.changed or dry_run:
            return
        books = Books(self._database, store, name)
        for unit in (*told.renewed, *told.removed, *told.lacking, BLOBS):
            books.settle(unit)
        details = {"objects": told.objects, "renewed": told.renewed, "removed": told.removed}
        audit.record("taken down", entity="storage", details=details)


@dataclass(frozen=True, kw_only=True)
class Takedowns:
    """Carries takedowns out in a workspace."""

    workspace: Workspace
    registry: Registry
    stores: Stores
    database: Database

    def carry_out(self, task: Task) -> Mapping[str, Any]:
        """Take down what a task's rules mean, or with `dry_run` only look. Raises Busy.

        With `only_of` nothing is taken down that a dataset of anybody else has as well.
        """
        options = task.options
        radius = options["radius"]
        rules = [rule(Kind(kind), text, radius) for kind, text in options["rules"]]
        carrier = Carrier(
            workspace=self.workspace,
            registry=self.registry,
            radius=radius,
            stores=ServedStores(self.stores, self.database),
        )
        with ExitStack() as stack:
            try:
                stack.enter_context(alone(self.workspace))
            except WorkspaceError as error:
                raise Busy(str(error)) from error
            done = carrier.foresee(rules)
            _check_owner(done, options["only_of"])
            if options["dry_run"]:
                carrier.add_holders(done)
            else:
                carrier.carry_out(done, options["note"], UUID(task.actor))
        return _told(done)


def _check_owner(done: Done, owner: str | None) -> None:
    """Raise ConfigError where somebody else would lose something."""
    if owner is None:
        return
    own = Dataset.select(Dataset.id).join(Project).where(Project.owner == UUID(owner))
    if not set(done.takedown.datasets) <= {each.id for each in own}:
        raise ConfigError(
            "a dataset of somebody else has this picture, too; ask whoever runs this server to take it down"
        )


def _told(done: Done) -> dict[str, Any]:
    return {
        "rows": len(done.takedown.rows),
        "images": done.takedown.images,
        "folders": [path.name for path in done.swept.folders],
        "blobs": done.swept.blobs,
        "exports_removed": [path.name for path in done.swept.exports if path not in done.written],
        "exports_written": [path.name for path in done.written],
        "left": [path.name for path in done.left],
        "not_assembled": sorted(done.unwritten),
        "stores": [_reached(each) for each in done.stores],
    }


def _reached(told: Reached) -> dict[str, Any]:
    """What was changed in a store; `complete` where nothing is left to be done there."""
    return {
        "store": told.store,
        "objects": told.objects,
        "renewed": told.renewed,
        "removed": told.removed,
        "complete": told.why is None,
    }
