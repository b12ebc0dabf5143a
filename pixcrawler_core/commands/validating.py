"""What `pixcrawler validate` does with files: checks, output, summary, and what is kept for later runs."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pixcrawler_core.catalog.measures import Kept, MeasureStore
from pixcrawler_core.commands.counting import counted
from pixcrawler_core.commands.listing import listing
from pixcrawler_core.commands.paths import check_paths
from pixcrawler_core.components import Tier
from pixcrawler_core.config.load import load_checks
from pixcrawler_core.examining import Examined, examined, examiner, files_below
from pixcrawler_core.machine import usable_cores
from pixcrawler_core.registry import load
from pixcrawler_core.tiers import chosen
from pixcrawler_core.validation import Checks

if TYPE_CHECKING:
    from pixcrawler_core.cli import Context

Tables = Mapping[str, Mapping[str, Any]]
WORTH = {Tier.FAST: 2000, Tier.MEDIUM: 200, Tier.SLOW: 16}
"""Files from which on one more process saves more time than its start takes, by the dearest check's tier."""
CHUNKS = {Tier.FAST: 32, Tier.MEDIUM: 32, Tier.SLOW: 8}
"""Files that a process is given at a time, by the dearest check's tier: a second of work at most."""
AT_ONCE = 200
"""Files whose measures are kept in one transaction."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What the command line asks for."""

    paths: tuple[Path, ...]
    level: str | None
    config: Path | None
    category: str | None
    jobs: int | None
    fresh: bool
    form: str
    """`text`, `json` or `csv`."""


def validate_files(context: Context, asked: Asked) -> int:
    """Check the files and print what was found; returns the exit code."""
    check_paths(asked.paths)
    level, tables = _order(context, asked)
    validators = chosen(context.registry, level, tables)
    context.ensure_models(name for validator in validators for name in validator.models)
    files = list(files_below(asked.paths))
    dearest = max((validator.tier for validator in validators), default=Tier.FAST)
    jobs = asked.jobs or processes(files, dearest)
    catalog = _catalog(context)
    make = partial(_checks, context.blocked, level, tables)
    making = partial(examiner, make, asked.category, None if asked.fresh else catalog)
    tally: Counter[str] = Counter()
    start = time.monotonic()
    with closing(examined(files, making, jobs, CHUNKS[dearest])) as results:
        watched = results if context.quiet else counted(results, len(files))
        show = listing(asked.form, [validator.name for validator in validators])
        for result in _keeping(context, watched) if catalog else watched:
            show(result)
            tally[result.report.reason or ""] += 1
    if not context.quiet:
        click.echo(_summary(tally, time.monotonic() - start), err=True)
    return 0


def processes(files: Sequence[Path], dearest: Tier) -> int:
    """How many processes look at files soonest, if the dearest of the looks is of this tier."""
    return min(usable_cores(), 1 + len(files) // WORTH[dearest])


def _order(context: Context, asked: Asked) -> tuple[str, Tables]:
    level, tables = load_checks(asked.config, context.registry) if asked.config else (None, {})
    return asked.level or level or "fast", tables


def _checks(blocked: tuple[str, ...], level: str, tables: Tables) -> Checks:
    return Checks.build(load(blocked=blocked), level, tables)


def _catalog(context: Context) -> str | Path | None:
    """Where kept measures are; None where there is no workspace, since a look at files makes none."""
    file = context.open_workspace().catalog_path
    return context.database or (file if file.exists() else None)


def _keeping(context: Context, results: Iterable[Examined]) -> Iterator[Examined]:
    """The same results; what was measured anew is kept in the workspace."""
    with context.open_workspace() as workspace:
        store = MeasureStore(workspace.open())
        waiting: list[Kept] = []
        try:
            for result in results:
                if result.report.fresh:
                    waiting.append((result.sha256, result.report.fresh))
                if len(waiting) >= AT_ONCE:
                    store.keep(waiting)
                    waiting.clear()
                yield result
        finally:
            store.keep(waiting)


def _summary(tally: Counter[str], seconds: float) -> str:
    files = tally.total()
    accepted = tally.pop("", 0)
    reasons = ", ".join(f"{reason} {number}" for reason, number in tally.most_common())
    rejected = f"{files - accepted} rejected" + (f" ({reasons})" if reasons else "")
    return f"{files} files: {accepted} accepted, {rejected}; {files / max(seconds, 0.001):.1f} a second"
