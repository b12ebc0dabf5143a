"""Which images are to be recognised, in the words of the catalog."""

from __future__ import annotations

from peewee import Database

from pixcrawler_core.catalog.ledger import Ledger
from pixcrawler_core.catalog.models import CrawlJob, Dataset
from pixcrawler_core.dedup.kept import KeptImages
from pixcrawler_core.records import Candidate, Outcome, Stage, State


def filled(database: Database, name: str, digests: list[str]) -> list[tuple[int, str]]:
    """The ledger rows of a new dataset that keeps images with these digests, in order."""
    dataset = Dataset.create(id=name, name=name)
    ledger = Ledger(database, CrawlJob.create(dataset=dataset, max_images=10, status="running").id)
    stream = ledger.open_stream("c", "demo", "q")
    found = [
        Candidate(
            engine="demo", query="q", category="c", image_url=f"http://{name}.example/{rank}", rank=rank
        )
        for rank in range(len(digests))
    ]
    rows = ledger.add_page(stream.id, stream.next_page, found, None, True)
    made = [
        (row, Outcome(state=State.ACCEPTED, stage=Stage.SELECTION, sha256=digest, size=1, number=number))
        for number, (row, digest) in enumerate(zip(rows, digests, strict=True), 1)
    ]
    ledger.apply(made)
    return [(row.id, outcome.sha256 or "") for row, outcome in made]


def test_images_of_one_dataset_or_of_all(database: Database) -> None:
    first = filled(database, "first", ["aa" * 32, "bb" * 32])
    second = filled(database, "second", ["aa" * 32])
    assert list(KeptImages(database, "first").rows()) == first
    assert list(KeptImages(database, "second").rows()) == second
    assert list(KeptImages(database, "third").rows()) == []
    assert list(KeptImages(database, None).rows()) == first + second
