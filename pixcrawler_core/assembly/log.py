"""The processing log: what each run of the dataset did, in plain lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from pixcrawler_core.catalog.accounts import ActivityLog
from pixcrawler_core.catalog.rows import Stream

if TYPE_CHECKING:
    from pixcrawler_core.catalog.reader import Count


def log_lines(dataset: str, job: int, counts: Iterable[Count]) -> Iterator[str]:
    """The lines of processing_log.txt, from what the catalog knows."""
    yield f"Processing log of dataset {dataset}. The fate of each URL is in ledger.parquet."
    yield from _runs(dataset)
    yield ""
    yield "Sources"
    for stream in Stream.select().where(Stream.job == job).order_by(Stream.id):
        category = stream.category or "(labels of the list)"
        ended = stream.failure or ("read to its end" if stream.done else "not needed further")
        query = f"{stream.engine} {stream.query!r} for {category}"
        yield f"  {query}: {stream.next_page - 1} pages, {ended}"
    yield ""
    yield "Candidates by state, stage and reason"
    for count in counts:
        reason = f" ({count.reason})" if count.reason else ""
        yield f"  {count.category}, {count.engine} {count.query!r}: {count.rows} {count.state}{reason}"


def _runs(dataset: str) -> Iterator[str]:
    events = ActivityLog.select().where(
        (ActivityLog.entity == "dataset") & (ActivityLog.entity_id == dataset)
    )
    for event in events.order_by(ActivityLog.id):
        details = ", ".join(f"{key} {value}" for key, value in event.details.items())
        yield f"{event.created_at:%Y-%m-%dT%H:%M:%SZ} {event.action}: {details}"
