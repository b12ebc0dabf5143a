"""How `pixcrawler takedown` reaches the stores of a workspace, and what it leaves for the next time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pixcrawler_core.catalog.fields import utc_now
from pixcrawler_core.catalog.sql import Sql
from pixcrawler_core.catalog.tombstones import barred
from pixcrawler_core.catalog.unreached import NOT_YET, note_reached, note_unreached, unreached
from pixcrawler_core.commands.stores import Place, books_of, storage_table, store_of
from pixcrawler_core.errors import PixCrawlerError
from pixcrawler_core.storage.opening import SETTINGS
from pixcrawler_core.storage.units import BLOBS
from pixcrawler_core.takedown.reaching import Reach, Reached
from pixcrawler_core.takedown.rows import losers

if TYPE_CHECKING:
    from peewee import Database

    from pixcrawler_core.cli import Context
    from pixcrawler_core.takedown.rows import Takedown
    from pixcrawler_core.workspace import Workspace

AGAIN = "give the same command again"
UNFINISHED = 3
"""Exit code of a takedown that did not reach a store."""


class Stores:
    """The stores of a file with a table `[storage]`, or none where there is no such file.

    Raises ConfigError for what is wrong in it.
    """

    def __init__(self, context: Context, config: Path | None) -> None:
        self._context, self._config = context, config
        there = config is not None or (context.workspace / SETTINGS).exists()
        self.names: Sequence[str] = storage_table(context, config).stores if there else ()

    def expect(self, database: Database) -> None:
        """Note that all of them are to be reached, so that a takedown that is killed is known not to have."""
        self._before = unreached(database)
        fresh = [name for name in self.names if name not in self._before]
        note_unreached(database, fresh, NOT_YET, utc_now())

    def foresee(self, workspace: Workspace, takedown: Takedown) -> list[Reached]:
        """What a takedown would change in them."""
        earlier = unreached(workspace.open())
        return [
            self._reached(self._reach(workspace, takedown, again=name in earlier), name, dry_run=True)
            for name in self.names
        ]

    def reach(self, workspace: Workspace, takedown: Takedown) -> list[Reached]:
        """Take images out of all of them; what a store does not let be done is noted for the next time.

        Of one that was not reached before, all that was ever taken down goes now.
        """
        done, database = [], workspace.open()
        for name in self.names:
            told = self._reached(self._reach(workspace, takedown, again=name in self._before), name)
            if told.why:
                note_unreached(database, [name], told.why, utc_now())
            else:
                note_reached(database, name)
            done.append(told)
        return done

    def _reach(self, workspace: Workspace, takedown: Takedown, *, again: bool) -> Reach:
        database = workspace.open()
        return Reach(
            workspace=workspace,
            known={name for (name,) in Sql(database).all("SELECT id FROM dataset")},
            affected={*takedown.datasets, *(losers(database) if again else ())},
            digests=takedown.digests | (barred(database) if again else set()),
        )

    def _reached(self, reach: Reach, name: str, *, dry_run: bool = False) -> Reached:
        told = Reached(store=name)
        try:
            self._run(reach, name, told, dry_run=dry_run)
        except PixCrawlerError as error:
            told.why = f"it was not reached, and may have what was taken down: {error}; {AGAIN}"
        if told.lacking and told.why is None:
            lacking = ", ".join(told.lacking)
            told.why = (
                f"{lacking} lost images and tells of them yet, since it is not in this workspace: pull it "
                f"with pixcrawler storage pull, and {AGAIN}"
            )
        return told

    def _run(self, reach: Reach, name: str, told: Reached, *, dry_run: bool) -> None:
        with store_of(self._context, self._config, name) as place:
            reach.run(place.store, told, dry_run=dry_run)
            if told.changed and not dry_run:
                self._note(place, told)

    def _note(self, place: Place, told: Reached) -> None:
        """Note what was changed in a store: in its account, and in the log."""
        with books_of(self._context, place, alone=True) as books:
            for unit in (*told.renewed, *told.removed, *told.lacking, BLOBS):
                if books is not None:
                    books.settle(unit)
        details = {"objects": told.objects, "renewed": told.renewed, "removed": told.removed}
        place.note("taken down", details)
