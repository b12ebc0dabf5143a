"""Members of projects: who adds whom, and that a project keeps its owner."""

from __future__ import annotations

import pytest

from pixcrawler_core.catalog.models import ActivityLog
from tests.server.conftest import Api, MakeApi, error_code


def test_members_come_change_and_go(api: Api) -> None:
    ada, bob = api.user(), api.user("bob@example.org")
    path = f"/projects/{api.project(ada)}"
    assert bob("GET", path).status_code == 404
    made = ada("POST", f"{path}/members", {"email": " Bob@Example.org ", "role": "viewer"})
    assert (made.status_code, made.json["role"], made.json["user_id"]) == (201, "viewer", str(bob.id))
    assert bob("GET", path).json["role"] == "viewer"
    changed = ada("PUT", f"{path}/members/{bob.id}", {"role": "editor"})
    assert changed.json["role"] == "editor"
    listed = bob("GET", f"{path}/members").json["items"]
    assert {each["email"]: each["role"] for each in listed} == {
        "ada@example.org": "owner",
        "bob@example.org": "editor",
    }
    assert ada("DELETE", f"{path}/members/{bob.id}").status_code == 204
    assert bob("GET", path).status_code == 404
    told = [(each.action, each.details) for each in ActivityLog.select().order_by(ActivityLog.id)]
    assert [action for action, _ in told] == ["member added", "member changed", "member removed"]
    assert "example.org" not in str(told)


def test_members_leave_and_change_nothing_else(api: Api) -> None:
    ada, bob, eve = api.user(), api.user("b@x.org"), api.user("e@x.org")
    path = f"/projects/{api.project(ada, editor=bob, viewer=eve)}/members"
    assert bob("POST", path, {"email": "x@x.org"}).status_code == 403
    assert bob("PUT", f"{path}/{bob.id}", {"role": "viewer"}).status_code == 403
    assert bob("DELETE", f"{path}/{eve.id}").status_code == 403
    assert eve("DELETE", f"{path}/{eve.id}").status_code == 204
    assert error_code(eve("GET", path)) == "NOT_FOUND"


def test_a_project_keeps_its_owner(api: Api) -> None:
    ada, admin = api.user(), api.admin()
    path = f"/projects/{api.project(ada)}/members"
    assert error_code(ada("DELETE", f"{path}/{ada.id}")) == "CONFLICT"
    assert error_code(admin("PUT", f"{path}/{ada.id}", {"role": "viewer"})) == "CONFLICT"
    assert error_code(ada("POST", path, {"email": "ada@example.org"})) == "CONFLICT"
    assert ada("POST", path, {"email": "root@example.org", "role": "owner"}).status_code == 422
    assert ada("GET", path).json["items"][0]["role"] == "owner"


@pytest.mark.parametrize("email", ["nobody@example.org", "x", "a@b\r\nBcc: c@d.org", "' OR 1=1 --@x.org"])
def test_who_has_no_account(api: Api, email: str) -> None:
    ada = api.user()
    refused = ada("POST", f"/projects/{api.project(ada)}/members", {"email": email})
    assert refused.status_code in (404, 422)


def test_who_has_not_verified_their_address_is_nobody_and_changes_nothing(api: Api) -> None:
    ada, eve = api.user(), api.user("boss@corp.org", email_verified_at=None)
    path = f"/projects/{api.project(ada)}/members"
    assert ada("POST", path, {"email": "boss@corp.org"}).status_code == 404
    assert eve("POST", "/projects", {"name": "mine"}).status_code == 403
    assert eve("GET", "/projects").status_code == 200


def test_nobody_tries_many_addresses(make_api: MakeApi) -> None:
    api = make_api(limits={"members_add": "2/hour"})
    ada = api.user()
    path = f"/projects/{api.project(ada)}/members"
    told = [ada("POST", path, {"email": f"{number}@x.org"}).status_code for number in range(3)]
    assert told == [404, 404, 429]
