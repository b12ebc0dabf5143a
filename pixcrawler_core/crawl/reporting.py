"""Tells in the catalog how the run of an ordered job goes on, for whoever asks after it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pixcrawler_core.catalog.fields import to_json, to_sql_time
from pixcrawler_core.catalog.sql import Sql
from pixcrawler_core.errors import WorkspaceError
from pixcrawler_core.records import State

if TYPE_CHECKING:
    from pixcrawler_core.crawl.process import Watch
    from pixcrawler_core.crawl.run import Run
    from pixcrawler_core.crawl.session import Session

EVERY = 1.0
"""Seconds between two reports."""
MOST = 100
"""Categories, and reasons, that are told of at most."""
MOST_ERRORS = 10
LONGEST_ERROR = 500
"""Characters."""
REPORT = (
    "UPDATE crawl_job SET progress = ?, live = ?, revision = revision + 1, updated_at = ? "
    "WHERE id = ? AND status = 'running'"
)


def reporting(session: Session, stdin: int = 0) -> Watch:
    """What goes on beside the run of an ordered job: it reports, minds the quota, and stops with its worker.

    The worker is gone when the file descriptor `stdin`, a pipe from the worker, comes to its end.
    """

    async def watch(run: Run) -> None:
        asyncio.get_running_loop().add_reader(stdin, _listen, stdin, run)
        try:
            await _report_on(session, run)
        except WorkspaceError as error:
            run.stop(error)

    return watch


async def _report_on(session: Session, run: Run) -> None:
    last: Mapping[str, Any] = {}
    while True:
        await run.selection.room.look_again(session.ledger)
        told = figures(session, run)
        if told != last:
            await session.ledger.call(_report, session, progress(run), told)
            last = told
        await asyncio.sleep(EVERY)


def ending(_session: Session, stdin: int = 0) -> Watch:
    """What goes on beside a run that stops with the program that started it, and reports nothing."""

    async def watch(run: Run) -> None:
        asyncio.get_running_loop().add_reader(stdin, _listen, stdin, run)

    return watch


def progress(run: Run) -> float:
    """Per cent of the images that are wanted; 0 where all are, and nobody knows how many those are."""
    wanted, accepted = _goals(run)
    return 100.0 * accepted / wanted if wanted else 0.0


def figures(session: Session, run: Run) -> dict[str, Any]:
    """What is to be told of a run, as JSON values: counts and rates of this run, and how sources stand.

    `stages` counts candidates by where they got to, `per_second` is the mean since the run began,
    `eta_seconds` what is left at that pace, null while that cannot be told. `latest` are the last fetched
    candidates that were accepted, and that were not, newest first, with their ids in the ledger.
    """
    tally = session.tally
    seconds = max(0.001, (session.now() - session.started_at).total_seconds())
    wanted, accepted = _goals(run)
    gained = tally.states[State.ACCEPTED]
    states = {state.value: tally.states[state] for state in State if tally.states[state]}
    return {
        "stages": {"found": tally.candidates, "fetched": tally.downloads, **states},
        "labelled": tally.labelled,
        "reasons": dict(tally.reasons.most_common(MOST)),
        "bytes": tally.bytes,
        "wanted": wanted,
        "accepted": accepted,
        "per_second": {
            "found": round(tally.candidates / seconds, 2),
            "fetched": round(tally.downloads / seconds, 2),
            "accepted": round(gained / seconds, 2),
            "bytes": round(tally.bytes / seconds),
        },
        "eta_seconds": round((wanted - accepted) * seconds / gained) if wanted and gained else None,
        "categories": {
            name: {"accepted": goal.accepted, "wanted": goal.wanted}
            for name, goal in list(run.gate.goals.items())[:MOST]
            if name
        },
        "latest": {kind: list(reversed(each)) for kind, each in tally.latest.items()},
        "engines": run.health.as_json(),
        "errors": [
            f"{name}: {why}"[:LONGEST_ERROR] for name, why in list(run.failures.items())[-MOST_ERRORS:]
        ],
    }


def _goals(run: Run) -> tuple[int | None, int]:
    """Images that the job asks for, and those that it has; other categories of the dataset do not count."""
    goals = run.gate.asked()
    wanted = [goal.wanted for goal in goals]
    total = None if None in wanted or not wanted else sum(filter(None, wanted))
    return total, sum(goal.accepted for goal in goals)


def _report(session: Session, percent: float, told: Mapping[str, Any]) -> None:
    """Runs in the ledger's thread."""
    values = (percent, to_json(told), to_sql_time(session.now()), session.record.id)
    with session.writing():
        Sql(session.database).run(REPORT, values)


def _listen(stdin: int, run: Run) -> None:
    if not os.read(stdin, 4096):
        asyncio.get_running_loop().remove_reader(stdin)
        run.stop()
