"""Which images are to be recognised, in the words of the catalog."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from itertools import chain
from pathlib import Path

from peewee import Database

from pixcrawler_core.catalog.ledger import Ledger
from pixcrawler_core.catalog.models import CrawlJob, Dataset
from pixcrawler_core.catalog.writer import Update
from pixcrawler_core.dedup.kept import KeptImages
from pixcrawler_core.dedup.methods import build_methods
from pixcrawler_core.dedup.recogniser import Recogniser, Study
from pixcrawler_core.image import Image
from pixcrawler_core.records import Candidate, Outcome, Stage, State
from pixcrawler_core.registry import load
from pixcrawler_core.workspace import Workspace
from tests.core.dedup.test_recogniser import Prints


def unused(_: str) -> bool:
    """No process has the dataset."""
    return False


def found(database: Database, name: str, digests: list[str]) -> tuple[Ledger, list[Update]]:
    """The ledger of a new dataset, and what makes it keep images with these digests, in order.

    Its job is told to be running, as it is of one that was killed.
    """
    dataset = Dataset.create(id=name, name=name)
    ledger = Ledger(database, CrawlJob.create(dataset=dataset, max_images=10, status="running").id)
    stream = ledger.open_stream("c", "demo", "q")
    candidates = [
        Candidate(
            engine="demo", query="q", category="c", image_url=f"http://{name}.example/{rank}", rank=rank
        )
        for rank in range(len(digests))
    ]
    rows = ledger.add_page(stream.id, stream.next_page, candidates, None, True)
    return ledger, [
        (row, Outcome(state=State.ACCEPTED, stage=Stage.SELECTION, sha256=digest, size=1, number=number))
        for number, (row, digest) in enumerate(zip(rows, digests, strict=True), 1)
    ]


def filled(database: Database, name: str, digests: list[str]) -> list[tuple[int, str]]:
    """The ledger rows of a new dataset that keeps images with these digests, in order."""
    ledger, updates = found(database, name, digests)
    ledger.apply(updates)
    return rows_of(updates)


def rows_of(updates: list[Update]) -> list[tuple[int, str]]:
    return [(row.id, outcome.sha256 or "") for row, outcome in updates]


def test_images_of_one_dataset_or_of_all(database: Database) -> None:
    first = filled(database, "first", ["aa" * 32, "bb" * 32])
    second = filled(database, "second", ["aa" * 32])
    assert list(KeptImages(database, "first", unused).rows()) == first
    assert list(KeptImages(database, "second", unused).rows()) == second
    assert list(KeptImages(database, "third", unused).rows()) == []
    assert list(KeptImages(database, None, unused).rows()) == first + second


def recogniser(folder: Path, rows: list[tuple[int, str]]) -> Recogniser:
    """The indexes of all datasets, which know these rows."""
    methods = build_methods(load(installed=False), ["sha256"], {})
    opened = Recogniser(methods, folder, lambda digest: Image(Path(digest), digest, 1))
    for row, digest in rows:
        opened.add(row, Image(Path(digest), digest, 1), study(digest))
    return opened


def study(digest: str) -> Study:
    return Study(prints={"sha256": {"sha256": digest}})


def knows(opened: Recogniser, rows: list[tuple[int, str]]) -> list[int]:
    """Which of these rows are known."""
    found = (opened.find(Image(Path(digest), digest, 1), study(digest)) for _, digest in rows)
    return [each.key for answer in found for each in answer]


def test_a_row_that_is_not_kept_stays_while_a_process_has_its_dataset(
    database: Database, tmp_path: Path
) -> None:
    ledger, updates = found(database, "killed", ["aa" * 32, "bb" * 32])
    rows = rows_of(updates)
    ledger.apply(updates[:1])
    workspace = Workspace(tmp_path / "workspace")
    kept = KeptImages(database, None, workspace.in_use)
    with closing(recogniser(tmp_path / "indexes", rows)) as opened:
        with workspace.lock("killed"):
            kept.known_to(opened)
            assert knows(opened, rows) == [row for row, _ in rows]
            assert not KeptImages(database, None, workspace.in_use, ledger.job_id).stays(rows[1][0])
        kept.known_to(opened)
        assert knows(opened, rows) == [rows[0][0]]


def test_a_row_that_is_kept_after_the_rows_were_read_stays(database: Database, tmp_path: Path) -> None:
    ledger, updates = found(database, "ends", ["aa" * 32, "bb" * 32])
    rows = rows_of(updates)
    ledger.apply(updates[:1])
    ended: list[int] = []
    kept = KeptImages(database, None, lambda _: not ended)  # the job runs until its last image is kept

    def ends() -> Iterator[tuple[int, str]]:
        ledger.apply(updates[1:])
        ended.append(1)
        yield from ()

    with closing(recogniser(tmp_path / "indexes", rows)) as opened:
        opened.agree(lambda: chain(kept.rows(), ends()), kept.stays, Prints())
        assert ended == [1]  # for the one method, which lacks nothing
        assert knows(opened, rows) == [row for row, _ in rows]
