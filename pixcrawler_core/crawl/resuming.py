"""Takes up what earlier runs of a job left, as far as it still holds for the job as it is now."""

from __future__ import annotations

from collections.abc import Callable
from itertools import starmap
from typing import TYPE_CHECKING

from pixcrawler_core.crawl.checkup import left_streams, open_stream, reordered
from pixcrawler_core.crawl.measuring import in_doubt
from pixcrawler_core.crawl.pacing import Decided
from pixcrawler_core.dedup.kept import KeptImages
from pixcrawler_core.image import Image

if TYPE_CHECKING:
    from pixcrawler_core.crawl.session import Session
    from pixcrawler_core.records import Candidate, Outcome


def resume(session: Session) -> None:
    """Hand what earlier runs left to the session's run. In the ledger's thread; raises WorkspaceError."""
    ledger, plan, changed = session.ledger.ledger, session.plan, session.changes.options
    ledger.find_again([each.id for each, kept in ledger.accepted() if not _whole(session, kept)])
    if "checks" in changed:
        doubted = in_doubt(ledger, session.checks, _opener(session), session.recalling.decided)
        ledger.check_again(list(doubted))
    if "dedup" in changed:
        ledger.choose_again()
    _recognise(session)
    counts = ledger.accepted_counts()
    numbers = {category: ledger.next_number(category) - 1 for category in counts}
    wanted = plan.wanted
    short = {name for name, number in wanted.items() if number is None or counts.get(name, 0) < number}
    asked = [
        (order, question)
        for order, question in enumerate(reordered(plan, session.record.search_engines))
        if question.category in short or question.category not in wanted
    ]
    if asked:
        _judge_again(session)
    if session.run.pacing.paced:
        session.run.pacing.add(starmap(Decided, ledger.decided()))
    adapt = session.job.keywords.adapt
    streams = [open_stream(ledger, order, question, adapt=adapt) for order, question in asked]
    streams += left_streams(ledger, plan, streams)
    session.run.resume(streams, ledger.accepted(), numbers)


def _recognise(session: Session) -> None:
    """Have the images recognised that are kept already."""
    dataset = session.job.slug if session.job.dedup.scope == "dataset" else None
    kept = KeptImages(session.database, dataset, session.workspace.in_use, session.ledger.ledger.job_id)
    kept.known_to(session.recalling.recogniser)


def _judge_again(session: Session) -> None:
    """Ask again for what may go otherwise now."""
    ledger, changed = session.ledger.ledger, session.changes.options
    ledger.reopen_streams()
    ledger.retry_passing()
    fetch, checks, filters = (name in changed for name in ("fetch", "checks", "filters"))
    ledger.judge_again(refused=fetch, rejected=checks, filtered=filters)
    if filters:
        ledger.restart_streams()


def _whole(session: Session, outcome: Outcome) -> bool:
    return session.blobs.has(outcome.sha256 or "", outcome.size)


def _opener(session: Session) -> Callable[[Candidate, Outcome], Image]:
    def image_of(candidate: Candidate, outcome: Outcome) -> Image:
        digest = outcome.sha256 or ""
        return Image(session.blobs.file(digest), digest, outcome.size or 0, candidate)

    return image_of
