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
from pixcrawler_core.assembly.queries import query_counts
from pixcrawler_core.assembly.statistics import ImageStatistics, stage_counts
from pixcrawler_core.errors import WorkspaceError
from pixcrawler_core.version import __version__

if TYPE_CHECKING:
    from pixcrawler_core.blobs import BlobStore
    from pixcrawler_core.catalog.ledger import Ledger
    from pixcrawler_core.catalog.reader import Count
    from pixcrawler_core.splitting.images import Splitting

NAMED_AT_ONCE = 500
MANIFEST, STATISTICS = "manifest.json", "statistics.json"
SPLITS = "metadata/splits.json"
"""Only in datasets with splits."""
IMAGES = ' "images": ['
"""Begins the line of a manifest after which each line is an image."""
EXTRAS = (
    MANIFEST,
    STATISTICS,
    "metadata/ATTRIBUTION.md",
    "metadata/processing_log.txt",
    "metadata/ledger.parquet",
    SPLITS,
    *WHOLE.values(),
    MISLABELS,
)
"""Files beside the images, in the order in which exports hold them."""


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
        statistics = ImageStatistics()
        paths = self._write_images(statistics)
        remove_strays(self.folder, paths)
        remove_stale(self.folder, paths, self.labels)
        counts = self.ledger.counts()
        with replaced(self.folder / STATISTICS) as file:
            json.dump(self._statistics(statistics, counts), file, indent=1, ensure_ascii=False)
            file.write("\n")
        with replaced(self.folder / "metadata/processing_log.txt") as file:
            file.writelines(f"{line}\n" for line in log_lines(self.dataset, self.ledger.job_id, counts))
        from pixcrawler_core.assembly.tables import write_ledger

        write_ledger(self.ledger.rows(), self.folder / "metadata/ledger.parquet")
        if self.splits is None:
            (self.folder / SPLITS).unlink(missing_ok=True)
        return self.folder

    def _write_images(self, statistics: ImageStatistics) -> list[str]:
        paths: list[str] = []
        with (
            replaced(self.folder / MANIFEST) as manifest,
            replaced(self.folder / "metadata/ATTRIBUTION.md") as attribution,
            LabelFiles(self.folder, self.labels) as labels,
        ):
            manifest.write(self._manifest_head())
            write_head(attribution, self.name)
            for entry in self._linked():
                manifest.write(",\n" if paths else "\n")
                manifest.write(json.dumps(entry, ensure_ascii=False))
                write_line(attribution, entry)
                labels.add(entry)
                statistics.add(entry)
                paths.append(entry["path"])
            there = self._files(mislabels=labels.write_mislabels())
            manifest.write(f"\n],\n {json.dumps({'files': there})[1:]}\n")
        return paths

    def _files(self, *, mislabels: bool) -> list[str]:
        """The files beside the images."""
        absent = {*WHOLE.values()}.difference(self.labels.whole)
        absent |= set() if self.splits else {SPLITS}
        absent |= set() if mislabels else {MISLABELS}
        return [name for name in EXTRAS if name not in absent]

    def _linked(self) -> Iterator[dict[str, Any]]:
        """Entries of all accepted images, each linked into the folder and noted in the catalog."""
        made: set[Path] = set()
        names: list[tuple[str, str, int]] = []
        root = self.folder.resolve().as_uri()
        folders = Folders(self.ledger.folders())
        rules = self.splits.rules.digest if self.splits else None
        for kept in self.ledger.kept():
            entry = manifest_entry(kept, folders.of(kept.candidate.category), rules)
            path = self.folder / entry["path"]
            if path.parent not in made:
                path.parent.mkdir(parents=True, exist_ok=True)
                made.add(path.parent)
            link(self.blobs.path(entry["sha256"]), path)
            names.append((entry["path"], f"{root}/{entry['path']}", kept.candidate.id))
            if len(names) >= NAMED_AT_ONCE:
                self.ledger.name_files(names)
                names.clear()
            yield entry
        self.ledger.name_files(names)

    def _manifest_head(self) -> str:
        head = {
            "pixcrawler": __version__,
            "dataset": self.dataset,
            "name": self.name,
            "created_at": f"{self.now:%Y-%m-%dT%H:%M:%SZ}",
            "categories": {
                category: {"wanted": self.goals.get(category), "accepted": accepted}
                for category, accepted in self._accepted().items()
            },
            "job": self.job,
            "keywords": self.keywords,
            "dedup": self.dedup,
            "splits": self.splits and {**self.splits.rules.as_json(), "images": self.splits.counts},
        }
        return (
            json.dumps(head, indent=1, ensure_ascii=False, default=str).removesuffix("\n}") + f",\n{IMAGES}"
        )

    def _accepted(self) -> dict[str, int]:
        counts = self.ledger.accepted_counts()
        return {category: counts.get(category, 0) for category in dict.fromkeys([*self.goals, *counts])}

    def _statistics(self, images: ImageStatistics, counts: list[Count]) -> dict[str, Any]:
        categories = {
            category: {
                "wanted": self.goals.get(category),
                "accepted": accepted,
                "short": max(0, (self.goals.get(category) or 0) - accepted),
            }
            for category, accepted in self._accepted().items()
        }
        return {
            "dataset": self.dataset,
            "created_at": f"{self.now:%Y-%m-%dT%H:%M:%SZ}",
            "categories": categories,
            "images": images.as_json(),
            "candidates": stage_counts(counts),
            "queries": query_counts(self.keywords.get("queries", ()), counts, self.ledger.resting()),
            "sources": dict(self.sources),
        }


def manifest_head(manifest: Path) -> dict[str, Any]:
    """What a manifest tells beside the images. Raises ValueError for a file that is none."""
    head: list[str] = []
    with manifest.open(encoding="utf-8") as lines:
        for line in lines:
            if line.startswith(IMAGES):
                told: dict[str, Any] = json.loads("".join(head).rstrip().removesuffix(",") + "}")
                return told
            head.append(line)
    raise ValueError("it has no list of images")


def manifest_entries(manifest: Path) -> Iterator[dict[str, Any]]:
    """The images of a manifest one by one: it has a line for each, after the line that opens the list."""
    with manifest.open(encoding="utf-8") as lines:
        for line in lines:
            if line.startswith(IMAGES):
                break
        yield from filter(None, map(entry_of, lines))


def entry_of(line: str) -> dict[str, Any] | None:
    """The image that a line of the list tells of; None for the line that ends the list."""
    if not line.startswith("{"):
        return None
    entry: dict[str, Any] = json.loads(line.rstrip().removesuffix(","))
    return entry
