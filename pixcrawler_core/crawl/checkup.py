"""What a run knows of its sources before it asks them: how they stand, and how much came of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pydantic import SecretStr

from pixcrawler_core.catalog.standings import standings
from pixcrawler_core.crawl.health import Health, SavedPages, Standing, keep_none
from pixcrawler_core.crawl.plan import Question, Stream
from pixcrawler_core.secrets import Mask, keys_of
from pixcrawler_core.workspace import Workspace

if TYPE_CHECKING:
    from pixcrawler_core.catalog.ledger import Ledger
    from pixcrawler_core.config.sources import SourcesTable
    from pixcrawler_core.crawl.plan import Plan


def health_of(plan: Plan, table: SourcesTable, root: Path, now: Callable[[], datetime]) -> Health:
    """The health of a plan's sources as the catalog remembers it; evidence goes to `root`/pages if asked."""
    known = {name: standing for name, standing in standings().items() if name in plan.engines}
    keys = keys_of(plan.options.values())
    pages = SavedPages(root / "pages", now, keys)
    keep = pages.keep if table.save_pages else keep_none
    mask = Mask([*keys, *_hosts(plan.options.values())])
    return Health(standings=known, seconds=table.suspend.model_dump(), now=now, keep=keep, mask=mask)


def _hosts(options: Iterable[Any]) -> Iterator[SecretStr]:
    """The hosts of endpoints that somebody set: who sees a dataset need not know whose they are."""
    for each in options:
        if "endpoint" in each.model_fields_set:
            parts = urlsplit(str(each.endpoint))
            yield from map(SecretStr, filter(None, (parts.netloc, parts.hostname)))


def known_standings(root: Path, database_url: str | None) -> dict[str, Standing]:
    """How sources stand in a workspace; nothing is made where there is none yet."""
    if database_url is None and not (root / "catalog.db").exists():
        return {}
    with Workspace(root, database_url):
        return standings()


def reordered(plan: Plan, engines: Sequence[str]) -> list[Question]:
    """The plan's questions, those with the same words in the order of the engines."""
    places = {engine: place for place, engine in enumerate(engines)}
    words = list(dict.fromkeys((asked.category, asked.query) for asked in plan.questions))
    order = {key: place for place, key in enumerate(words)}
    return sorted(plan.questions, key=lambda q: (order[q.category, q.query], places[q.engine]))


def left_streams(ledger: Ledger, plan: Plan, known: Sequence[Stream]) -> list[Stream]:
    """Streams that bring images fetched for questions that the job does not ask any more.

    They are handed out by the spider of the plan's first source, whatever source they come from.
    """
    ids, order = {stream.id for stream in known}, len(plan.questions)
    left = (state for state in ledger.left_streams() if state.id not in ids)
    return [
        Stream(
            order=order + place,
            question=Question(category=state.category or "", engine=plan.engines[0], query=state.query),
            id=state.id,
            page=state.next_page,
            done=True,
            left=True,
        )
        for place, state in enumerate(left)
    ]


def open_stream(ledger: Ledger, order: int, question: Question, *, adapt: bool = True) -> Stream:
    """A question as a stream, where an earlier run left it; it rests only if queries `adapt`."""
    state = ledger.open_stream(question.category, question.engine, question.query)
    return Stream(
        order=order,
        question=question,
        id=state.id,
        page=state.next_page,
        cursor=state.cursor,
        done=state.done,
        rests_from=state.rests_from if adapt else None,
    )
