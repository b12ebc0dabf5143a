"""Assembles a dataset anew from what the workspace has of it: without its job file, and without network."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from pixcrawler_core.assembly.dataset import MANIFEST, STATISTICS, Assembly, manifest_head
from pixcrawler_core.assembly.labels import label_images
from pixcrawler_core.catalog import audit
from pixcrawler_core.catalog.database import describe, reported
from pixcrawler_core.catalog.datasets import CrawlJob, JobStatus
from pixcrawler_core.catalog.exported import note_exports
from pixcrawler_core.catalog.reviewing import ReviewLedger
from pixcrawler_core.catalog.reviews import decisions_of
from pixcrawler_core.config.job import Job
from pixcrawler_core.crawl.exports import Exports
from pixcrawler_core.crawl.finishing import label_options, prove, show, split
from pixcrawler_core.crawl.record import FINISHED, noted_job
from pixcrawler_core.errors import WorkspaceError
from pixcrawler_core.labelling import Labelers
from pixcrawler_core.machine import usable_cores
from pixcrawler_core.provenance.lock import LOCK
from pixcrawler_core.provenance.reading import locked_parts

if TYPE_CHECKING:
    from pixcrawler_core.registry import Registry
    from pixcrawler_core.workspace import Workspace


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, kw_only=True)
class Reassembled:
    """What a dataset is after it was assembled anew."""

    folder: Path
    images: int
    short: Mapping[str, int]
    """Images that are missing, by category."""
    exports: list[Path]


class Reassembly:
    """A dataset that was assembled once, by its id in an open workspace.

    `finished` says whether its job was, before something was changed that is assembled now; None asks the
    catalog.
    The constructor finds plugins, models and what the last run left, so that nothing of that fails later.
    It raises WorkspaceError for a dataset that was never assembled, PluginError and ModelMissing.
    """

    def __init__(
        self,
        workspace: Workspace,
        registry: Registry,
        dataset: str,
        now: Callable[[], datetime] = _utc_now,
        *,
        finished: bool | None = None,
    ) -> None:
        self.dataset = dataset
        self.folder = workspace.dataset(dataset)
        self._workspace = workspace
        self._now = now
        self._database = workspace.open()
        with self._reported():
            record = CrawlJob.that_made(dataset)
        if record is None:
            raise WorkspaceError(f"the dataset {dataset!r} has no job in the catalog; run one that fills it")
        self._record = record
        self._finished = self._record.status in FINISHED if finished is None else finished
        self._head, self._statistics = _left(self.folder)
        self._job = _job(noted_job(self._record))
        self.ledger = ReviewLedger(self._database, self._record.id)
        labels = self._job.labels
        self._labelers = Labelers.build(registry, labels.labelers, labels.tables)
        self._exports = Exports(registry, self._job.export, Path())

    @cached_property
    def categories(self) -> list[str]:
        """Those of the job, and those of the images that were found."""
        found = {count.category for count in self.ledger.counts()}
        return sorted({*self._goals, *found})

    @property
    def labelers(self) -> Sequence[str]:
        """Names of the job's labelers."""
        return self._job.labels.labelers

    @property
    def _goals(self) -> dict[str, int | None]:
        return {category: told["wanted"] for category, told in self._head["categories"].items()}

    def run(self, *, exports_anew: bool = False) -> Reassembled:
        """Label what is not labelled; write the folder, and the exports there are. Raises WorkspaceError.

        With `exports_anew` all exports of the job are written.
        """
        label_images(self.ledger, self._workspace.blobs, self._labelers, usable_cores())
        splits = split(self.ledger, self._job.splits, self._note)
        with self._reported():
            self._assembly(splits).run()
        if splits is not None:
            prove(self.folder, splits)
        show(self.folder, self._workspace.blobs, wanted=self._job.job.report)
        place = self._workspace.exports
        exports = (
            self._exports.write(place, self.folder, anew=True)
            if exports_anew
            else self._exports.renew(place, self.folder)
        )
        note_exports(self._workspace, self.dataset, exports)
        counts = self.ledger.accepted_counts()
        short = {
            category: wanted - counts.get(category, 0)
            for category, wanted in self._goals.items()
            if wanted is not None and counts.get(category, 0) < wanted
        }
        if self._finished:
            self._finish(JobStatus.COMPLETED_SHORT if short else JobStatus.COMPLETED)
        return Reassembled(folder=self.folder, images=sum(counts.values()), short=short, exports=exports)

    def _assembly(self, splits: Any) -> Assembly:
        return Assembly(
            dataset=self.dataset,
            name=self._head["name"],
            folder=self.folder,
            ledger=self.ledger,
            blobs=self._workspace.blobs,
            goals=self._goals,
            job=noted_job(self._record),
            now=self._now(),
            sources=self._statistics["sources"],
            splits=splits,
            dedup=self._head.get("dedup", {}),
            keywords=self._head.get("keywords", {}),
            labels=label_options(self._job.labels, decisions_of(self._database, self.dataset)),
            parts=locked_parts(self.folder / LOCK),
        )

    def _finish(self, status: JobStatus) -> None:
        with self._reported():
            self._record.status = status
            self._record.save(only=[CrawlJob.status])

    def _note(self, action: str, details: Mapping[str, Any]) -> None:
        with self._reported():
            audit.record(action, entity="dataset", entity_id=self.dataset, details=details)

    def _reported(self) -> Any:
        return reported(f"cannot use the catalog {describe(self._database)}")


def _left(folder: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """The head of the manifest, and the statistics, that the last run left."""
    try:
        return manifest_head(folder / MANIFEST), json.loads((folder / STATISTICS).read_bytes())
    except (OSError, ValueError) as error:
        raise WorkspaceError(
            f"{folder} is no finished dataset ({error}); run its job to the end, then review it"
        ) from error


def _job(config: Mapping[str, Any]) -> Job:
    try:
        return Job.model_validate(config)
    except ValidationError as error:
        raise WorkspaceError(
            f"the job in the catalog is not one of this version ({error.error_count()} problems); run its "
            "job file again, then review the dataset"
        ) from error
