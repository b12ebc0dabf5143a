"""Carries takedowns out: what is found goes, in the catalog and in files, and datasets are assembled anew."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

from pixcrawler_core.catalog.datasets import CrawlJob
from pixcrawler_core.catalog.exported import forget_exports, noted
from pixcrawler_core.catalog.fields import utc_now
from pixcrawler_core.catalog.sql import Sql
from pixcrawler_core.crawl.reassembling import Reassembly
from pixcrawler_core.crawl.record import FINISHED
from pixcrawler_core.errors import PixCrawlerError
from pixcrawler_core.exports.volumes import FIRST
from pixcrawler_core.takedown.rows import Takedown, find, finish, take_down
from pixcrawler_core.takedown.sweeping import Swept, holders, remove_exports, sweep

if TYPE_CHECKING:
    from peewee import Database

    from pixcrawler_core.registry import Registry
    from pixcrawler_core.takedown.reaching import Reached
    from pixcrawler_core.takedown.rules import Rule
    from pixcrawler_core.workspace import Workspace


@dataclass(kw_only=True)
class Done:
    """What a takedown changed, or would change."""

    takedown: Takedown
    swept: Swept = field(default_factory=Swept)
    written: list[Path] = field(default_factory=list)
    """Exports that were written again."""
    left: list[Path] = field(default_factory=list)
    """What may hold such images and was left alone: exports outside of the workspace, and whatever lies
    beside its exports and is not known to be one."""
    unwritten: dict[str, str] = field(default_factory=dict)
    """Datasets that could not be assembled anew, and why."""
    stores: list[Reached] = field(default_factory=list)
    """What was changed in stores."""


class Reaching(Protocol):
    """The stores from which images are taken, too."""

    def expect(self, database: Database, /) -> None:
        """Note that all of them are to be reached."""

    def foresee(self, workspace: Workspace, takedown: Takedown, /) -> list[Reached]:
        """What would be changed in them."""

    def reach(self, workspace: Workspace, takedown: Takedown, /) -> list[Reached]:
        """Take images out of all of them."""


@dataclass(frozen=True, kw_only=True)
class Carrier:
    """Takes images of a workspace down. Whoever calls has it alone (`alone`)."""

    workspace: Workspace
    registry: Registry
    radius: int
    stores: Reaching

    def foresee(self, rules: Sequence[Rule]) -> Done:
        """What would be changed, beside folders. Raises WorkspaceError."""
        takedown = find(self.workspace.open(), rules, self.radius)
        swept = Swept(
            exports=[path for path in noted(self.workspace, takedown.datasets) if self._is_inside(path)],
            blobs=sum(map(self.workspace.blobs.has, takedown.digests)),
        )
        return Done(takedown=takedown, swept=swept)

    def add_holders(self, done: Done) -> None:
        """Find which folders would be changed, and what in stores."""
        done.swept.folders = list(holders(self.workspace, done.takedown.digests))
        done.stores = self.stores.foresee(self.workspace, done.takedown)

    def carry_out(self, done: Done, note: str | None, actor: UUID | None = None) -> None:
        """Take down what was found. Killed on the way, the same takedown goes on.

        `actor` is the user who asks for it; None for the command line.
        """
        database, takedown, affected = self.workspace.open(), done.takedown, done.takedown.datasets
        self.stores.expect(database)
        finished = {name for name in affected if _is_finished(name)}
        take_down(database, takedown, note, utc_now(), self.radius, actor)
        exports = noted(self.workspace, affected)
        done.swept = sweep(self.workspace, takedown.digests, affected)
        inside = [path for path in exports if path.parent == self.workspace.exports]
        done.swept.exports = list(remove_exports(inside))
        forget_exports(self.workspace, inside)
        finish(database, utc_now())
        for name in affected:
            self._assemble(name, done, finished=name in finished)
        done.left = [path for path in exports if path not in inside and path.exists()]
        done.left += self._unknown()
        done.stores = self.stores.reach(self.workspace, takedown)

    def _is_inside(self, path: Path) -> bool:
        return path.parent == self.workspace.exports and path.exists()

    def _assemble(self, name: str, done: Done, *, finished: bool) -> None:
        """Assemble a dataset anew, with the exports of its job; what is wrong is told, and stops nothing."""
        try:
            reassembly = Reassembly(self.workspace, self.registry, name, finished=finished)
            done.written += reassembly.run(exports_anew=True).exports
        except PixCrawlerError as error:
            if self.workspace.dataset(name).exists():
                done.unwritten[name] = str(error)

    def _unknown(self) -> Iterator[Path]:
        """What lies in the folder of exports, and is no export of a dataset of the catalog."""
        names = [name for (name,) in Sql(self.workspace.open()).all("SELECT id FROM dataset")]
        known = {path.name for path in noted(self.workspace, names)}
        volumes = {name.removesuffix(FIRST) for name in known if name.endswith(FIRST)}
        for path in sorted(self.workspace.exports.iterdir()):
            if path.name not in known and path.stem not in volumes:
                yield path


def _is_finished(dataset: str) -> bool:
    job = CrawlJob.that_made(dataset)
    return job is not None and job.status in FINISHED


@contextmanager
def alone(workspace: Workspace) -> Iterator[None]:
    """Keep all others out meanwhile: runs go by what was taken down when they began.

    Raises WorkspaceError where somebody is in the way.
    """
    with ExitStack() as stack:
        stack.enter_context(workspace.attend(alone=True))
        for (name,) in Sql(workspace.open()).all("SELECT id FROM dataset ORDER BY id"):
            stack.enter_context(workspace.lock(name))
        yield
