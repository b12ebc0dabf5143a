"""Assembles the folder of a dataset from the ledger and the blob store; running it again gives the same."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pixcrawler_core.assembly.attribution import write_head, write_line
from pixcrawler_core.assembly.entries import Folders, manifest_entry
from pixcrawler_core.assembly.files import link, remove_strays, replaced
from pixcrawler_core.assembly.label_files import MISLABELS, WHOLE, LabelFiles, LabelOptions, remove_stale
from pixcrawler_core.assembly.log import log_lines
from pixcrawler_core.assembly.manifest import (
    IMAGES,
    MANIFEST,
    entry_of,
    image_line,
    manifest_entries,
    manifest_head,
)
from pixcrawler_core.assembly.names import (
    ATTRIBUTION,
    EXTRAS,
    LEDGER,
    LOCKED,
    LOG,
    QUALITY,
    REPLAY,
    REPORT,
    SPLITS,
    STATISTICS,
    TABLE,
)
from pixcrawler_core.assembly.quality_report import QualityReport
from pixcrawler_core.assembly.queries import query_counts
from pixcrawler_core.assembly.statistics import ImageStatistics, category_counts, stage_counts
from pixcrawler_core.errors import WorkspaceError
from pixcrawler_core.provenance.lock import LOCK, HashedText, LockWriter, answers
from pixcrawler_core.provenance.versions import Version, forget_twin, next_version
from pixcrawler_core.version import __version__

if TYPE_CHECKING:
    from pixcrawler_core.blobs.store import BlobStore
    from pixcrawler_core.catalog.ledger import Ledger
    from pixcrawler_core.catalog.reader import Count
    from pixcrawler_core.splitting.images import Splitting

__all__ = ["EXTRAS", "IMAGES", "MANIFEST", "REPORT", "SPLITS", "STATISTICS", "Assembly", "entry_of"]
__all__ += ["ATTRIBUTION", "LEDGER", "QUALITY", "REPLAY", "TABLE", "manifest_entries", "manifest_head"]

NAMED_AT_ONCE = 500


@dataclass(frozen=True, kw_only=True)
class Assembly:
    """What is assembled, from where, to where."""

    dataset: str
    """Id of the dataset."""
    name: str
    folder: Path
    ledger: Ledger
    blobs: BlobStore
    goals: Mapping[str, int | None]
    """Accepted images wanted per category; None for all there are."""
    job: Mapping[str, Any]
    """The job's configuration without secrets."""
    now: datetime
    sources: Mapping[str, Any] = field(default_factory=dict)
    """How the sources answered in this run, and how they stand."""
    keywords: Mapping[str, Any] = field(default_factory=dict)
    """The queries that the keywords were widened to, those that were dropped, and what went wrong."""
    dedup: Mapping[str, Any] = field(default_factory=dict)
    """How duplicates were recognised."""
    splits: Splitting | None = None
    """How the images are cut; None for a dataset without splits."""
    labels: LabelOptions = field(default_factory=LabelOptions)
    """Which files of labels are written."""
    parts: Mapping[str, Any] = field(default_factory=dict)
    """What the job ran with, for the lock: `components` and `models` (`provenance.parts.used_parts`)."""

    replay: Mapping[str, Any] | None = None
    """What is told of the lock that the dataset was made of; None leaves what an earlier run told."""

    def run(self) -> Path:
        """Write the folder; returns it. Raises WorkspaceError when the disk does not take it."""
        try:
            return self._run()
        except OSError as error:
            raise WorkspaceError(
                f"the dataset cannot be written to {self.folder}: {error.strerror or error}; "
                "nothing is lost: make room and run the same command again"
            ) from error

    def _run(self) -> Path:
        (self.folder / "metadata").mkdir(parents=True, exist_ok=True)
        version = next_version(self.folder, lambda: map(image_line, self._entries()), self.now)
        paths = self._write(version)
        remove_strays(self.folder, paths)
        remove_stale(self.folder, paths, self.labels)
        if self.splits is None:
            (self.folder / SPLITS).unlink(missing_ok=True)
        forget_twin(self.folder, version.number)
        return self.folder

    def _write(self, version: Version) -> list[str]:
        """Write all files, the manifest last: with it the folder has the version; returns images' paths."""
        with replaced(self.folder / MANIFEST) as text, replaced(self.folder / LOCK) as locked:
            manifest, lock = HashedText(text), LockWriter(locked, self._lock_head(version))
            manifest.write(self._manifest_head(version))
            statistics, paths = ImageStatistics(), list[str]()
            mislabels = self._write_images(manifest, lock, statistics, paths)
            rows = self._write_others(lock, statistics, version)
            there = self._files(mislabels=mislabels, rows=rows)
            lock.begin("files")
            for name in LOCKED:
                if name in there:
                    lock.file(self.folder, name)
            manifest.write(f"\n],\n {json.dumps({'files': there, 'lock': lock.end()})[1:]}\n")
            lock.seal(manifest.digest)
        return paths

    def _write_images(
        self, manifest: HashedText, lock: LockWriter, statistics: ImageStatistics, paths: list[str]
    ) -> bool:
        """Link the images and write what has a line for each; whether there are likely mislabels."""
        from pixcrawler_core.assembly.image_table import ImageTable

        quality = QualityReport()
        lock.begin("images")
        with (
            replaced(self.folder / ATTRIBUTION) as attribution,
            ImageTable(self.folder / TABLE) as table,
            LabelFiles(self.folder, self.labels) as labels,
        ):
            write_head(attribution, self.name)
            for entry in self._linked():
                manifest.write(f"{',' if paths else ''}\n{image_line(entry)}")
                write_line(attribution, entry)
                for add in (table.add, labels.add, statistics.add, quality.add, lock.image):
                    add(entry)
                paths.append(entry["path"])
            mislabels = labels.write_mislabels()
        self._write_json(QUALITY, quality.as_json())
        return mislabels

    def _write_others(self, lock: LockWriter, statistics: ImageStatistics, version: Version) -> int:
        """Write what tells of more than the images; returns the number of rows of the ledger."""
        from pixcrawler_core.assembly.tables import write_ledger

        counts = self.ledger.counts()
        self._write_json(STATISTICS, self._statistics(statistics, counts, version))
        if self.replay is not None:
            self._write_json(REPLAY, self.replay)
        with replaced(self.folder / LOG) as file:
            file.writelines(f"{line}\n" for line in log_lines(self.dataset, self.ledger.job_id, counts))
        lock.begin("answers")
        bodies = self.ledger.answers()
        rows = answers(self.ledger.rows(), bodies, lambda told: lock.add("answers", told))
        return write_ledger(rows, self.folder / LEDGER)

    def _write_json(self, name: str, told: Mapping[str, Any]) -> None:
        with replaced(self.folder / name) as file:
            json.dump(told, file, indent=1, ensure_ascii=False)
            file.write("\n")

    def _files(self, *, mislabels: bool, rows: int) -> list[str]:
        """The files beside the images."""
        absent = {*WHOLE.values()}.difference(self.labels.whole)
        absent |= set() if self.splits else {SPLITS}
        absent |= set() if mislabels else {MISLABELS}
        absent |= set() if rows else {LEDGER}
        absent |= set() if (self.folder / REPLAY).exists() else {REPLAY}
        return [name for name in EXTRAS if name not in absent]

    def _entries(self) -> Iterator[dict[str, Any]]:
        """The manifest's rows of all accepted images."""
        folders = Folders(self.ledger.folders())
        rules = self.splits.rules.digest if self.splits else None
        for kept in self.ledger.kept():
            yield manifest_entry(kept, folders.of(kept.candidate.category), rules)

    def _linked(self) -> Iterator[dict[str, Any]]:
        """The same, each linked into the folder and noted in the catalog."""
        made: set[str] = set()
        names: list[tuple[str, str, int]] = []
        root = self.folder.resolve().as_uri()
        for entry in self._entries():
            path = self.folder / entry["path"]
            if (parent := entry["path"].rpartition("/")[0]) not in made:
                path.parent.mkdir(parents=True, exist_ok=True)
                made.add(parent)
            link(self.blobs.file(entry["sha256"]), path)
            names.append((entry["path"], f"{root}/{entry['path']}", entry["row"]))
            if len(names) >= NAMED_AT_ONCE:
                self.ledger.name_files(names)
                names.clear()
            yield entry
        self.ledger.name_files(names)

    def _lock_head(self, version: Version) -> dict[str, Any]:
        about = {"pixcrawler": __version__, "dataset": self.dataset, "version": version.number}
        return {**about, "previous": version.previous, "job": self.job, "parts": self.parts}

    def _manifest_head(self, version: Version) -> str:
        head = {
            "pixcrawler": __version__,
            "dataset": self.dataset,
            "name": self.name,
            "version": version.number,
            "previous": version.previous,
            "created_at": version.created_at,
            "categories": {
                category: {key: told[key] for key in ("wanted", "accepted")}
                for category, told in self._categories().items()
            },
            "job": self.job,
            "keywords": self.keywords,
            "dedup": self.dedup,
            "splits": self.splits and {**self.splits.rules.as_json(), "images": self.splits.counts},
        }
        return (
            json.dumps(head, indent=1, ensure_ascii=False, default=str).removesuffix("\n}") + f",\n{IMAGES}"
        )

    def _categories(self) -> dict[str, Any]:
        return category_counts(self.goals, self.ledger.accepted_counts())

    def _statistics(self, images: ImageStatistics, counts: list[Count], version: Version) -> dict[str, Any]:
        return {
            "dataset": self.dataset,
            "created_at": version.created_at,
            "categories": self._categories(),
            "images": images.as_json(),
            "candidates": stage_counts(counts),
            "queries": query_counts(self.keywords.get("queries", ()), counts, self.ledger.resting()),
            "sources": dict(self.sources),
        }
