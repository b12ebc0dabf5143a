"""The images that are to be recognised, as the catalog has them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pixcrawler_core.catalog import statements
from pixcrawler_core.catalog.measures import MeasureStore
from pixcrawler_core.catalog.sql import Sql
from pixcrawler_core.dedup.recogniser import Recogniser, Watch, unwatched
from pixcrawler_core.image import Image

if TYPE_CHECKING:
    from collections.abc import Sequence

    from peewee import Database

    from pixcrawler_core.dedup.methods import Method
    from pixcrawler_core.workspace import Workspace

PAGE = 10_000
"""Rows read at a time."""
NO_JOB = 0


@dataclass(frozen=True)
class KeptImages:
    """The images of a dataset, or with None those of all datasets."""

    database: Database
    dataset: str | None
    in_use: Callable[[str], bool]
    """Whether a process has taken a dataset: `pixcrawler_core.workspace.Workspace.in_use`."""
    job: int = NO_JOB
    """The job that asks, if any."""

    def rows(self) -> Iterator[tuple[int, str]]:
        """Ledger rows in ascending order, with the digests of their bytes."""
        sql, last = Sql(self.database), 0
        of: tuple[object, ...] = () if self.dataset is None else (self.dataset,)
        select = statements.KEPT_IMAGES_OF if of else statements.KEPT_IMAGES
        while page := sql.all(select, (*of, last, PAGE)):
            yield from page
            last = page[-1][0]

    def stays(self, row: int) -> bool:
        """Whether another job may be about to keep this row, or has kept it since the rows were read.

        What tells is not the job's state, which says that it is running when it was killed long ago, but
        whether a process has its dataset. Asked in this order, so that a job that ends in between counts.
        """
        sql = Sql(self.database)
        other = sql.first(statements.OTHERS_ROW, (row, self.job)) if self.dataset is None else None
        if other is None:
            return False
        return self.in_use(other[0]) or sql.first(statements.IMAGE_OF_ROW, (row,)) is not None

    def known_to(self, recogniser: Recogniser, watch: Watch = unwatched) -> None:
        """Let the indexes know these images and nothing else; `watch` shows what that makes to do.

        Raises WorkspaceError.
        """
        recogniser.agree(self.rows, self.stays, MeasureStore(self.database), watch)


def recogniser_of(methods: Sequence[Method], workspace: Workspace, dataset: str | None) -> Recogniser:
    """The indexes of methods in a workspace: of one dataset, or with None of all. Raises WorkspaceError."""

    def opened(digest: str) -> Image:
        return Image(workspace.blobs.file(digest), digest, 0, detailed=True)

    return Recogniser(methods, workspace.indexes(dataset), opened)
