from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from peewee import Database, IntegrityError
from PIL import Image as Picture

from pixcrawler_core.catalog.ledger import Ledger
from pixcrawler_core.catalog.models import (
    ActivityLog,
    ApiKey,
    CrawlJob,
    Dataset,
    Export,
    Image,
    JobStatus,
    Project,
    Role,
    Schedule,
    UsageRecord,
    User,
)
from pixcrawler_core.records import Candidate, Outcome, Stage, State

START = datetime(2026, 1, 1, tzinfo=UTC)


def test_users_have_limits_and_admins_none(database: Database) -> None:
    user = User.create(email="ada@example.org", full_name="Ada", max_projects=1, storage_quota=5)
    admin = User.create(email="root@example.org", role=Role.ADMIN, max_projects=0)
    assert user.can_create_project()
    Project.create(owner=user, name="one")
    assert not user.can_create_project()
    assert admin.can_create_project()
    assert (user.get_storage_quota(), admin.get_storage_quota()) == (5, None)
    again = User.get_by_id(user.id)
    assert (again.is_admin(), User.get_by_id(admin.id).is_admin()) == (False, True)
    assert (again.id, again.email, again.role) == (user.id, "ada@example.org", Role.USER)
    with pytest.raises(IntegrityError):
        User.create(email="ada@example.org")


def test_saving_notes_the_time_and_times_are_utc(database: Database) -> None:
    tokyo = START.astimezone(timezone(timedelta(hours=9)))
    user = User.create(email="ada@example.org", created_at=tokyo, updated_at=tokyo)
    user.full_name = "Ada"
    user.save()
    again = User.get(User.created_at == START)
    assert (again.created_at, again.created_at.tzinfo) == (START, UTC)
    assert again.updated_at > START
    with pytest.raises(ValueError, match="time zone"):
        User.create(email="b@example.org", created_at=datetime(2026, 1, 1))  # noqa: DTZ001  # refused


@pytest.mark.parametrize("status", JobStatus)
def test_a_job_at_work_keeps_others_waiting(database: Database, status: JobStatus) -> None:
    dataset = Dataset.create(id="d", name="D")
    assert dataset.can_start_job()
    job = CrawlJob.create(dataset=dataset, max_images=5, status=status)
    assert dataset.can_start_job() is (status not in ("queued", "running", "paused", "cancelling"))
    assert CrawlJob.get_by_id(job.id).can_cancel() is (status in ("draft", "queued", "running", "paused"))


def test_the_end_of_a_job_is_told_from_its_mean_pace() -> None:
    job = CrawlJob(max_images=5, status="running", started_at=START, progress=25.0)
    assert job.calculate_eta(START + timedelta(minutes=10)) == START + timedelta(minutes=40)
    for told in ({"progress": 0.0}, {"started_at": None}, {"status": "paused"}):
        values = {"max_images": 5, "status": "running", "started_at": START, "progress": 25.0, **told}
        assert CrawlJob(**values).calculate_eta(START) is None


def test_a_dataset_and_its_job_count_what_was_kept(ledger: Ledger) -> None:
    job = CrawlJob.get_by_id(ledger.job_id)
    assert job.get_success_rate() is None
    found = [
        Candidate(engine="e", category="c", query="q", image_url=f"https://example.org/{rank}.jpg", rank=rank)
        for rank in range(5)
    ]
    added = ledger.add_page(ledger.open_stream("c", "e", "q").id, 1, found, None, True)
    kept = [
        Outcome(state=State.ACCEPTED, stage=Stage.SELECTION, size=3_000_000_000, number=number)
        for number in (1, 2)
    ]
    lost = Outcome(state=State.REJECTED, stage=Stage.VALIDATION)
    fetched = Outcome(state=State.FETCHED, stage=Stage.FETCH)
    ledger.apply(list(zip(added, [*kept, lost, fetched], strict=False)))
    dataset = Dataset.get_by_id("red-pandas")
    assert (dataset.get_total_images(), dataset.calculate_storage_size()) == (2, 6_000_000_000)
    assert job.get_success_rate() == pytest.approx(2 / 3)
    empty = Dataset.create(id="empty", name="")
    assert (empty.get_total_images(), empty.calculate_storage_size()) == (0, 0)


@pytest.mark.parametrize(
    ("scores", "quality"),
    [
        ({"blur": {"score": 0.9, "variance": 800}, "size": {"score": 0.7}}, 0.8),
        ({"blur": {"score": 0.2}, "format": {"score": None}, "animation": {"frames": 1}}, 0.2),
        ({"format": {"score": None}}, None),
        (None, None),
    ],
)
def test_quality_is_the_mean_of_the_scores(scores: object, quality: float | None) -> None:
    image = Image(metadata={"scores": scores})
    assert image.calculate_quality_score() == (None if quality is None else pytest.approx(quality))
    assert image.is_high_quality() is (quality == 0.8)
    assert image.is_high_quality(0.1) is (quality is not None)


def test_dominant_colours_come_from_the_stored_file(tmp_path: Path) -> None:
    path = tmp_path / "a picture.png"
    picture = Picture.new("RGB", (400, 300), "#ff0000")
    picture.paste("#0000ff", (0, 0, 400, 100))
    picture.save(path)
    for image in (Image(storage_url=str(path)), Image(storage_url=path.as_uri())):
        assert image.get_dominant_colors(2) == ["#ff0000", "#0000ff"]
    assert Image().get_dominant_colors(1, file=path) != []
    with pytest.raises(ValueError, match="between 1 and 256"):
        Image(storage_url=str(path)).get_dominant_colors(0)
    for url in ("", "https://example.org/1.jpg"):
        with pytest.raises(ValueError, match="not stored in a local file"):
            Image(storage_url=url).get_dominant_colors()


def test_everything_else_is_kept_and_goes_with_its_owner(database: Database) -> None:
    user = User.create(email="ada@example.org")
    project = Project.create(owner=user, name="pandas")
    dataset = Dataset.create(id="d", name="D", project=project)
    details = {"b": 1, "a": ["\0", "\ud800", 2**70]}
    ApiKey.create(user=user, name="laptop", prefix="pc_1", key_hash="f" * 64)
    UsageRecord.create(
        user=user, kind="storage", amount=2**40, unit="bytes", details=details, source="storage:1"
    )
    ActivityLog.create(user=user, action="created", entity="dataset", entity_id="d", details=details)
    Export.create(dataset=dataset, format="zip", size=2**40)
    Schedule.create(dataset=dataset, cron="0 3 * * *")
    assert UsageRecord.get().details == details
    assert list(UsageRecord.get().details) == ["b", "a"]
    user.delete_instance()
    assert [model.select().count() for model in (Project, ApiKey, UsageRecord)] == [0, 0, 0]
    assert ActivityLog.get().user is None
    assert Dataset.get_by_id("d").project is None
    dataset.delete_instance()
    assert [model.select().count() for model in (Export, Schedule)] == [0, 0]
