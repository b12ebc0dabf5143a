"""Assembles the dataset of a replay: the same folders, splits and labels as in the lock and its manifest."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pixcrawler_core.assembly.dataset import Assembly
from pixcrawler_core.assembly.entries import image_name
from pixcrawler_core.assembly.labels import label_images
from pixcrawler_core.catalog.reader import take
from pixcrawler_core.crawl.finishing import label_options, prove, show, split
from pixcrawler_core.crawl.record import noted_job
from pixcrawler_core.labelling import Labelers
from pixcrawler_core.machine import usable_cores
from pixcrawler_core.records import Labelling, Placement, Stage
from pixcrawler_core.replay.rows import place_of
from pixcrawler_core.splitting.rules import Rules

if TYPE_CHECKING:
    from pixcrawler_core.catalog.datasets import CrawlJob
    from pixcrawler_core.catalog.ledger import Ledger
    from pixcrawler_core.catalog.reader import Kept
    from pixcrawler_core.config.job import Job
    from pixcrawler_core.config.splits import SplitsTable
    from pixcrawler_core.registry import Registry
    from pixcrawler_core.replay.lock import Lock
    from pixcrawler_core.workspace import Workspace

NOTED_AT_ONCE = 500


@dataclass(frozen=True, kw_only=True)
class Folder:
    """The folder of a dataset whose images are in the ledger."""

    workspace: Workspace
    registry: Registry
    ledger: Ledger
    lock: Lock
    job: Job
    record: CrawlJob
    decided: Collection[str]
    """Digests of images on which a person has decided."""
    note: Callable[[str, Mapping[str, Any]], None]
    """Adds a line to the processing log."""

    def write(self, report: Mapping[str, Any], now: datetime) -> None:
        """Write the folder, with the report.

        Raises WorkspaceError, and DatasetError if the lock has changed meanwhile.
        """
        self._mark()
        splits = split(self.ledger, self.job.splits, self.note)
        parts = self.lock.head.get("parts")
        folder = Assembly(
            dataset=self.job.slug,
            name=self.job.name,
            folder=self.workspace.dataset(self.job.slug),
            ledger=self.ledger,
            blobs=self.workspace.blobs,
            goals=self.lock.counts,
            job=noted_job(self.record),
            now=now,
            splits=splits,
            labels=label_options(self.job.labels, self.decided),
            parts=parts if isinstance(parts, dict) else {},
            replay=report,
        ).run()
        if splits is not None:
            prove(folder, splits)
        show(folder, self.workspace.blobs, wanted=self.job.job.report)

    def _mark(self) -> None:
        """Note in the catalog what the lock tells of the images that came in now."""
        names, placements = self._names(), self._placements(self.job.splits)
        while some := take(names, NOTED_AT_ONCE):
            self.ledger.name_files(some)
        while placed := take(placements, NOTED_AT_ONCE):
            self.ledger.save_splits(placed)
        self.ledger.save_labels(self._labels())
        labels = self.job.labels
        labelers = Labelers.build(self.registry, labels.labelers, labels.tables)
        label_images(self.ledger, self.workspace.blobs, labelers, usable_cores())

    def _replayed(self) -> Iterator[tuple[Kept, str]]:
        """The images as the lock has them, each with its folder: a review has not moved them."""
        for kept in self.ledger.kept():
            place = place_of(kept.candidate.extra)
            if place is not None and kept.outcome.stage is not Stage.REVIEW:
                yield kept, place[0]

    def _names(self) -> Iterator[tuple[str, str, int]]:
        """What the catalog is told before the folder is written, so that categories get their folders."""
        for kept, folder in self._replayed():
            yield image_name(folder, kept.outcome), "", kept.candidate.id

    def _placements(self, table: SplitsTable) -> Iterator[tuple[int, Placement]]:
        """The splits of the images that have none yet; none if the dataset was not cut."""
        if not table.shares:
            return
        rules = Rules(shares=table.shares, seed=table.seed, together=table.together, radius=table.radius)
        for kept, _ in self._replayed():
            name = kept.candidate.extra.get("split")
            if name in rules.splits and (kept.placement is None or kept.placement.made_by != rules.digest):
                yield kept.candidate.id, Placement(split=name, made_by=rules.digest)

    def _labels(self) -> Iterator[tuple[int, Labelling]]:
        """What the manifest says of the images that have no labels yet."""
        if self.lock.manifest is None:
            return
        rows = {
            place_of(kept.candidate.extra): kept.candidate.id
            for kept, _ in self._replayed()
            if not kept.labelling.labels
        }
        for image in self.lock.images():
            row = rows.get(image.place)
            if row is not None and image.labelling is not None:
                yield row, image.labelling
