"""What admins do: users, switches, jobs, and how the server is."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier
from types import SimpleNamespace
from typing import Any

import pytest
from falcon.testing import ASGIConductor
from pixcrawler_server.bodies import View
from pixcrawler_server.flags import REMEMBERED, Flag
from pixcrawler_server.operations import Access, operation
from pixcrawler_server.replies import send

from pixcrawler_core import hookimpl
from pixcrawler_core.catalog.models import ActivityLog, CrawlJob, Dataset, FeatureFlag, JobStatus, Role, User
from pixcrawler_core.registry import Registry, load
from pixcrawler_core.service import Route, Scope
from tests.server.conftest import TABLES, Api, Caller, MakeApi, error_code


def emails(answer: Any) -> list[str]:
    return [each["email"] for each in answer.json["items"]]


def test_users_are_searched(api: Api) -> None:
    admin = api.admin()
    for name in ("ann", "anna", "an_a", "bob"):
        api.user(f"{name}@example.org")
    api.user("gone@example.org", status="suspended")
    assert emails(admin("GET", "/admin/users", params={"email": "AN"})) == [
        "an_a@example.org", "ann@example.org", "anna@example.org",
    ]  # fmt: skip
    assert emails(admin("GET", "/admin/users", params={"email": "an_"})) == ["an_a@example.org"]
    assert emails(admin("GET", "/admin/users", params={"email": "%"})) == []
    assert emails(admin("GET", "/admin/users", params={"status": "suspended"})) == ["gone@example.org"]
    first = admin("GET", "/admin/users", params={"limit": 4})
    rest = admin("GET", "/admin/users", params={"limit": 4, "cursor": first.json["next_cursor"]})
    assert len(set(emails(first) + emails(rest))) == 6
    assert "password" not in first.text


def test_who_is_suspended_is_out_at_once_and_may_come_back(api: Api) -> None:
    admin, ada = api.admin(), api.user()
    key = api.key(ada, Scope.PROJECTS_READ)
    assert (ada("GET", "/projects").status_code, key("GET", "/projects").status_code) == (200, 200)
    path = f"/admin/users/{ada.id}"
    assert admin("PATCH", path, {"status": "suspended"}).json["status"] == "suspended"
    assert (ada("GET", "/projects").status_code, key("GET", "/projects").status_code) == (401, 401)
    assert admin("PATCH", path, {"status": "active"}).status_code == 200
    assert (ada("GET", "/projects").status_code, key("GET", "/projects").status_code) == (401, 200)
    entry = ActivityLog.select().order_by(ActivityLog.id).first()
    assert (entry.action, entry.details, entry.actor) == (
        "user changed", {"status": "suspended"}, str(admin.id),
    )  # fmt: skip


def test_a_plan_brings_its_quotas(make_api: MakeApi) -> None:
    api = make_api(plans={"free": {}, "pro": {"projects": 50, "storage_bytes": 5}})
    admin, ada = api.admin(), api.user()
    path = f"/admin/users/{ada.id}"
    assert admin("PATCH", path, {"plan": "pro"}).json["plan"] == "pro"
    user = User.get_by_id(ada.id)
    assert (user.max_projects, user.get_storage_quota()) == (50, 5)
    assert admin("PATCH", path, {"plan": None}).json["plan"] == "free"
    refused = admin("PATCH", path, {"plan": "gold"})
    assert (refused.status_code, error_code(refused)) == (422, "VALIDATION_ERROR")


def test_what_was_changed_meanwhile_is_not_overwritten(api: Api) -> None:
    admin, ada = api.admin(), api.user()
    path = f"/admin/users/{ada.id}"
    tag = {"If-Match": admin("GET", path).headers["ETag"]}
    assert admin("PATCH", path, {"role": "ADMIN"}, headers=tag).status_code == 200
    assert admin("PATCH", path, {"role": "USER"}, headers=tag).status_code == 412


def test_what_an_admin_does_not_change(api: Api) -> None:
    admin, path = api.admin(), f"/admin/users/{api.user().id}"
    for body in ({"role": "ROOT"}, {"status": "erasing"}, {"email": "x@example.org"}, {"password_hash": ""}):
        assert admin("PATCH", path, body).status_code == 422


def test_who_asked_to_be_erased_stays_so(api: Api) -> None:
    ada = api.user(status="erasing")
    assert api.admin()("PATCH", f"/admin/users/{ada.id}", {"status": "active"}).status_code == 409


@pytest.mark.parametrize("change", [{"role": "USER"}, {"status": "suspended"}])
def test_the_last_admin_stays(api: Api, change: dict[str, str]) -> None:
    admin = api.admin()
    api.user("other@example.org", role=Role.ADMIN, status="suspended")
    refused = admin("PATCH", f"/admin/users/{admin.id}", change)
    assert (refused.status_code, error_code(refused)) == (409, "CONFLICT")
    api.user("third@example.org", role=Role.ADMIN)
    assert admin("PATCH", f"/admin/users/{admin.id}", change).status_code == 200


def test_of_two_admins_who_leave_at_once_one_stays(api: Api) -> None:
    admins = [api.admin(), api.admin("second@example.org")]
    together = Barrier(2)

    def leave(admin: Caller) -> int:
        together.wait()
        path = f"/api/v1/admin/users/{admin.id}"
        conductor = ASGIConductor(api.app)
        asked = conductor.simulate_patch(path, json={"role": "USER"}, headers=admin.headers)
        return int(asyncio.run(asked).status_code)

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(leave, admins)) == [200, 409]
    assert User.select().where(User.role == Role.ADMIN).count() == 1


def test_jobs_of_everybody(api: Api) -> None:
    admin, ada = api.admin(), api.user()
    Dataset.create(id="cats", name="Cats", project=api.project(ada))
    Dataset.create(id="loose", name="Loose")
    for dataset in ("cats", "loose", "cats"):
        CrawlJob.create(dataset=dataset, status=JobStatus.QUEUED)
    CrawlJob.create(dataset="cats", status=JobStatus.FAILED)
    told = admin("GET", "/admin/jobs", params={"limit": 3}).json
    assert [(each["dataset_id"], each["owner_id"]) for each in told["items"]] == [
        ("cats", str(ada.id)), ("cats", str(ada.id)), ("loose", None),
    ]  # fmt: skip
    assert [(each["dataset"], each["owner"]) for each in told["items"][1:]] == [
        ("Cats", "ada@example.org"), ("Loose", None),
    ]  # fmt: skip
    rest = admin("GET", "/admin/jobs", params={"limit": 3, "cursor": told["next_cursor"]}).json
    assert len(rest["items"]) == 1
    both = {"owner": str(ada.id), "status": "queued"}
    assert len(admin("GET", "/admin/jobs", params=both).json["items"]) == 2


def test_jobs_of_the_command_line_are_seen_and_left_to_it(api: Api) -> None:
    admin, ada = api.admin(), api.user()
    Dataset.create(id="loose", name="Loose")
    run = CrawlJob.create(dataset="loose", status=JobStatus.RUNNING, keywords=["cat"])
    assert [each["id"] for each in admin("GET", "/jobs").json["items"]] == [run.id]
    assert admin("GET", f"/jobs/{run.id}").json["dataset"] == "loose"
    assert ada("GET", "/jobs").json["items"] == []
    assert ada("GET", f"/jobs/{run.id}").status_code == 404
    for act in ("cancel", "pause", "retry", "resume"):
        told = admin("POST", f"/jobs/{run.id}/{act}")
        assert (told.status_code, "`pixcrawler run`" in told.json["error"]["message"]) == (409, True), act


def test_what_no_plan_covers_is_not_begun_by_the_server(api: Api) -> None:
    admin = api.admin()
    Dataset.create(id="loose", name="Loose")
    asked = {"dataset": "loose", "tables": TABLES}
    assert admin("POST", "/jobs/estimate", asked).status_code == 200
    retried = admin("POST", f"/jobs/{api.job('loose', JobStatus.FAILED)}/retry")
    times = {"cron": "0 3 * * *"}
    for told in (retried, admin("POST", "/jobs", asked), admin("POST", "/schedules", asked | times)):
        assert (told.status_code, "in no project" in told.json["error"]["message"]) == (409, True)


def test_how_the_server_is(api: Api) -> None:
    told = api.admin()("GET", "/admin/system").json
    assert told["catalog_bytes"] > 0
    assert told["disk_total_bytes"] > told["disk_free_bytes"] > 0
    assert told["jobs"]["queued"] == 0
    assert told["letters"] == {"waiting": 0, "given_up": 0}
    assert told["authenticators"] == ["api_key", "token"]
    assert told["versions"]["falcon"].startswith("4.")


def test_who_works_and_who_waits(api: Api) -> None:
    admin, dataset, now = api.admin(), api.dataset(api.project(api.user())), api.clock()
    assert admin("GET", "/admin/system").json["queue"] == {"waiting": 0, "oldest_at": None}
    running = [api.job(dataset, JobStatus.RUNNING, worker=name, lease_until=now) for name in ("b", "a", "b")]
    for minutes in (5, 9, 1):
        api.job(dataset, JobStatus.QUEUED, queued_at=now - timedelta(minutes=minutes))
    told = admin("GET", "/admin/system").json
    assert told["queue"]["waiting"] == 3
    assert datetime.fromisoformat(told["queue"]["oldest_at"]) == now - timedelta(minutes=9)
    assert [(each["name"], each["jobs"]) for each in told["workers"]] == [
        ("a", [running[1]]), ("b", [running[0], running[2]]),
    ]  # fmt: skip
    assert datetime.fromisoformat(told["workers"][0]["lease_until"]) == now


class Exports:
    """Something that can be switched off."""

    @operation(access=Access.PUBLIC, answers={200: View}, flag=Flag.EXPORTS)
    async def on_get(self, req: Any, resp: Any) -> None:
        """Export."""
        send(resp, View())


@pytest.fixture
def registry() -> Registry:
    """All plugins, and something that can be switched off."""

    @hookimpl
    def register_routes() -> Iterator[Route]:
        yield Route(name="switched", summary="Export", path="/api/v1/switched", build=lambda _: Exports())

    found = load(installed=False)
    found.manager.register(SimpleNamespace(register_routes=register_routes), "switched")
    return found


def test_what_is_switched_off_is_off_until_it_is_on(api: Api) -> None:
    admin, nobody = api.admin(), api.anonymous
    assert nobody("GET", "/switched").status_code == 200
    assert admin("PUT", "/admin/flags/exports", {"enabled": False}).json["enabled"] is False
    refused = nobody("GET", "/switched")
    assert (refused.status_code, error_code(refused)) == (403, "SWITCHED_OFF")
    assert admin("PUT", "/admin/flags/exports", {"enabled": True}).json["enabled"] is True
    assert nobody("GET", "/switched").status_code == 200
    assert [each.details for each in ActivityLog.select()] == [{"enabled": False}, {"enabled": True}]


def test_other_processes_follow_within_moments(api: Api) -> None:
    assert api.anonymous("GET", "/switched").status_code == 200
    FeatureFlag.create(name="exports", enabled=False)
    api.clock.forward(seconds=REMEMBERED.total_seconds())
    assert api.anonymous("GET", "/switched").status_code == 403


def test_switches_are_listed_with_their_defaults(make_api: MakeApi) -> None:
    api = make_api(auth={"registration": False})
    admin = api.admin()
    told = {each["name"]: each["enabled"] for each in admin("GET", "/admin/flags").json["items"]}
    assert told == {"registration": False, "url_validation": True, "exports": True}
    assert admin("PUT", "/admin/flags/nothing", {"enabled": True}).status_code == 404
    assert admin("PUT", "/admin/flags/exports", {"enabled": "no"}).status_code == 422
