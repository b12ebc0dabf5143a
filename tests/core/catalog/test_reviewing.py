"""Decisions in the catalog: whatever is decided in whatever order, images and rows agree with it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from peewee import Database

from pixcrawler_core.catalog.database import connect
from pixcrawler_core.catalog.migrate import upgrade
from pixcrawler_core.catalog.models import CrawlJob, Dataset, bind
from pixcrawler_core.catalog.reviewing import Effects, ReviewLedger, effect_of
from pixcrawler_core.catalog.reviews import Decision, Verb, decisions_of
from pixcrawler_core.catalog.sql import Sql
from pixcrawler_core.errors import WorkspaceError
from pixcrawler_core.records import Candidate, Outcome, Stage, State

CATEGORIES = ("cat", "\0dog\ud800")
"""One of them cannot stand in a column as it is."""
DIGESTS = [f"{number:064x}" for number in range(4)]
STATES = (State.FETCHED, State.ACCEPTED, State.REJECTED, State.DUPLICATE)
IMAGES = "SELECT ledger_row, category, number, hash FROM image ORDER BY ledger_row"
ACCEPTED = "SELECT id, category, number, sha256 FROM ledger_row WHERE state = 'accepted' ORDER BY id"

states = st.lists(st.tuples(st.sampled_from(STATES), st.sampled_from(DIGESTS)), min_size=1, max_size=8)
decisions = st.builds(
    lambda digest, verb, category: Decision(
        sha256=digest, verb=verb, category=category if verb is Verb.MOVE else None
    ),
    st.sampled_from(DIGESTS),
    st.sampled_from(Verb),
    st.sampled_from(CATEGORIES),
)


def fill(ledger: ReviewLedger, rows: list[tuple[State, str]]) -> list[Candidate]:
    """Rows in these states with these bytes."""
    stream = ledger.open_stream("cat", "engine", "cats")
    found = [
        Candidate(
            engine="engine", category="cat", query="cats", image_url=f"http://a.example/{rank}", rank=rank
        )
        for rank in range(len(rows))
    ]
    added, numbers = ledger.add_page(stream.id, 1, found, None, True), count(1)
    for candidate, (state, digest) in zip(added, rows, strict=True):
        number = next(numbers) if state is State.ACCEPTED else None
        outcome = Outcome(state=state, stage=Stage.DEDUP, sha256=digest, size=9, number=number)
        ledger.apply([(candidate, outcome)])
    return added


def review(ledger: ReviewLedger, *made: Decision) -> Effects:
    """Apply decisions on what there is."""
    known = ledger.rows_with({each.sha256 for each in made})
    effects = Effects(effects=[effect_of(each, known[each.sha256]) for each in made if each.sha256 in known])
    ledger.review(effects)
    return effects


@pytest.fixture
def ledger(database: Database) -> ReviewLedger:
    job = CrawlJob.create(dataset=Dataset.create(id="set", name="Set"), status="completed")
    return ReviewLedger(database, job.id)


@contextmanager
def in_memory() -> Iterator[ReviewLedger]:
    """A ledger of its own for each example."""
    database = connect(Path(":memory:"))
    upgrade(database)
    bind(database)
    job = CrawlJob.create(dataset=Dataset.create(id="set", name="Set"), status="completed")
    yield ReviewLedger(database, job.id)
    database.close()


@given(rows=states, made=st.lists(st.lists(decisions, unique_by=lambda each: each.sha256), max_size=4))
@settings(max_examples=25, deadline=None)
def test_images_and_rows_agree_with_the_last_decisions(
    rows: list[tuple[State, str]], made: list[list[Decision]]
) -> None:
    with in_memory() as ledger:
        fill(ledger, rows)
        last: dict[str, Decision] = {}
        for each in made:
            last |= {effect.decision.sha256: effect.decision for effect in review(ledger, *each).effects}
        sql = Sql(ledger.database)
        assert sql.all(IMAGES) == sql.all(ACCEPTED)
        held = [(candidate.category, outcome.number) for candidate, outcome in ledger.accepted()]
        assert len(held) == len(set(held))
        where = {outcome.sha256: candidate.category for candidate, outcome in ledger.accepted()}
        for digest, decision in last.items():
            assert (digest in where) is decision.keeps
            assert decision.verb is not Verb.MOVE or where[digest] == decision.category
        kept = decisions_of(ledger.database, "set")
        assert {digest: each.verb for digest, each in kept.items()} == {
            digest: each.verb for digest, each in last.items()
        }


def test_on_both_databases(ledger: ReviewLedger) -> None:
    first, second, third = fill(
        ledger,
        [(State.ACCEPTED, DIGESTS[0]), (State.REJECTED, DIGESTS[1]), (State.DUPLICATE, DIGESTS[0])],
    )
    ledger.name_files([("categories/cat/image_001.jpg", "file:///1", first.id)])
    assert ledger.digests_at(["categories/cat/image_001.jpg", "nothing"]) == {
        "categories/cat/image_001.jpg": DIGESTS[0]
    }
    assert ledger.digests_from([second.image_url, "http://nowhere.example"]) == {
        second.image_url: {DIGESTS[1]}
    }
    effects = review(
        ledger,
        Decision(sha256=DIGESTS[0], verb=Verb.REJECT, note="\0", reviewer="ann"),
        Decision(sha256=DIGESTS[1], verb=Verb.MOVE, category="dog"),
    )
    assert effects.decisions == {"accept": 0, "reject": 1, "move": 1, "label": 0}
    assert effects.images == {"added": 1, "removed": 1, "moved": 0}
    ((kept, outcome),) = ledger.accepted()
    assert (kept.id, kept.category, outcome.number, outcome.stage) == (second.id, "dog", 1, Stage.REVIEW)
    reviewed = {row["id"]: row["reason"] for row in ledger.rows() if row["stage"] == "review"}
    assert reviewed == {first.id: "reviewed", second.id: None, third.id: "reviewed"}
    told = decisions_of(ledger.database, "set")[DIGESTS[0]].as_json()
    assert (told["note"], told["reviewer"]) == ("\ufffd", "ann")
    assert CrawlJob.get_by_id(ledger.job_id).status == "paused"
    review(ledger, Decision(sha256=DIGESTS[0], verb=Verb.ACCEPT))
    assert ledger.accepted_counts() == {"cat": 1, "dog": 1}
    assert [row["id"] for row in ledger.rows() if row["state"] == "fetched"] == [third.id]


def test_a_review_that_fails_leaves_nothing(ledger: ReviewLedger) -> None:
    fill(ledger, [(State.ACCEPTED, DIGESTS[0]), (State.ACCEPTED, DIGESTS[1])])
    made = [Decision(sha256=digest, verb=Verb.REJECT) for digest in DIGESTS[:2]]
    Sql(ledger.database).run("DROP TABLE activity_log")
    with pytest.raises(WorkspaceError):
        review(ledger, *made)
    assert ledger.accepted_counts() == {"cat": 2}
    assert decisions_of(ledger.database, "set") == {}


def test_decided_images_are_not_chosen_again(ledger: ReviewLedger) -> None:
    rows = [(State.ACCEPTED, DIGESTS[0]), (State.ACCEPTED, DIGESTS[1]), (State.REJECTED, DIGESTS[2])]
    fill(ledger, rows)
    review(
        ledger,
        Decision(sha256=DIGESTS[0], verb=Verb.ACCEPT),
        Decision(sha256=DIGESTS[2], verb=Verb.REJECT),
    )
    assert ledger.choose_again() == 1
    assert [outcome.sha256 for _, outcome in ledger.accepted()] == [DIGESTS[0]]
    assert ledger.judge_again(refused=True, rejected=True, filtered=True) == 0
