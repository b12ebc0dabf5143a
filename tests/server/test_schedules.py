"""Jobs that are ordered again and again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pixcrawler_server.jobs.orders import Orders
from pixcrawler_server.jobs.timetable import AT_ONCE, Timetable, next_time

from pixcrawler_core.catalog.models import (
    ActivityLog,
    CrawlJob,
    Dataset,
    JobStatus,
    Schedule,
    User,
    UserStatus,
)
from pixcrawler_core.config.job import Job
from pixcrawler_core.service import Scope
from tests.server.conftest import TABLES, Api, Caller, MakeApi, error_code


def timetable(api: Api) -> Timetable:
    services = api.services
    orders = Orders(services.settings, services.registry, services.secrets, services.now)
    return Timetable(services.catalog.database, orders, api.clock)


def made(caller: Caller, dataset: str, cron: str = "0 * * * *", **more: Any) -> Any:
    return caller("POST", "/schedules", {"dataset": dataset, "cron": cron, "tables": TABLES, **more})


def finish_all() -> None:
    CrawlJob.update(status=JobStatus.COMPLETED).execute()


def test_a_schedule_is_made_changed_rests_and_goes(api: Api) -> None:
    ada = api.user()
    dataset = api.dataset(api.project(ada))
    new = made(ada, dataset, "30 3 * * *", timezone="Europe/Berlin")
    assert (new.status_code, new.json["next_run_at"]) == (201, "2026-01-16T02:30:00Z")
    place = new.headers["Location"].removeprefix("/api/v1")
    assert ada("PATCH", place, {"cron": "0 4 * * *"}).json["next_run_at"] == "2026-01-16T03:00:00Z"
    assert ada("PATCH", place, {"enabled": False}).json["enabled"] is False
    api.clock.forward(days=3)
    assert timetable(api).run_due() == 0
    ada = api.key(ada, *Scope)
    assert [each["id"] for each in ada("GET", "/schedules").json["items"]] == [new.json["id"]]
    assert ada("DELETE", place).status_code == 204
    assert ada("GET", place).status_code == 404


@pytest.mark.parametrize(
    ("cron", "timezone", "field"),
    [
        ("61 * * * *", "UTC", "cron"),
        ("* * * * * *", "UTC", "cron"),
        ("@every 5s", "UTC", "cron"),
        ("0 0 31 2 *", "UTC", "cron"),
        ("0 * * * *", "Mars/Olympus", "timezone"),
        ("0 * * * *", "../../etc/passwd", "timezone"),
    ],
)
def test_times_that_are_none(api: Api, cron: str, timezone: str, field: str) -> None:
    ada = api.user()
    refused = made(ada, api.dataset(api.project(ada)), cron, timezone=timezone)
    assert (refused.status_code, refused.json["error"]["details"]["field"]) == (422, field)


@pytest.mark.parametrize(
    ("cron", "told"),
    [
        ("99 * * * *", "minute, which is '99': 0 to 59"),
        ("0 24 * * *", "hour, which is '24': 0 to 23"),
        ("0 0 0 * *", "day of month, which is '0': 1 to 31"),
        ("0 0 1 foo *", "month, which is 'foo': 1 to 12, or jan to dec"),
        ("0 0 1 1 8", "day of week, which is '8': 0 to 7, or sun to sat"),
        ("hourly", "five fields of crontab(5)"),
    ],
)
def test_the_field_that_is_wrong_is_named(api: Api, cron: str, told: str) -> None:
    ada = api.user()
    refused = made(ada, api.dataset(api.project(ada)), cron)
    assert (refused.status_code, told in refused.json["error"]["message"]) == (422, True)


def test_a_schedule_orders_its_job_once_however_many_workers_look(api: Api) -> None:
    ada = api.user()
    key = made(ada, api.dataset(api.project(ada))).json["id"]
    one, two = timetable(api), timetable(api)
    assert one.run_due() == 0
    api.clock.forward(minutes=60)
    assert one.run_due() + two.run_due() == 1
    (job,) = CrawlJob.select()
    row = Schedule.get_by_id(key)
    assert (job.status, row.last_job, row.last_error) == ("queued", job.id, "")
    assert row.next_run_at == api.clock() + timedelta(hours=1)


@pytest.mark.parametrize(("backfill", "runs"), [("skip", 0), ("latest", 1), ("all", 4)])
def test_times_that_were_missed(api: Api, backfill: str, runs: int) -> None:
    ada = api.user()
    made(ada, api.dataset(api.project(ada)), backfill=backfill)
    api.clock.forward(hours=4, minutes=30)
    for _ in range(8):
        timetable(api).run_due()
        finish_all()
    assert CrawlJob.select().count() == runs
    assert Schedule.get().next_run_at == datetime(2026, 1, 15, 17, tzinfo=UTC)


def test_schedules_that_wait_for_a_dataset_do_not_stop_those_of_others(api: Api) -> None:
    eve, mallory, ada = api.user("eve@example.org"), api.user("mallory@example.org"), api.user()
    free = api.dataset(api.project(ada))
    for user in (eve, mallory):
        busy = api.dataset(api.project(user))
        for _ in range(AT_ONCE // 2 + 1):
            assert made(user, busy, backfill="latest").status_code == 201
    api.clock.forward(hours=1)
    timetable(api).run_due()
    CrawlJob.update(status=JobStatus.PAUSED).execute()
    assert made(api.key(ada, *Scope), free).status_code == 201
    api.clock.forward(hours=1)
    assert timetable(api).run_due() == 1
    assert CrawlJob.select().where(CrawlJob.ordered_by == str(ada.id)).count() == 1


def test_a_plugin_that_breaks_keeps_no_other_schedule(api: Api) -> None:
    """It is told, and tried again when it is due."""
    eve, ada = api.user("eve@example.org"), api.user()
    broken, good = api.dataset(api.project(eve)), api.dataset(api.project(ada))
    made(eve, broken)
    made(ada, good)
    api.clock.forward(hours=1)

    class Breaking(Orders):
        def checked(self, tables: Mapping[str, Any], dataset: Dataset) -> Job:
            if dataset.id == broken:
                raise ZeroDivisionError("by a plugin")
            return super().checked(tables, dataset)

    services = api.services
    orders = Breaking(services.settings, services.registry, services.secrets, services.now)
    assert Timetable(services.catalog.database, orders, api.clock).run_due() == 1
    assert CrawlJob.get().dataset_id == good
    told = Schedule.get(Schedule.dataset == broken).last_error
    assert told == "a plugin that the job needs broke: ZeroDivisionError('by a plugin')"


def test_one_that_is_removed_when_it_is_due(api: Api) -> None:
    for user in (api.user(), api.user("bob@example.org")):
        made(user, api.dataset(api.project(user)))
    api.clock.forward(hours=1)

    class Removing(Orders):
        def checked(self, tables: Mapping[str, Any], dataset: Dataset) -> Job:
            Schedule.delete().where(Schedule.dataset != dataset).execute()
            return super().checked(tables, dataset)

    services = api.services
    orders = Removing(services.settings, services.registry, services.secrets, services.now)
    assert Timetable(services.catalog.database, orders, api.clock).run_due() == 1
    assert CrawlJob.select().count() == 1


def test_what_keeps_a_run_is_told(make_api: MakeApi) -> None:
    api = make_api(plans={"free": {"jobs_per_day": 1}})
    ada = api.user()
    made(ada, api.dataset(api.project(ada)))
    for _ in range(2):
        api.clock.forward(hours=1)
        timetable(api).run_due()
        finish_all()
    assert "24 hours" in Schedule.get().last_error
    assert CrawlJob.select().count() == 1


@pytest.mark.parametrize("gone", ["owner", "editor", "member"])
def test_nobody_s_schedule_rests_until_somebody_takes_it_up(api: Api, gone: str) -> None:
    """Whoever made it was suspended, or is no member any more; or its owner was suspended."""
    ada, bob = api.user(), api.user("bob@example.org")
    project = api.project(ada, editor=bob)
    key = made(bob, api.dataset(project)).json["id"]
    if gone == "member":
        assert ada("DELETE", f"/projects/{project}/members/{bob.id}").status_code == 204
    else:
        who = ada if gone == "owner" else bob
        User.update(status=UserStatus.SUSPENDED).where(User.id == who.id).execute()
    api.clock.forward(hours=1)
    assert timetable(api).run_due() == 0
    row = Schedule.get_by_id(key)
    assert (row.enabled, CrawlJob.select().count()) == (False, 0)
    assert "enable it, and it goes on in your name" in row.last_error
    assert ActivityLog.select().where(ActivityLog.action == "schedule paused").count() == 1
    User.update(status=UserStatus.ACTIVE).execute()
    ada = api.key(ada, *Scope)
    assert ada("PATCH", f"/schedules/{key}", {"enabled": True}).json["last_error"] == ""
    api.clock.forward(hours=1)
    assert timetable(api).run_due() == 1
    assert CrawlJob.get().ordered_by == str(ada.id)


def test_a_schedule_orders_nothing_that_a_user_may_not(api: Api) -> None:
    ada = api.user()
    body = {
        "dataset": api.dataset(api.project(ada)),
        "cron": "0 * * * *",
        "tables": {**TABLES, "fetch": {"robots": False}},
    }
    assert error_code(ada("POST", "/schedules", body)) == "VALIDATION_ERROR"


@pytest.mark.parametrize(
    ("after", "following"),
    [
        ("2026-03-28T12:00:00+00:00", "2026-03-29T01:00:00+00:00"),
        ("2026-10-24T12:00:00+00:00", "2026-10-25T00:30:00+00:00"),
    ],
)
def test_clocks_that_are_put_on_and_back(after: str, following: str) -> None:
    found = next_time("30 2 * * *", "Europe/Berlin", datetime.fromisoformat(after))
    assert found.isoformat() == following
    again = next_time("30 2 * * *", "Europe/Berlin", found)
    assert again - found > timedelta(hours=20)
