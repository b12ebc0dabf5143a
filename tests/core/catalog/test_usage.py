from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from peewee import Database

from pixcrawler_core.catalog.charging import charge
from pixcrawler_core.catalog.ledger import Ledger
from pixcrawler_core.catalog.models import (
    CrawlJob,
    CrawlTally,
    Dataset,
    Image,
    Project,
    UsageHour,
    UsageRecord,
    User,
)
from pixcrawler_core.catalog.sql import Sql
from pixcrawler_core.catalog.usage import Used, add_storage, add_usage
from pixcrawler_core.errors import WorkspaceError
from pixcrawler_core.metering import Kind
from pixcrawler_core.records import Candidate, Outcome, Stage, State

NOON = datetime(2026, 1, 15, 12, 30, tzinfo=UTC)


@pytest.fixture
def user(database: Database) -> User:
    return User.create(email="ada@example.org")


def job_of(user: User | None) -> int:
    project = Project.create(owner=user, name="Cats") if user else None
    dataset = Dataset.create(id="cats", name="Cats", project=project)
    return int(CrawlJob.create(dataset=dataset).id)


def accept(database: Database, job: int, *numbers: int, state: State = State.ACCEPTED) -> None:
    """Rows of images that a job found and kept."""
    ledger = Ledger(database, job)
    stream = ledger.open_stream("cats", "openverse", f"cat {numbers}")
    found = [
        Candidate(
            engine="openverse", category="cats", query="cat", image_url=f"https://a.example/{number}.jpg"
        )
        for number in numbers
    ]
    fresh = ledger.add_page(stream.id, 1, found, None, True, None)
    size = None if state is State.FAILED else 1000
    ledger.apply(
        [
            (each, Outcome(state=state, stage=Stage.FETCH, size=size, number=number, sha256=f"{number:064x}"))
            for number, each in zip(numbers, fresh, strict=True)
        ]
    )


def job_subject(job: int) -> str:
    """What a job is called where it is charged."""
    return f"job:{job}:{CrawlJob.get_by_id(job).created_at:%Y%m%dT%H%M%S.%f}"


def charged() -> list[tuple[str, int, str]]:
    return [(each.kind, each.amount, each.source) for each in UsageRecord.select().order_by(UsageRecord.id)]


def test_nothing_is_charged_twice(user: User) -> None:
    entry = Used(user=user.id, kind=Kind.IMAGES, amount=5, source="job:1:images:5")
    assert [add_usage([entry, entry], NOON), add_usage([entry], NOON)] == [1, 0]
    assert (UsageRecord.get().amount, UsageHour.get().amount, UsageHour.get().hour) == (5, 5, "2026-01-15 12")


def test_hours_are_the_sums_of_records(user: User) -> None:
    for number, minutes in enumerate((0, 10, 40)):
        entry = Used(user=user.id, kind=Kind.REQUESTS, amount=2, source=f"r{number}", project=number % 2)
        add_usage([entry], NOON + timedelta(minutes=minutes))
    told = UsageHour.select().order_by(UsageHour.hour, UsageHour.project)
    assert [(each.hour[-2:], each.project, each.amount) for each in told] == [
        ("12", 0, 2), ("12", 1, 2), ("13", 0, 2),
    ]  # fmt: skip


def test_records_cannot_be_changed(user: User, database: Database) -> None:
    add_usage([Used(user=user.id, kind=Kind.IMAGES, amount=5, source="a")], NOON)
    with pytest.raises(WorkspaceError, match="only added"), database.atomic():
        Sql(database).run("UPDATE usage_record SET amount = 1")
    assert UsageRecord.get().amount == 5


def test_of_many_at_once_one_charges(user: User, database: Database) -> None:
    together = Barrier(4)

    def one(_: int) -> int:
        together.wait()
        try:
            return add_usage([Used(user=user.id, kind=Kind.IMAGES, amount=5, source="a")], NOON)
        finally:
            database.close()

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(one, range(4))) == [0, 0, 0, 1]
    assert UsageHour.get().amount == 5


def test_a_job_is_charged_for_its_images_and_each_run_for_its_time(user: User, database: Database) -> None:
    job = job_of(user)
    accept(database, job, 1, 2)
    accept(database, job, 9, state=State.FAILED)
    end = NOON + timedelta(seconds=89.2)
    assert [charge(job, end, began=NOON), charge(job, end, began=NOON)] == [2, 0]
    assert charged() == [
        ("compute", 90, f"{job_subject(job)}:compute:2026-01-15T12:30:00.000000"),
        ("images", 2, f"{job_subject(job)}:images:2"),
    ]
    accept(database, job, 3, 4, 5)
    assert charge(job, end) == 1
    assert charged()[-1] == ("images", 3, f"{job_subject(job)}:images:5")
    assert {each.project for each in UsageRecord.select()} == {Project.get().id}


def test_a_job_that_has_the_number_of_a_removed_one_is_charged(user: User, database: Database) -> None:
    job = job_of(user)
    accept(database, job, 1, 2)
    charge(job, NOON)
    CrawlJob.update(created_at=NOON + timedelta(days=1)).where(CrawlJob.id == job).execute()
    assert charge(job, NOON) == 1
    assert sum(amount for _, amount, _ in charged()) == 4


def test_images_that_went_and_came_back_are_charged_once(user: User, database: Database) -> None:
    job = job_of(user)
    accept(database, job, 1, 2)
    charge(job, NOON)
    Sql(database).run("UPDATE ledger_row SET state = 'rejected' WHERE number = 1")
    charge(job, NOON)
    Sql(database).run("UPDATE ledger_row SET state = 'accepted' WHERE number = 1")
    charge(job, NOON)
    assert charged() == [("images", 2, f"{job_subject(job)}:images:2")]


def test_nobody_is_charged_for_what_is_nobodys(database: Database) -> None:
    job = job_of(None)
    accept(database, job, 1)
    assert charge(job, NOON, began=NOON - timedelta(hours=1)) == 0
    assert charge(job + 1, NOON) == 0
    assert charged() == []


def test_what_a_job_found_is_counted_by_day(user: User, database: Database) -> None:
    job = job_of(user)
    accept(database, job, 1, 2)
    accept(database, job, 3, state=State.FAILED)
    for _ in range(2):
        charge(job, NOON)
    told = CrawlTally.select().order_by(CrawlTally.state)
    assert [(each.engine, each.state, each.images, each.bytes) for each in told] == [
        ("openverse", "accepted", 2, 2000),
        ("openverse", "failed", 1, 0),
    ]
    assert len(told[0].day) == 10


def test_what_is_kept_is_charged_once_an_hour(user: User, database: Database) -> None:
    job_of(user)
    Image.create(dataset="cats", row=1, category="cats", number=1, original_url="u", file_size=700)
    User.create(email="nobody@example.org")
    hours = (NOON, NOON + timedelta(minutes=5), NOON + timedelta(hours=1))
    assert [add_storage(at) for at in hours] == [1, 0, 1]
    assert [(each.amount, each.unit) for each in UsageRecord.select()] == [(700, "byte hours")] * 2
