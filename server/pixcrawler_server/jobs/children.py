"""Runs jobs as processes of their own, so that a crash or a leak of one stays there."""

from __future__ import annotations

import json
import math
import os
import signal
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from pixcrawler_core.catalog.datasets import CrawlJob, JobStatus
from pixcrawler_core.crawl.result import AWAY, DONE, INTERRUPTED, SHORT
from pixcrawler_core.jobs.beating import EVERY, PATIENCE
from pixcrawler_server.jobs.forking import Fork
from pixcrawler_server.jobs.headroom import free_disk

LOGS = "jobs"
"""Folder of the workspace with what runs say, a file each."""
LISTS = "lists"
"""Folder of the workspace with the addresses of batches, a file each."""
LONGEST = 500
"""Characters of a reason."""
TAIL = 4096
"""Bytes in which the reason of a failure is looked for: in what the process wrote to its standard output,
then in the log, which other processes of the job write, too."""
FULL = 2**20
"""Bytes that are free where a disk counts as full, if a run could not say why it failed."""
NO_ROOM = "the disk of the workspace is full, so that the run could not go on, nor write into its log"
SILENT = "the run failed, and did not say why"
STILL = 10 * EVERY
"""Seconds between two looks at a process after which whoever looks stood still, and says nothing of it."""
FROZEN = "the run gave no sign of life for {seconds:g} seconds, and was killed"
SIGNALLED = "the run was ended by signal {number}"
CATALOG_AWAY = "the catalog did not answer"
"""Where it is, as the log tells, is nobody's business."""
ENDS = {
    DONE: JobStatus.COMPLETED,
    SHORT: JobStatus.COMPLETED_SHORT,
    AWAY: JobStatus.QUEUED,
    INTERRUPTED: JobStatus.QUEUED,
}
"""What becomes of a job by the exit code of its run."""


def log_of(root: Path, job_id: int) -> Path:
    """The file with what the runs of a job said, in the workspace at `root`."""
    return root / LOGS / f"{job_id}.log"


def remove_logs(root: Path, dataset: str) -> None:
    """Remove what the runs of a dataset's jobs said."""
    for job in CrawlJob.select(CrawlJob.id).where(CrawlJob.dataset == dataset):
        log_of(root, job.id).unlink(missing_ok=True)


class Child:
    """A process for a job, which is told a JSON object. It ends by itself when this process does, since its
    standard input then ends. `what` are the options of `pixcrawler run` that say what it does, `silence` are
    the seconds without a sign of life (`pixcrawler_core.jobs.beating`) after which `mind` kills it."""

    def __init__(
        self,
        job_id: int,
        root: Path,
        told: Mapping[str, Any],
        environment: Mapping[str, str],
        what: Sequence[str] = (),
        silence: float = math.inf,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.job_id = job_id
        self._root, self._clock, self._silence = root, clock, silence
        self._begun = self._heard = self._looked = clock()
        self._sign = 0
        self._frozen = False
        self._deadline: float | None = None
        self._ended_with: int | None = None
        self._why = ""
        path = log_of(root, job_id)
        path.parent.mkdir(exist_ok=True)
        path.touch()
        self._begin = path.stat().st_size
        self._words = tempfile.TemporaryFile()  # noqa: SIM115  # as long as the process is of interest
        command = ("run", "--quiet", *(what or ("--ordered", str(job_id))))
        environment = {**environment, "PIXCRAWLER_WORKSPACE": str(root)}
        self._fork = Fork(command, environment, path, self._words.fileno())
        self._fork.tell(json.dumps(told).encode() + b"\n")

    @property
    def ended(self) -> bool:
        """Whether the process is gone."""
        return self._ended_with is not None or self._fork.code is not None

    def stop(self) -> None:
        """Ask the run to end; it is killed, with all that it started, when it has not after `PATIENCE`."""
        if self._deadline is None:
            self._deadline = self._clock() + PATIENCE
            self._fork.signal(signal.SIGTERM)
        elif self._clock() > self._deadline:
            self._fork.signal(signal.SIGKILL)

    @property
    def age(self) -> float:
        """Seconds since it was begun."""
        return self._clock() - self._begun

    def mind(self) -> None:
        """Kill it, with all that it started, if it has given no sign of life for too long."""
        now, sign = self._clock(), os.fstat(self._words.fileno()).st_mtime_ns
        if sign != self._sign or now - self._looked > STILL:
            self._sign, self._heard = sign, now
        self._looked = now
        if now - self._heard > self._silence:
            self._frozen = True
            self._fork.signal(signal.SIGKILL)

    def kill(self) -> None:
        """End it now, with all that it started."""
        self._fork.signal(signal.SIGKILL)
        self._fork.wait()

    @property
    def blameless(self) -> bool:
        """Whether it ended since the catalog was away or locked, which it can do nothing about."""
        return self.ended and self._code() == AWAY

    def outcome(self) -> tuple[JobStatus, str]:
        """What becomes of the job after the run, and why. A run that was killed is to be begun anew."""
        code = self._code()
        if self._frozen:
            return JobStatus.QUEUED, FROZEN.format(seconds=self._silence)
        if code < 0:
            return JobStatus.QUEUED, SIGNALLED.format(number=-code)
        status = ENDS.get(code, JobStatus.FAILED)
        if status == JobStatus.FAILED:
            return status, self._reason()
        return status, CATALOG_AWAY if code == AWAY else ""

    def failure(self) -> str:
        """Why it did not come to its end; empty if it did, or was stopped."""
        code = self._code()
        if code < 0:
            return SIGNALLED.format(number=-code)
        if code == AWAY:
            return CATALOG_AWAY
        return "" if code in (DONE, INTERRUPTED) else self._reason()

    def _code(self) -> int:
        """How it ended, however often this is asked: who notes that may have to do so again."""
        if self._ended_with is None:
            self._ended_with = self._fork.wait()
            self._fork.signal(signal.SIGKILL)  # what it left behind
            self._fork.close()
        return self._ended_with

    def _reason(self) -> str:
        """Why it failed, as it was when this was asked first: there may be room on the disk later."""
        if not self._why:
            last = _last_line(self._words, 0) or self._last_logged()
            self._why = without_place(last, self._root)[:LONGEST] or (NO_ROOM if self._full() else SILENT)
        return self._why

    def _full(self) -> bool:
        try:
            return free_disk(self._root) < FULL
        except OSError:  # the workspace is gone
            return False

    def _last_logged(self) -> str:
        try:
            with log_of(self._root, self.job_id).open("rb") as log:
                return _last_line(log, self._begin)
        except OSError:  # it went with its dataset, or the workspace is gone
            return ""


def without_place(text: str, root: Path) -> str:
    """A text in which the place of the workspace is not told."""
    return text.replace(str(root.resolve()), "workspace").replace(str(root), "workspace")


def _last_line(file: IO[bytes], begin: int) -> str:
    """The last line that is not empty, of what was written from a place on."""
    file.seek(max(begin, file.seek(0, os.SEEK_END) - TAIL))
    lines = file.read().decode(errors="replace").split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "")
