"""How sources answer: counted page by page, and who is left alone for a while because of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from pixcrawler_core.errors import WorkspaceError
from pixcrawler_core.secrets import Mask
from pixcrawler_core.sources import PageClass, PageReport

LONGEST = 30 * 86_400.0
"""Seconds for which a source is left alone at most, whatever it asks."""
BAD = frozenset({PageClass.BLOCKED, PageClass.THROTTLED, PageClass.CHANGED_LAYOUT, PageClass.FAILED})


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How a source stands in this workspace since its last answer that changed it."""

    page_class: PageClass
    since: datetime
    until: datetime | None = None
    """Until when it is not asked; None if it may be."""
    evidence: Mapping[str, Any] = field(default_factory=dict)
    """`url`, `status`, `marker` and `page` (a saved page), as far as there are any."""

    def suspended(self, now: datetime) -> bool:
        """Whether it is not to be asked yet."""
        return self.until is not None and now < self.until

    def sentence(self) -> str:
        """How it stands, and until when it is not asked."""
        why = self.page_class.value.replace("_", " ")
        told = f": {self.evidence['marker']}" if self.evidence.get("marker") else ""
        if self.until is None:
            return f"{why}{told} since {self.since:%Y-%m-%d %H:%M:%S} UTC"
        return f"suspended until {self.until:%Y-%m-%d %H:%M:%S} UTC ({why}{told})"

    def as_json(self) -> dict[str, Any]:
        """For statistics.json and `--json`."""
        return {
            "state": self.page_class.value,
            "since": f"{self.since:%Y-%m-%dT%H:%M:%SZ}",
            "suspended_until": f"{self.until:%Y-%m-%dT%H:%M:%SZ}" if self.until else None,
            "evidence": dict(self.evidence),
        }


def _now() -> datetime:
    return datetime.now(UTC)


def keep_none(_engine: str, _report: PageReport) -> str | None:
    """Keep no page."""
    return None


class SavedPages:
    """Keeps the answers that were no results, as evidence."""

    def __init__(
        self, folder: Path, now: Callable[[], datetime] = _now, secrets: Sequence[SecretStr] = ()
    ) -> None:
        self.folder = folder
        self.now = now
        self.mask = Mask(secrets)

    def keep(self, engine: str, report: PageReport) -> str | None:
        """Write the body of an answer without keys; returns the file's name, None where there is no body.

        Raises WorkspaceError when the disk does not take it.
        """
        if not report.body:
            return None
        ending = "html" if report.body.lstrip()[:1] == b"<" else "json"
        path = self.folder / f"{engine}-{self.now():%Y%m%dT%H%M%S%f}-{report.page_class.value}.{ending}"
        try:
            self.folder.mkdir(exist_ok=True)
            path.write_bytes(self.mask.body(report.body))
        except OSError as error:
            raise WorkspaceError(f"cannot keep {path}: {error.strerror or error}") from error
        return path.name


@dataclass(kw_only=True)
class Health:
    """The answers of one run. `keep` saves the page of a problem and says where; `seconds` suspends."""

    standings: dict[str, Standing] = field(default_factory=dict)
    """What earlier runs found; replaced as this one finds something else."""
    seconds: Mapping[str, float] = field(default_factory=dict)
    """How long a source is left alone, by the class of its answer."""
    now: Callable[[], datetime] = _now
    keep: Callable[[str, PageReport], str | None] = keep_none
    mask: Mask = field(default_factory=lambda: Mask(()))
    """Takes keys, and hosts of endpoints that somebody set, out of what is told of answers."""
    counts: dict[str, Counter[str]] = field(default_factory=dict)
    stopped: dict[str, str] = field(default_factory=dict)
    """Sources that are not asked again in this run, and why."""

    def suspended(self, engine: str) -> str | None:
        """Why a source is not asked now; None if it may be."""
        standing = self.standings.get(engine)
        if standing is None or not standing.suspended(self.now()):
            return None
        lifted = self.seconds.get(standing.page_class.value) == 0
        return None if lifted else f"{standing.sentence()}; `pixcrawler sources check {engine}` asks it now"

    def note(self, engine: str, report: PageReport) -> Standing | None:
        """Take note of an answer; returns how the source stands now if that is worth recording."""
        self.counts.setdefault(engine, Counter())[report.page_class.value] += 1
        marker = report.marker and self.mask.text(report.marker)
        report = replace(report, url=self.mask.text(report.url), marker=marker)
        before = self.standings.get(engine)
        bad = report.page_class in BAD
        if bad and not report.final:
            return None
        if not bad and (before is None or before.page_class not in BAD):
            self.standings.setdefault(engine, Standing(page_class=report.page_class, since=self.now()))
            return None if before is not None else self.standings[engine]
        if report.page_class is PageClass.FAILED and before is not None and before.suspended(self.now()):
            return None
        if report.page_class is PageClass.BLOCKED or report.wait is not None:
            self.stopped[engine] = f"{report.page_class.value}: {report.marker}"
        self.standings[engine] = self._standing(engine, report)
        return self.standings[engine]

    def as_json(self) -> dict[str, Any]:
        """For each source its pages by class in this run, and how it stands."""
        return {
            engine: {"pages": dict(sorted(self.counts.get(engine, Counter()).items())), **self._told(engine)}
            for engine in sorted({*self.counts, *self.standings})
        }

    def _told(self, engine: str) -> dict[str, Any]:
        """The standing of a source; without one, its commonest answer in this run."""
        standing = self.standings.get(engine)
        if standing is not None:
            return standing.as_json()
        commonest = PageClass(self.counts[engine].most_common(1)[0][0])
        return Standing(page_class=commonest, since=self.now()).as_json()

    def _standing(self, engine: str, report: PageReport) -> Standing:
        now = self.now()
        page = self.keep(engine, report) if report.page_class in BAD else None
        told = {"url": report.url, "status": report.status, "marker": report.marker, "page": page}
        seconds = self.seconds.get(report.page_class.value, 0.0)
        if seconds and report.wait is not None:
            seconds = min(report.wait, LONGEST)
        return Standing(
            page_class=report.page_class,
            since=now,
            until=now + timedelta(seconds=seconds) if seconds else None,
            evidence={name: value for name, value in told.items() if value not in (None, "")},
        )
