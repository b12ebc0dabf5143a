"""What `pixcrawler label` does with files: asks labelers of each, prints what they say."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pixcrawler_core.commands.counting import counted
from pixcrawler_core.commands.label_listing import listing
from pixcrawler_core.commands.paths import check_paths
from pixcrawler_core.commands.validating import CHUNKS, processes
from pixcrawler_core.components import Tier
from pixcrawler_core.config.load import load_labels
from pixcrawler_core.errors import ConfigError, DecodeError, WorkspaceError
from pixcrawler_core.examining import UNREADABLE, examined, files_below, opened
from pixcrawler_core.labelling import Labelers, models_of
from pixcrawler_core.records import Labelling
from pixcrawler_core.registry import load

if TYPE_CHECKING:
    from pixcrawler_core.cli import Context

Tables = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What the command line asks for."""

    paths: tuple[Path, ...]
    labelers: str | None
    """Names, parted by commas; None for those of the job file."""
    config: Path | None
    category: str | None
    jobs: int | None
    form: str
    """`text`, `json` or `csv`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Labelled:
    """A file and what labelers say of it."""

    path: Path
    category: str | None
    sha256: str = ""
    """Empty for a file that cannot be read."""
    labelling: Labelling = field(default_factory=Labelling)
    reason: str | None = None
    """Why it has no labels, as a slug, if it is no whole picture."""
    detail: str | None = None


@dataclass(frozen=True, kw_only=True)
class LabelLooker:
    """Labels files, one after the other."""

    labelers: Labelers
    category: str | None
    detailed = True
    """As in a crawl, so that the same labels are given."""

    def examine(self, path: Path) -> Labelled:
        """Label one file; one that is no whole picture has a `reason` instead."""
        image = opened(path, self.category, detailed=self.detailed)
        if isinstance(image, str):
            return self._told(path, reason=UNREADABLE, detail=f"cannot be read: {image}")
        told = partial(self._told, path, sha256=image.sha256)
        try:
            _ = image.header, image.view
            return told(labelling=self.labelers.run(image))
        except DecodeError as error:
            return told(reason=error.reason, detail=error.detail)
        except WorkspaceError as error:  # gone, or changed, since it was opened
            return told(reason=UNREADABLE, detail=f"cannot be read: {error}")

    def _told(self, path: Path, **told: Any) -> Labelled:
        return Labelled(path=path, category=self.category, **told)


def label_files(context: Context, asked: Asked) -> int:
    """Label the files and print what was said; returns the exit code."""
    check_paths(asked.paths)
    names, tables = _order(context, asked)
    models = models_of(context.registry, names, tables)
    context.ensure_models(models)
    files = list(files_below(asked.paths))
    dearest = Tier.SLOW if models else Tier.FAST
    jobs = asked.jobs or processes(files, dearest)
    making = partial(_looker, context.blocked, names, tables, asked.category)
    reasons: Counter[str] = Counter()
    start = time.monotonic()
    show = listing(asked.form)
    with closing(examined(files, making, jobs, CHUNKS[dearest])) as results:
        for result in results if context.quiet else counted(results, len(files)):
            show(result)
            reasons[result.reason or ""] += 1
    if not context.quiet:
        click.echo(_summary(reasons, time.monotonic() - start), err=True)
    return 0


def _order(context: Context, asked: Asked) -> tuple[Sequence[str], Tables]:
    """The labelers that are asked, and the options of labelers."""
    table = load_labels(asked.config, context.registry) if asked.config else None
    tables = table.tables if table else {}
    if asked.labelers is None:
        return (table.labelers if table else ()), tables
    names = list(dict.fromkeys(name.strip() for name in asked.labelers.split(",") if name.strip()))
    if not names:
        raise ConfigError(f"--labelers {asked.labelers!r} names no labeler; give some, parted by commas")
    return names, tables


def _looker(
    blocked: tuple[str, ...], names: Sequence[str], tables: Tables, category: str | None
) -> LabelLooker:
    return LabelLooker(labelers=Labelers.build(load(blocked=blocked), names, tables), category=category)


def _summary(reasons: Counter[str], seconds: float) -> str:
    files = reasons.total()
    labelled = reasons.pop("", 0)
    broken = ", ".join(f"{reason} {number}" for reason, number in reasons.most_common())
    others = f"{files - labelled} broken" + (f" ({broken})" if broken else "")
    return f"{files} files: {labelled} labelled, {others}; {files / max(seconds, 0.001):.1f} a second"
