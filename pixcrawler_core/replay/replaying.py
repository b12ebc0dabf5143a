"""Makes the dataset of a lock once more: its images as rows of the ledger, their bytes, the folder."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import AbstractContextManager, ExitStack
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pixcrawler_core.assembly.manifest import MANIFEST
from pixcrawler_core.assembly.names import REPLAY
from pixcrawler_core.catalog import audit
from pixcrawler_core.catalog.database import describe, reported
from pixcrawler_core.catalog.datasets import JobStatus
from pixcrawler_core.catalog.ledger import Ledger
from pixcrawler_core.catalog.reader import take
from pixcrawler_core.catalog.reviews import decisions_of
from pixcrawler_core.catalog.tombstones import tombstones
from pixcrawler_core.crawl.record import applied
from pixcrawler_core.records import Candidate, Outcome, Stage
from pixcrawler_core.replay.fetching import Fetching
from pixcrawler_core.replay.folder import Folder
from pixcrawler_core.replay.job import begin, end
from pixcrawler_core.replay.lost import lost_images, report_of
from pixcrawler_core.replay.refusing import Refusals
from pixcrawler_core.takedown.matching import Matcher

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from pixcrawler_core.config.job import Job
    from pixcrawler_core.registry import Registry
    from pixcrawler_core.replay.lock import Lock
    from pixcrawler_core.workspace import Workspace

PAGE = 500
"""Images of the lock that are recorded at once."""
Stream = tuple[str, str, str]
"""Category, engine and query."""


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Replay:
    """One call of a replay; a context manager that has the dataset to itself.

    Entering it raises ConfigError if there is another dataset with its name, and WorkspaceError. Left by an
    exception, it is paused: the next call goes on.
    """

    def __init__(
        self,
        workspace: Workspace,
        registry: Registry,
        lock: Lock,
        job: Job,
        now: Callable[[], datetime] = _utc_now,
    ) -> None:
        self.lock = lock
        self._workspace = workspace
        self._registry = registry
        self._job = job
        self._now = now
        self._streams: dict[Stream, int] = {}
        self._settled = 0

    def __enter__(self) -> Self:
        self._database = self._workspace.open()
        with ExitStack() as stack:
            stack.enter_context(self._workspace.attend())
            stack.enter_context(self._workspace.lock(self._job.slug))
            with self._reported():
                self._record, self._changes = begin(self._workspace, self.lock, self._job, self._now())
            self._held = stack.pop_all()
        self._ledger = Ledger(self._database, self._record.id)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is not None:
                with self._reported():
                    end(self._record, JobStatus.PAUSED, self._progress(), self._now())
        finally:
            self._held.close()

    def fetch(self) -> Generator[Outcome, None, None]:
        """Bring what is missing; yields what became of each image. Raises WorkspaceError and DatasetError."""
        self._note("replay started", {"lock": self.lock.digest, "images": self.lock.counts.total()})
        rows = ((image.candidate, image.extra) for image in self.lock.images())
        page = 0
        while some := take(rows, PAGE):
            page += 1
            self._record_page(page, [dataclasses.replace(each, extra=extra) for each, extra in some])
        self._ledger.find_again([each.id for each, kept in self._ledger.accepted() if not self._whole(kept)])
        self._ledger.retry_passing()
        self._ledger.judge_again(refused="fetch" in self._changes.options, rejected=False)
        with self._reported():
            applied(self._record)
        fetching = Fetching(self._ledger, self._workspace.blobs, self._job.fetch, self._refusals())
        for outcome in fetching.settle([*self._streams.values()]):
            self._settled += 1
            yield outcome

    def finish(self) -> dict[str, Any]:
        """Assemble the dataset, unless it is as it was; returns the report, which is in it, and its place.

        Raises WorkspaceError, and DatasetError if the lock has changed meanwhile.
        """
        report = report_of(self.lock, lost_images(self._ledger, self.lock))
        self._note("replay ended", {"there": report["there"], **report["counts"]})
        folder = self._workspace.dataset(self._job.slug)
        idle = self._changes.none and not self._settled and (folder / MANIFEST).exists()
        if not (idle and _told(folder) == report):
            self._assemble(report)
        status = JobStatus.COMPLETED_SHORT if report["lost"] else JobStatus.COMPLETED
        with self._reported():
            end(self._record, status, self._progress(), self._now())
        return {"dataset": self._job.slug, "folder": str(folder), **report}

    def _assemble(self, report: Mapping[str, Any]) -> None:
        with self._reported():
            folder = Folder(
                workspace=self._workspace,
                registry=self._registry,
                ledger=self._ledger,
                lock=self.lock,
                job=self._job,
                record=self._record,
                decided=decisions_of(self._database, self._job.slug),
                note=self._note,
            )
            folder.write(report, self._now())

    def _record_page(self, page: int, candidates: Iterable[Candidate]) -> None:
        """Record images of the lock as a page of each stream that found some of them."""
        pages: dict[Stream, list[Candidate]] = {}
        for rank, each in enumerate(candidates):
            stream = (each.category, each.engine, each.query)
            pages.setdefault(stream, []).append(dataclasses.replace(each, page=page, rank=rank))
        for stream, found in pages.items():
            if stream not in self._streams:
                self._streams[stream] = self._ledger.open_stream(*stream).id
            self._ledger.add_page(self._streams[stream], page, found, None, done=True)

    def _refusals(self) -> Refusals:
        moved = (
            (candidate.category, outcome.number)
            for candidate, outcome in self._ledger.accepted()
            if outcome.stage is Stage.REVIEW
        )
        with self._reported():
            decisions = decisions_of(self._database, self._job.slug)
            return Refusals(Matcher(tombstones(self._database)), decisions, frozenset(moved))

    def _whole(self, outcome: Outcome) -> bool:
        return self._workspace.blobs.has(outcome.sha256 or "", outcome.size)

    def _progress(self) -> float:
        """Per cent of the images that are there."""
        there = sum(self._ledger.accepted_counts().values())
        return 100.0 * min(1.0, there / max(1, self.lock.counts.total()))

    def _note(self, action: str, details: Mapping[str, Any]) -> None:
        with self._reported():
            audit.record(action, entity="dataset", entity_id=self._job.slug, details=details)

    def _reported(self) -> AbstractContextManager[None]:
        return reported(f"cannot use the catalog {describe(self._database)}")


def _told(folder: Path) -> object:
    """The report in a folder; None if it has none."""
    try:
        return json.loads((folder / REPLAY).read_bytes())
    except (OSError, ValueError):
        return None
