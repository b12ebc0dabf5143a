"""How a run ended, for people and for programs."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pixcrawler_core.catalog.datasets import JobStatus
from pixcrawler_core.crawl.gate import ANY
from pixcrawler_core.errors import PixCrawlerError

if TYPE_CHECKING:
    from pixcrawler_core.crawl.session import Session
    from pixcrawler_core.events.sinks import Sinks

DONE, FAILED, SHORT, INTERRUPTED = 0, 1, 3, 130
"""Exit codes of a run."""
AWAY = 75
"""The one of an ordered job's run that had no catalog, and is to be begun again: EX_TEMPFAIL, sysexits(3)."""
MOST = 3
"""Categories, and sources, that are named in a sentence."""


@dataclass(frozen=True, kw_only=True)
class Share:
    """What one category asked for and got."""

    category: str
    wanted: int | None
    accepted: int
    reasons: Mapping[str, int] = field(default_factory=dict)
    """Reasons why candidates of this category were not accepted, over all runs."""

    @property
    def short(self) -> int:
        """Images missing."""
        return max(0, (self.wanted or 0) - self.accepted)


@dataclass(frozen=True, kw_only=True)
class Result:
    """The end of a run: what each category got, and where the dataset is."""

    dataset: str
    name: str
    folder: Path | None
    shares: list[Share]
    states: Mapping[str, int]
    """Rows of the ledger by state, over all runs."""
    failures: Mapping[str, str]
    """Why sources ended early, by `engine: query`."""
    sources: Mapping[str, Mapping[str, Any]]
    """How each source answered in this run, and how it stands."""
    fetched: int
    """Images fetched in this run."""
    seconds: float
    exports: list[Path] = field(default_factory=list)
    limit: str = ""
    """Why no more was accepted although more was wanted, in one sentence; empty for want of candidates."""
    interrupted: bool = False
    error: Exception | None = None

    @property
    def accepted(self) -> int:
        """Accepted images, over all runs."""
        return sum(share.accepted for share in self.shares)

    @property
    def short(self) -> bool:
        """Whether a category has fewer images than asked, or a list wanted broke, was cut or gave none."""
        unlimited = not self.shares or any(share.wanted is None for share in self.shares)
        broken = unlimited and (bool(self.failures) or self.accepted == 0)
        return bool(self.limit) or broken or any(share.short for share in self.shares)

    @property
    def why_short(self) -> str:
        """Why there are fewer images than asked, in one sentence; empty where there are not."""
        if self.limit or not self.short:
            return self.limit
        short = [share for share in self.shares if share.short]
        missing = [f"{share.accepted} of {share.wanted} for {share.category!r}" for share in short]
        told = f"sources had no more: {_some(missing)}" if missing else "not all that is wanted was found"
        if reasons := sum((Counter(share.reasons) for share in short), Counter[str]()):
            told += f"; not accepted: {_some([f'{name} {n}' for name, n in reasons.most_common()], ', ')}"
        failures = [f"{name}: {why}" for name, why in self.failures.items()]
        return f"{told} ({_some(failures)})" if failures else told

    @property
    def exit_code(self) -> int:
        if self.error is not None:
            return self.error.exit_code if isinstance(self.error, PixCrawlerError) else FAILED
        if self.interrupted:
            return INTERRUPTED
        return SHORT if self.short else DONE

    @property
    def status(self) -> JobStatus:
        """The job's status in the catalog."""
        statuses = {
            DONE: JobStatus.COMPLETED,
            SHORT: JobStatus.COMPLETED_SHORT,
            INTERRUPTED: JobStatus.PAUSED,
        }
        return statuses.get(self.exit_code, JobStatus.FAILED)

    @property
    def progress(self) -> float:
        """Per cent of the images asked for; 100 for a list that was read to its end."""
        wanted = [share for share in self.shares if share.wanted]
        if not wanted:
            return 0.0 if self.error or self.interrupted else 100.0
        got = sum(min(share.accepted, share.wanted or 0) for share in wanted)
        return 100.0 * got / sum(share.wanted or 0 for share in wanted)

    def sentence(self) -> str:
        """The result in one line."""
        where = f" in {self.folder}" if self.folder else ""
        return f"{self.accepted} images in {len(self.shares)} categories{where} ({self.status.value})"

    def as_json(self) -> dict[str, Any]:
        """The result for `--json`."""
        return {
            "dataset": self.dataset,
            "name": self.name,
            "status": self.status.value,
            "exit_code": self.exit_code,
            "folder": str(self.folder) if self.folder else None,
            "accepted": self.accepted,
            "categories": [{**asdict(share), "short": share.short} for share in self.shares],
            "states": dict(self.states),
            "source_failures": dict(self.failures),
            "sources": {name: dict(told) for name, told in self.sources.items()},
            "fetched": self.fetched,
            "seconds": round(self.seconds, 2),
            "exports": [str(path) for path in self.exports],
            "limit": self.limit or None,
            "error": str(self.error) if self.error else None,
        }


def _some(told: list[str], between: str = "; ") -> str:
    """The first ones, and how many more there are."""
    more = f" and {len(told) - MOST} more" if len(told) > MOST else ""
    return between.join(told[:MOST]) + more


def tell_end(sinks: Sinks, result: Result) -> None:
    """Tell sinks how a run has ended: `job.finished`, also short of what was asked, or paused, or failed."""
    ends = {JobStatus.PAUSED: "job.paused", JobStatus.FAILED: "job.failed"}
    details = {
        "status": result.status.value,
        "accepted": result.accepted,
        "fetched": result.fetched,
        "seconds": round(result.seconds, 2),
        "error": str(result.error) if result.error else None,
    }
    sinks.emit(ends.get(result.status, "job.finished"), result.dataset, details)


def summarise(session: Session, folder: Path | None, exports: list[Path], error: Exception | None) -> Result:
    """The result of a session whose run has ended."""
    gate = session.run.gate
    reasons: defaultdict[str, Counter[str]] = defaultdict(Counter)
    states: Counter[str] = Counter()
    for count in session.counts:
        states[count.state] += count.rows
        if count.reason is not None:
            reasons[count.category][count.reason] += count.rows
        gate.goal(count.category)
    return Result(
        dataset=session.job.slug,
        name=session.job.name,
        folder=folder,
        shares=[
            Share(
                category=name,
                wanted=goal.wanted,
                accepted=goal.accepted,
                reasons=dict(reasons[name].most_common()),
            )
            for name, goal in gate.goals.items()
            if name != ANY
        ],
        states=dict(states),
        failures=session.run.failures,
        sources=session.run.health.as_json(),
        fetched=session.tally.downloads,
        seconds=(session.now() - session.started_at).total_seconds(),
        exports=exports,
        limit=session.run.selection.room.full,
        interrupted=session.run.interrupted,
        error=error or _silence(session),
    )


def _silence(session: Session) -> PixCrawlerError | None:
    """The error of a run in which no source gave anything at all, now or earlier."""
    failures = session.run.failures
    if session.counts or not failures or len(failures) < len(session.plan.questions):
        return None
    first = "; ".join(list(failures.values())[:2])
    return PixCrawlerError(
        f"no source gave anything ({first}); check the network and the options of the sources, "
        "and run the same command again"
    )
