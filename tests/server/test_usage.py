"""What was used, what it costs, and what is left."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from falcon.testing import Result

from pixcrawler_core.catalog.models import Dataset, Image, JobBegun, JobStatus, UsageRecord, User
from pixcrawler_core.catalog.sql import Sql
from pixcrawler_core.catalog.usage import Used, add_usage
from pixcrawler_core.errors import WorkspaceError
from pixcrawler_core.metering import Kind
from pixcrawler_core.service import Scope
from tests.server.conftest import Api, Caller, MakeApi, error_code


def use(api: Api, who: Caller, kind: Kind, amount: int, *, days: int = 0, project: int = 0) -> None:
    at = api.clock() - timedelta(days=days)
    source = f"{who.id}:{kind}:{amount}:{days}:{project}"
    add_usage([Used(user=who.id, kind=kind, amount=amount, source=source, project=project)], at)


def rows(answer: Result) -> list[tuple[Any, ...]]:
    return [(each["day"], each["kind"], each["project_id"], each["amount"]) for each in answer.json["items"]]


def test_usage_is_told_by_day_kind_and_project(api: Api) -> None:
    ada, bob = api.user(), api.user("bob@example.org")
    use(api, ada, Kind.IMAGES, 5, project=7)
    use(api, ada, Kind.IMAGES, 3, project=7)
    use(api, ada, Kind.REQUESTS, 9, days=1)
    use(api, ada, Kind.IMAGES, 1, days=30)
    use(api, bob, Kind.IMAGES, 1000)
    told = ada("GET", "/usage")
    assert rows(told) == [("2026-01-15", "images", 7, 8), ("2026-01-14", "requests", None, 9)]
    assert told.json["totals"] == {"images": 8, "requests": 9}
    assert rows(ada("GET", "/usage", params={"kind": "requests"})) == rows(told)[1:]
    assert rows(ada("GET", "/usage", params={"project": 7})) == rows(told)[:1]
    first = {"since": "2025-12-01", "until": "2025-12-31"}
    assert rows(ada("GET", "/usage", params=first)) == [("2025-12-16", "images", None, 1)]


def test_what_is_no_query(api: Api) -> None:
    ada = api.user()
    for params in (
        {"since": "2026-01-15", "until": "2026-01-14"},
        {"since": "2020-01-01", "until": "2026-01-14"},
        {"since": "yesterday"},
        {"kind": "money"},
        {"project": "-1"},
        {"user": "somebody"},
    ):
        assert error_code(ada("GET", "/usage", params=params)) == "VALIDATION_ERROR"


def test_days_at_the_ends_of_the_calendar(api: Api) -> None:
    for day in ("0001-01-01", "9999-12-31"):
        assert api.user(f"{day}@example.org")("GET", "/usage", params={"until": day}).json["items"] == []


def test_a_key_needs_the_scope_of_usage(api: Api) -> None:
    key = api.key(api.user(), *(set(Scope) - {Scope.USAGE_READ}))
    for path in ("/usage", "/usage/invoice-preview", "/me/quota"):
        assert key("GET", path).status_code == 403


PRICED = {
    "plans": {"free": {}, "pro": {"price": 1900, "included_images": 1000, "included_compute_hours": 1}},
    "billing": {"images": "12.5", "storage": "0.001", "compute": 10, "currency": "eur"},
}


def test_an_invoice_is_the_plan_and_what_is_beyond_it(make_api: MakeApi) -> None:
    api = make_api(**PRICED)
    ada = api.user(plan="pro")
    use(api, ada, Kind.IMAGES, 3_500)
    use(api, ada, Kind.COMPUTE, 3_600)
    use(api, ada, Kind.STORAGE, 2_000 * 10**9)
    use(api, ada, Kind.REQUESTS, 10**6)
    use(api, ada, Kind.IMAGES, 99_999, days=20)
    told = ada("GET", "/usage/invoice-preview").json
    lines = {each["kind"]: (each["charged"], each["cents"]) for each in told["lines"]}
    assert lines == {"images": (2.5, 31), "compute": (0, 0), "storage": (2000, 2), "requests": (1000, 0)}
    assert (told["month"], told["plan"], told["currency"]) == ("2026-01", "pro", "eur")
    assert (told["plan_cents"], told["total_cents"]) == (1900, 1933)
    before = ada("GET", "/usage/invoice-preview", params={"month": "2025-12"}).json
    assert before["total_cents"] == 1900 + 1237  # 98.999 thousand at 12.5 are 1237.4875
    assert ada("GET", "/usage/invoice-preview", params={"month": "2026-13"}).status_code == 422


def test_a_quota_is_the_plan_and_what_is_had_of_it(make_api: MakeApi) -> None:
    api = make_api(plans={"free": {"projects": 3, "storage_bytes": 5000}})
    ada, bob = api.user(), api.user("bob@example.org")
    project = api.project(ada)
    Dataset.create(id="cats", name="Cats", project=project)
    Dataset.create(id="dogs", name="Dogs", project=api.project(bob))
    now = api.clock()
    api.job("cats", JobStatus.RUNNING, created_at=now - timedelta(hours=25))
    api.job("cats", JobStatus.PAUSED)
    api.job("cats", JobStatus.DRAFT)
    for hours in (23, 25):
        JobBegun.create(owner=ada.id, job=1, created_at=now - timedelta(hours=hours))
    Image.create(dataset="cats", row=1, category="c", number=1, original_url="u", file_size=700)
    told = ada("GET", "/me/quota").json
    assert (told["plan"], told["limits"]["projects"], told["limits"]["storage_bytes"]) == ("free", 3, 5000)
    assert told["used"] == {
        "projects": 1, "datasets": 1, "jobs_per_day": 1, "concurrent_jobs": 1, "storage_bytes": 700,
    }  # fmt: skip
    assert api.admin()("GET", "/me/quota").json["limits"] is None


def test_a_plan_that_was_changed_holds_from_the_next_start_on(make_api: MakeApi) -> None:
    plans = {"free": {"storage_bytes": 5000}, "pro": {"storage_bytes": 9000}}
    api = make_api(plans=plans)
    ada, bob = api.user(), api.user("bob@example.org", plan="pro")
    api = make_api(plans={**plans, "free": {"storage_bytes": 700, "projects": 1}})
    quotas = [api.again(who)("GET", "/storage/usage").json["quota_bytes"] for who in (ada, bob)]
    again = make_api(plans={"free": {"storage_bytes": 700, "projects": 1}})
    assert again.services.settings.plans["free"].projects == User.get_by_id(ada.id).max_projects == 1
    assert (quotas, User.get_by_id(bob.id).storage_quota) == ([700, 9000], 700)


def test_plans_are_told_to_everybody(make_api: MakeApi) -> None:
    told = make_api(**PRICED).anonymous("GET", "/plans").json
    free, pro = told["plans"]
    assert (free["name"], free["default"], free["price_cents"]) == ("free", True, 0)
    assert (pro["price_cents"], pro["included"]["images"], pro["limits"]["projects"]) == (1900, 1000, 10)
    assert (told["currency"], told["prices"]["thousand_images"]) == ("eur", 12.5)


def test_requests_are_counted_and_charged_once(api: Api) -> None:
    ada, counts = api.user(), api.services.counts
    for _ in range(3):
        ada("GET", "/projects")
    api.anonymous("GET", "/plans")
    asyncio.run(counts.write())
    asyncio.run(counts.write())
    assert [(each.kind, each.amount) for each in UsageRecord.select()] == [("requests", 3)]
    assert ada("GET", "/usage").json["totals"] == {"requests": 3}


def test_who_is_gone_keeps_no_counts_from_being_written(api: Api) -> None:
    ada, bob, counts = api.user(), api.user("bob@example.org"), api.services.counts
    for each in (ada, bob):
        each("GET", "/projects")
    User.delete().where(User.id == bob.id).execute()
    asyncio.run(counts.write())
    assert [each.user_id for each in UsageRecord.select()] == [ada.id]


def test_counts_that_cannot_be_written_are_written_later(api: Api) -> None:
    ada, counts = api.user(), api.services.counts
    sql = Sql(api.services.catalog.database)
    ada("GET", "/projects")
    sql.run("ALTER TABLE usage_hour RENAME TO away")
    with pytest.raises(WorkspaceError):
        asyncio.run(counts.write())
    sql.run("ALTER TABLE away RENAME TO usage_hour")
    ada("GET", "/projects")
    for _ in range(3):
        asyncio.run(counts.write())
    assert sorted(each.amount for each in UsageRecord.select()) == [1, 1]
