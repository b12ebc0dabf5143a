from __future__ import annotations

import pytest

from pixcrawler_core.catalog.audit import verify
from pixcrawler_core.catalog.models import ActivityLog
from pixcrawler_core.catalog.sql import Sql
from pixcrawler_core.service import Scope
from tests.server.conftest import Api, MakeApi, error_code


def test_a_project_is_made_shown_changed_and_removed(api: Api) -> None:
    ada = api.user()
    made = ada("POST", "/projects", {"name": "Cats", "description": "all of them"})
    assert made.status_code == 201
    place = made.headers["Location"].removeprefix("/api/v1")
    shown = ada("GET", place)
    assert shown.json == made.json
    assert (shown.json["name"], shown.json["role"]) == ("Cats", "owner")
    changed = ada("PATCH", place, {"name": "Big cats"})
    assert (changed.json["name"], changed.json["description"]) == ("Big cats", "all of them")
    assert ada("DELETE", place).status_code == 204
    assert error_code(ada("GET", place)) == "NOT_FOUND"
    assert [each.action for each in ActivityLog.select().order_by(ActivityLog.id)] == [
        "project created",
        "project changed",
        "project removed",
    ]
    assert verify(Sql(api.services.catalog.database)) is None


def test_who_may_do_what(api: Api) -> None:
    owner, viewer, editor = api.user("o@x.org"), api.user("v@x.org"), api.user("e@x.org")
    stranger, admin = api.user("s@x.org"), api.admin()
    path = f"/projects/{api.project(owner, viewer=viewer, editor=editor)}"
    change = {"description": "new"}
    told = {
        "owner": owner("PATCH", path, change).status_code,
        "editor": editor("PATCH", path, change).status_code,
        "viewer": viewer("PATCH", path, change).status_code,
        "stranger": stranger("PATCH", path, change).status_code,
        "admin": admin("PATCH", path, change).status_code,
        "nobody": api.anonymous("PATCH", path, change).status_code,
    }
    assert told == {"owner": 200, "editor": 200, "viewer": 403, "stranger": 404, "admin": 200, "nobody": 401}
    assert viewer("GET", path).json["role"] == "viewer"
    assert editor("DELETE", path).status_code == 403


def test_a_key_does_what_its_scopes_say(api: Api) -> None:
    ada = api.user()
    reader = api.key(ada, Scope.PROJECTS_READ)
    assert reader("GET", "/projects").status_code == 200
    refused = reader("POST", "/projects", {"name": "Cats"})
    assert (refused.status_code, error_code(refused)) == (403, "FORBIDDEN")


def test_pages_follow_each_other_whatever_is_added_meanwhile(api: Api) -> None:
    ada = api.user()
    ids = [api.project(ada, f"P{number}") for number in range(5)]
    first = ada("GET", "/projects", params={"limit": 2}).json
    api.project(ada, "late")
    second = ada("GET", "/projects", params={"limit": 2, "cursor": first["next_cursor"]}).json
    last = ada("GET", "/projects", params={"limit": 2, "cursor": second["next_cursor"]}).json
    seen = [each["id"] for page in (first, second, last) for each in page["items"]]
    assert seen == ids[::-1]
    assert (last["has_more"], last["next_cursor"]) == (False, None)


@pytest.mark.parametrize("cursor", ["", "x", "AAAAAAAAAAAAAAAAAAAAAFsxXQ", "%00", "é"])
def test_a_cursor_that_was_made_up(api: Api, cursor: str) -> None:
    refused = api.user()("GET", "/projects", params={"cursor": cursor})
    assert (refused.status_code, error_code(refused)) == (422, "VALIDATION_ERROR")


def test_what_was_changed_meanwhile_is_not_overwritten(api: Api) -> None:
    ada = api.user()
    path = f"/projects/{api.project(ada)}"
    tag = ada("GET", path).headers["ETag"]
    assert ada("GET", path, headers={"If-None-Match": tag}).status_code == 304
    assert ada("PATCH", path, {"name": "A"}, headers={"If-Match": tag}).status_code == 200
    late = ada("PATCH", path, {"name": "B"}, headers={"If-Match": tag})
    assert (late.status_code, error_code(late)) == (412, "PRECONDITION_FAILED")
    assert ada("GET", path).json["name"] == "A"


@pytest.mark.parametrize(
    "body",
    [
        "{}",
        '{"name": ""}',
        '{"name": "   "}',
        '{"name": 5}',
        '{"name": "Cats", "owner_id": "5"}',
        '{"name": "Cats", "id": 1}',
        "[]",
        "null",
    ],
)
def test_bodies_that_do_not_fit(api: Api, body: str) -> None:
    ada = api.user()
    refused = ada("POST", "/projects", body=body, headers={"Content-Type": "application/json"})
    assert (refused.status_code, error_code(refused)) == (422, "VALIDATION_ERROR")
    assert ada("GET", "/projects").json["items"] == []


def test_a_plan_has_an_end(make_api: MakeApi) -> None:
    api = make_api(plans={"free": {"projects": 1}})
    ada = api.user()
    assert ada("POST", "/projects", {"name": "One"}).status_code == 201
    refused = ada("POST", "/projects", {"name": "Two"})
    assert (refused.status_code, error_code(refused)) == (403, "QUOTA_EXCEEDED")
    assert api.admin()("POST", "/projects", {"name": "Mine"}).status_code == 201
