"""The last phase of a run: labels what is kept, assembles the dataset's folder, writes the exports."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pixcrawler_core.assembly.dataset import MANIFEST, REPORT, SPLITS, Assembly
from pixcrawler_core.assembly.label_files import LabelOptions
from pixcrawler_core.assembly.labels import label_images
from pixcrawler_core.catalog.exported import note_exports
from pixcrawler_core.crawl.record import noted_job
from pixcrawler_core.crawl.storing import store_finished
from pixcrawler_core.machine import usable_cores
from pixcrawler_core.provenance.parts import used_parts
from pixcrawler_core.splitting.rules import Rules

if TYPE_CHECKING:
    from pixcrawler_core.blobs.store import BlobStore
    from pixcrawler_core.catalog.ledger import Ledger
    from pixcrawler_core.config.job import LabelsTable
    from pixcrawler_core.config.splits import SplitsTable
    from pixcrawler_core.crawl.session import Session
    from pixcrawler_core.splitting.images import Splitting

logger = logging.getLogger(__name__)

Note = Callable[[str, Mapping[str, Any]], None]
"""Adds a line to the dataset's processing log: what was done, and figures."""


def finish(session: Session) -> tuple[Path | None, list[Path]]:
    """The dataset's folder and its exports; None and nothing for a run that is interrupted meanwhile.

    Runs in the ledger's thread. A job that was finished before, with nothing new, is left as it is, but for
    exports that are gone. Raises WorkspaceError.
    """
    ahead = session.ahead.count
    labelled = ahead + label_images(
        session.ledger.ledger,
        session.blobs,
        session.labelers,
        usable_cores(),
        unsaid=session.ahead.unsaid,
        stopped=lambda: session.run.interrupted,
        progress=lambda images: session.tally.label(ahead + images),
    )
    accepted, fetched = session.tally.accepted.total(), session.tally.downloads
    session.note("run ended", {"accepted now": accepted, "fetched now": fetched, "labelled now": labelled})
    if session.run.interrupted:
        return None, []
    folder = session.workspace.dataset(session.job.slug)
    idle = not session.tally.candidates and not session.tally.states and not labelled
    if session.changes.none and idle and (folder / MANIFEST).exists():
        if _outdated(folder / REPORT, folder / MANIFEST):
            show(folder, session.blobs, wanted=session.job.job.report)
        return folder, _export(session, folder, anew=False)
    splits = split(session.ledger.ledger, session.job.splits, session.note)
    with session.reported():
        _assembly(session, folder, splits).run()
    if splits is not None:
        prove(folder, splits)
    show(folder, session.blobs, wanted=session.job.job.report)
    return folder, _export(session, folder, anew=True)


def _export(session: Session, folder: Path, *, anew: bool) -> list[Path]:
    """Write the exports, all of them `anew` or those that are not there, and store what is finished."""
    exports = session.exports.write(session.workspace.exports, folder, anew=anew)
    note_exports(session.workspace, session.job.slug, exports)
    store_finished(session, folder, exports)
    return exports


def split(ledger: Ledger, table: SplitsTable, note: Note) -> Splitting | None:
    """How the images are cut, noted in the catalog; None for a job without splits. Raises WorkspaceError."""
    if not table.shares:
        return None
    from pixcrawler_core.splitting.images import split_images

    rules = Rules(shares=table.shares, seed=table.seed, together=table.together, radius=table.radius)
    splits = split_images(ledger, rules)
    note("images split", {"given now": splits.given, "moved": len(splits.moved)})
    return splits


def prove(folder: Path, splits: Splitting) -> None:
    """Write the leak report; errors in it are told now."""
    from pixcrawler_core.splitting.report import write_report

    for error in write_report(folder, splits.moved):
        logger.error("%s: %s", folder / SPLITS, error)


def show(folder: Path, blobs: BlobStore, *, wanted: bool) -> None:
    """Write the page that shows the dataset, or remove one that is not wanted. Raises WorkspaceError."""
    if not wanted:
        (folder / REPORT).unlink(missing_ok=True)
        return
    from pixcrawler_core.report.page import write_report

    write_report(folder, blobs)


def _outdated(page: Path, manifest: Path) -> bool:
    """Whether a page is gone or of an earlier dataset, since a run was killed before it wrote the new one."""
    return not page.exists() or page.stat().st_mtime_ns < manifest.stat().st_mtime_ns


def label_options(table: LabelsTable, decided: Iterable[str]) -> LabelOptions:
    """Which label files a job asks for; `decided` are the digests of images that were reviewed."""
    return LabelOptions(
        forms=table.files,
        per_image=table.per_image,
        doubtful=table.doubtful,
        decided=frozenset(decided),
    )


def _assembly(session: Session, folder: Path, splits: Splitting | None) -> Assembly:
    return Assembly(
        dataset=session.job.slug,
        name=session.job.name,
        folder=folder,
        ledger=session.ledger.ledger,
        blobs=session.blobs,
        goals=session.plan.wanted,
        job=noted_job(session.record),
        now=session.now(),
        sources=session.run.health.as_json(),
        splits=splits,
        dedup=_dedup(session),
        keywords=session.expansion.as_json(),
        labels=label_options(session.job.labels, session.decisions),
        parts=used_parts(session.registry, session.job),
    )


def _dedup(session: Session) -> dict[str, Any]:
    """How duplicates were recognised, with the figures that were measured of these methods."""
    from pixcrawler_core.dedup.measured import described, measured

    table = session.job.dedup
    return {
        "methods": described(session.methods),
        "scope": table.scope,
        "against": list(table.against),
        "keep": table.keep,
        "accuracy": measured(session.workspace.root, session.methods),
    }
