"""The images that are to be recognised, as the catalog has them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pixcrawler_core.catalog import statements
from pixcrawler_core.catalog.measures import MeasureStore
from pixcrawler_core.catalog.sql import Sql
from pixcrawler_core.dedup.recogniser import Recogniser
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
        """Whether another job that is running may be about to keep this row."""
        sql = Sql(self.database)
        return self.dataset is None and sql.first(statements.BUSY_ROW, (row, self.job)) is not None

    def known_to(self, recogniser: Recogniser) -> None:
        """Let the indexes know these images and nothing else. Raises WorkspaceError."""
        recogniser.agree(self.rows, self.stays, MeasureStore(self.database).of)


def recogniser_of(methods: Sequence[Method], workspace: Workspace, dataset: str | None) -> Recogniser:
    """The indexes of methods in a workspace: of one dataset, or with None of all. Raises WorkspaceError."""

    def opened(digest: str) -> Image:
        return Image(workspace.blobs.path(digest), digest, 0, detailed=True)

    return Recogniser(methods, workspace.indexes(dataset), opened)
