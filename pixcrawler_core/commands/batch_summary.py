"""What became of each of many jobs, for people and for programs."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pixcrawler_core.catalog.datasets import JobStatus
from pixcrawler_core.commands.paths import text_of, visible
from pixcrawler_core.crawl.result import DONE, FAILED, INTERRUPTED, SHORT

if TYPE_CHECKING:
    from pixcrawler_core.config.job import Job
    from pixcrawler_core.crawl.plan import Plan

STATUSES = {
    DONE: JobStatus.COMPLETED,
    SHORT: JobStatus.COMPLETED_SHORT,
    INTERRUPTED: JobStatus.PAUSED,
}
"""By the exit code of a run; any other is a failure."""
WORST = (FAILED, SHORT)
"""Exit codes of many jobs, the worst one first."""


@dataclass(frozen=True, kw_only=True)
class End:
    """How one of the jobs ended."""

    code: int
    ran: bool = True
    """False where it was complete before."""
    seconds: float = 0.0
    result: Mapping[str, Any] | None = None
    """What its run told; None where it told nothing."""
    error: str = ""

    @property
    def status(self) -> JobStatus:
        """The status that follows from the exit code."""
        return STATUSES.get(self.code, JobStatus.FAILED)


@dataclass(kw_only=True)
class Entry:
    """One of the jobs."""

    file: Path
    job: Job
    plan: Plan
    end: End | None = None
    """None as long as it has not ended."""
    is_told: bool = False
    """Whether what became of it was printed."""

    def is_same(self, other: Entry) -> bool:
        """Whether another one is the very same job."""
        return self.job == other.job and self.job.folder.resolve() == other.job.folder.resolve()

    def leave_out(self) -> None:
        """Note that it was complete before."""
        self.end = End(code=DONE, ran=False)

    def sentence(self) -> str:
        """What became of it, in one line."""
        name = visible(self.file)
        if self.end is None:
            return f"{name}: not begun"
        if not self.end.ran:
            return f"{name}: complete before, not run again"
        told = f"{name}: {self.end.status}, {self.accepted} images, {self.end.seconds:.1f} s"
        return f"{told}; {visible(self.end.error)}" if self.end.error else told

    def tell(self, *, err: bool = False) -> None:
        """Print what became of it, on standard error if that is asked."""
        click.echo(self.sentence(), err=err)
        self.is_told = True

    @property
    def accepted(self) -> int:
        """Images of its dataset, as far as its run told."""
        return int(((self.end and self.end.result) or {}).get("accepted", 0))

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        end = self.end
        return {
            "file": text_of(self.file),
            "dataset": self.job.slug,
            "status": end.status.value if end else "not_begun",
            "exit_code": end.code if end else None,
            "ran": end.ran if end else False,
            "seconds": round(end.seconds, 2) if end else None,
            "error": (end.error or None) if end else None,
            "result": end.result if end else None,
        }


def exit_code(entries: Sequence[Entry]) -> int:
    """The worst of how jobs ended: 1 where one failed, else 3 where one came out short, else 0."""
    codes = {entry.end.code if entry.end and entry.end.code in STATUSES else FAILED for entry in entries}
    return next((code for code in WORST if code in codes), DONE)


def print_entries(entries: Sequence[Entry], *, code: int, as_json: bool, quiet: bool) -> None:
    """Print what became of all jobs on standard output; of each once, where it was not told as it ended."""
    if as_json:
        told = {"exit_code": code, "jobs": [entry.as_json() for entry in entries]}
        click.echo(json.dumps(told, indent=1, ensure_ascii=False))
        return
    if quiet:
        return
    for entry in entries:
        if not entry.is_told:
            entry.tell()
    counts = Counter(entry.end.status.value if entry.end else "not begun" for entry in entries)
    click.echo(f"{len(entries)} jobs: {', '.join(f'{name} {count}' for name, count in counts.items())}")
    if code == INTERRUPTED:
        click.echo("interrupted: run the same command again to go on")
