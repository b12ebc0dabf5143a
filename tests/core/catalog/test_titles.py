"""Titles of kept images, which expanders learn from."""

from __future__ import annotations

from pixcrawler_core.catalog.database import connect
from pixcrawler_core.catalog.ledger import Ledger
from pixcrawler_core.catalog.migrate import upgrade
from pixcrawler_core.catalog.models import CrawlJob, Dataset, bind
from pixcrawler_core.catalog.reader import titles_of
from pixcrawler_core.catalog.sql import Sql
from pixcrawler_core.records import Candidate, Outcome, Stage, State


def test_the_latest_are_read_while_another_process_writes(sqlite_url: str) -> None:
    database = connect(sqlite_url, busy_seconds=0.1)
    upgrade(database)
    bind(database)
    ledger = Ledger(database, CrawlJob.create(dataset=Dataset.create(id="set", name="Set")).id)
    stream = ledger.open_stream("pandas", "e", "red panda")
    found = [
        Candidate(
            engine="e", category="pandas", query="red panda", image_url=f"https://e.example/{number}.jpg",
            rank=number, title=f"Panda {number}" if number else None, tags=("zoo", "tree")[:number],
        )
        for number in range(4)
    ]  # fmt: skip
    rows = ledger.add_page(stream.id, 1, found, None, True)
    for number, row in enumerate(rows[:3], 1):
        outcome = Outcome(state=State.ACCEPTED, stage=Stage.SELECTION, sha256=f"{number:064x}", number=number)
        ledger.apply([(row, outcome)])
    writer = connect(sqlite_url)
    with Sql(writer).transaction():
        assert titles_of(database, "pandas") == ["Panda 2. zoo. tree", "Panda 1. zoo", ""]
        assert titles_of(database, "pandas", most=1) == ["Panda 2. zoo. tree"]
        assert titles_of(database, "dogs") == []
    writer.close()
    database.close()
