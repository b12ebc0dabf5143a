"""The record of who did what, as it is told."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from pixcrawler_core.catalog import audit
from pixcrawler_core.catalog.models import ActivityLog
from pixcrawler_core.catalog.sql import Sql
from pixcrawler_core.service import Scope
from tests.server.conftest import Api, Caller, error_code


def did(who: Caller, *actions: str) -> None:
    for number, action in enumerate(actions):
        audit.record(action, entity="thing", entity_id=number, details={"n": number}, actor=who.id)


def actions(answer: Any) -> list[str]:
    return [each["action"] for each in answer.json["items"]]


def test_you_see_what_you_did_and_nothing_else(api: Api) -> None:
    ada, bob = api.user(), api.user("bob@example.org")
    did(ada, "a", "b")
    did(bob, "c")
    assert actions(ada("GET", "/audit")) == ["b", "a"]
    (entry,) = bob("GET", "/audit").json["items"]
    assert (entry["actor"], entry["entity"], entry["details"]) == (str(bob.id), "thing", {"n": 0})
    assert ada("GET", "/audit", params={"actor": str(bob.id)}).status_code == 422
    assert api.key(ada, Scope.USAGE_READ)("GET", "/audit").status_code == 403


def test_entries_are_filtered(api: Api) -> None:
    ada = api.user()
    did(ada, "a", "b", "a")
    at = ActivityLog.get(ActivityLog.action == "b").created_at
    for params, wanted in (
        ({"action": "a"}, ["a", "a"]),
        ({"entity": "thing", "entity_id": "1"}, ["b"]),
        ({"since": at.isoformat()}, ["a", "b"]),
        ({"until": at.isoformat()}, ["a"]),
        ({"until": (at - timedelta(days=1)).isoformat()}, []),
    ):
        assert actions(ada("GET", "/audit", params=params)) == wanted


def test_a_time_has_a_zone_and_a_sensible_year(api: Api) -> None:
    ada = api.user()
    for since in ("2026-01-15", "2026-01-15T12:00:00", "0001-01-01T00:00:00+14:00", "now"):
        assert error_code(ada("GET", "/audit", params={"since": since})) == "VALIDATION_ERROR"


def test_pages_follow_each_other_and_a_cursor_is_of_its_list(api: Api) -> None:
    ada = api.user()
    did(ada, "a", "b", "c")
    first = ada("GET", "/audit", params={"limit": 2})
    cursor = first.json["next_cursor"]
    assert actions(first) == ["c", "b"]
    assert actions(ada("GET", "/audit", params={"limit": 2, "cursor": cursor})) == ["a"]
    assert ada("GET", "/audit", params={"action": "a", "cursor": cursor}).status_code == 422
    assert api.user("bob@example.org")("GET", "/audit", params={"cursor": cursor}).status_code == 422


def test_exports_are_lines(api: Api) -> None:
    ada, bob, admin = api.user(), api.user("bob@example.org"), api.admin()
    did(ada, "a", "b")
    did(bob, "c")
    own = ada("GET", "/audit/export")
    assert [json.loads(line)["action"] for line in own.text.splitlines()] == ["b", "a"]
    assert own.headers["Content-Type"] == "application/x-ndjson"
    every = admin("GET", "/admin/audit/export")
    assert [json.loads(line)["action"] for line in every.text.splitlines()] == ["c", "b", "a"]
    assert actions(admin("GET", "/admin/audit", params={"actor": str(bob.id)})) == ["c"]


def test_an_admin_proves_the_record(api: Api) -> None:
    ada, admin = api.user(), api.admin()
    did(ada, "a", "b")
    told = admin("GET", "/admin/audit/verify").json
    assert (told["newest"], told["broken"], len(told["hash"])) == (2, None, 64)
    did(ada, "c")
    assert admin("GET", "/admin/audit/verify", params={"head": told["hash"]}).json["broken"] is None
    Sql(api.services.catalog.database).run("DELETE FROM activity_log WHERE id >= 2")
    assert admin("GET", "/admin/audit/verify").json["broken"] is None
    cut = admin("GET", "/admin/audit/verify", params={"head": told["hash"]}).json["broken"]
    assert "cut off" in cut["why"]
    Sql(api.services.catalog.database).run("UPDATE activity_log SET action = 'x' WHERE id = 1")
    assert admin("GET", "/admin/audit/verify").json["broken"]["id"] == 1
