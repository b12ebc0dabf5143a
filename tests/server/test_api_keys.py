from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from pixcrawler_core.catalog.models import ActivityLog, ApiKey, Role, User
from pixcrawler_core.service import Scope
from tests.server.conftest import Api, Caller, MakeApi, error_code


@pytest.fixture
def ada(api: Api) -> Caller:
    return api.user()


def made(caller: Caller, **more: Any) -> Any:
    return caller("POST", "/api-keys", {"name": "laptop", "scopes": ["projects:read"], **more})


def works(api: Api, key: str) -> int:
    return int(api.anonymous("GET", "/projects", headers={"Authorization": f"Bearer {key}"}).status_code)


def test_a_key_is_shown_once(api: Api, ada: Caller) -> None:
    answer = made(ada)
    key = answer.json["key"]
    assert (answer.status_code, key.startswith(answer.json["prefix"])) == (201, True)
    assert (works(api, key), len(answer.json["prefix"])) == (200, 12)
    shown = ada("GET", answer.headers["Location"].removeprefix("/api/v1"))
    assert (shown.json["last_used_at"], "key" in shown.json) == ("2026-01-15T12:00:00Z", False)
    listed = ada("GET", "/api-keys")
    assert (key in listed.text, ApiKey.get().key_hash in listed.text) == (False, False)
    assert key not in str([each.details for each in ActivityLog.select()])


def test_a_key_is_changed_and_revoked(api: Api, ada: Caller) -> None:
    answer = made(ada)
    path, key = f"/api-keys/{answer.json['id']}", answer.json["key"]
    tag = ada("GET", path).headers["ETag"]
    changed = ada("PATCH", path, {"name": "desktop", "scopes": ["profile"]}, headers={"If-Match": tag})
    assert (changed.json["name"], changed.json["scopes"], works(api, key)) == ("desktop", ["profile"], 403)
    assert ada("PATCH", path, {"name": "x"}, headers={"If-Match": tag}).status_code == 412
    assert ada("DELETE", path).status_code == 204
    assert (works(api, key), ada("GET", path).status_code) == (401, 404)
    assert ada("GET", "/api-keys").json["items"] == []
    assert [each.action for each in ActivityLog.select().order_by(ActivityLog.id)] == [
        "API key created",
        "API key changed",
        "API key revoked",
    ]


def test_use_of_a_key_does_not_hinder_its_change(api: Api, ada: Caller) -> None:
    answer = made(ada)
    path = f"/api-keys/{answer.json['id']}"
    tag = ada("GET", path).headers["ETag"]
    works(api, answer.json["key"])
    assert ada("GET", path).json["last_used_at"] is not None
    changed = ada("PATCH", path, {"scopes": ["profile"]}, headers={"If-Match": tag})
    assert (changed.status_code, changed.json["scopes"]) == (200, ["profile"])
    assert ada("DELETE", path, headers={"If-Match": tag}).status_code == 412


def test_a_key_ends(api: Api, ada: Caller) -> None:
    key = made(ada, expires_at="2026-01-15T13:00:00Z").json["key"]
    assert works(api, key) == 200
    api.clock.forward(hours=1)
    assert works(api, key) == 401


def test_a_key_that_ends_with_the_calendar_is_rotated(api: Api, ada: Caller) -> None:
    """Such keys were made before there was a farthest end."""
    key = made(ada).json["id"]
    ApiKey.update(expires_at=datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)).where(ApiKey.id == key).execute()
    api.clock.forward(days=1)
    rotated = api.again(ada)("POST", f"/api-keys/{key}/rotate", {"overlap_hours": 1})
    assert (rotated.status_code, rotated.json["expires_at"][:4]) == (201, "2125")


@pytest.mark.parametrize(
    "more",
    [
        {"expires_at": "2026-01-15T12:00:00Z"},
        {"expires_at": "2026-01-16T12:00:00"},
        {"expires_at": "soon"},
        {"expires_at": "9999-12-31T23:59:59-14:00"},
        {"scopes": []},
        {"scopes": ["everything"]},
        {"name": " "},
        {"name": ""},
        {"user_id": "x"},
        {"key_hash": "x"},
    ],
)
def test_keys_that_cannot_be(ada: Caller, more: dict[str, Any]) -> None:
    assert made(ada, **more).status_code == 422
    assert not ApiKey.select().exists()


def test_only_admins_have_keys_for_what_admins_do(api: Api, ada: Caller) -> None:
    assert made(ada, scopes=["admin"]).status_code == 403
    key = made(ada).json["id"]
    assert ada("PATCH", f"/api-keys/{key}", {"scopes": ["admin"]}).status_code == 403
    root = api.admin()
    admins = made(root, scopes=["admin"])
    assert admins.status_code == 201
    User.update(role=Role.USER).where(User.id == root.id).execute()
    api.services.principals.forget()
    assert root("POST", f"/api-keys/{admins.json['id']}/rotate", {}).status_code == 403


def test_a_rotated_key_works_for_a_while_yet(api: Api, ada: Caller) -> None:
    old = made(ada).json
    new = ada("POST", f"/api-keys/{old['id']}/rotate", {"overlap_hours": 2}).json
    assert (new["name"], new["scopes"], new["expires_at"]) == ("laptop", ["projects:read"], None)
    assert (works(api, old["key"]), works(api, new["key"])) == (200, 200)
    api.clock.forward(hours=2)
    assert (works(api, old["key"]), works(api, new["key"])) == (401, 200)
    assert api.again(ada)("POST", f"/api-keys/{old['id']}/rotate", {}).status_code == 409


def test_without_overlap_the_old_key_ends_at_once(api: Api, ada: Caller) -> None:
    old = made(ada, expires_at="2026-01-25T12:00:00Z").json
    assert works(api, old["key"]) == 200
    api.clock.forward(days=5)
    new = api.again(ada)("POST", f"/api-keys/{old['id']}/rotate", {}).json
    assert (works(api, old["key"]), works(api, new["key"])) == (401, 200)
    assert new["expires_at"] == "2026-01-30T12:00:00Z"


@pytest.mark.parametrize("hours", [-1, 24.5, "2"])
def test_overlaps_that_cannot_be(ada: Caller, hours: object) -> None:
    key = made(ada).json["id"]
    assert ada("POST", f"/api-keys/{key}/rotate", {"overlap_hours": hours}).status_code == 422


def test_there_is_an_end_to_keys(make_api: MakeApi) -> None:
    api = make_api(auth={"api_keys": 2})
    ada = api.user()
    made(ada, expires_at="2026-01-15T13:00:00Z")
    made(ada)
    refused = made(ada)
    assert (refused.status_code, error_code(refused)) == (403, "QUOTA_EXCEEDED")
    api.clock.forward(hours=1)
    assert made(api.again(ada)).status_code == 201


def test_no_rotation_and_no_change_makes_more_keys(make_api: MakeApi) -> None:
    api = make_api(auth={"api_keys": 1})
    ada = api.user()
    first = made(ada, expires_at="2026-01-15T12:30:00Z").json["id"]
    rotated = [ada("POST", f"/api-keys/{first}/rotate", {"overlap_hours": 24}) for _ in range(2)]
    assert [each.status_code for each in rotated] == [201, 403]
    api.clock.forward(minutes=40)
    revived = api.again(ada)("PATCH", f"/api-keys/{first}", {"expires_at": "2026-02-15T12:00:00Z"})
    assert (revived.status_code, error_code(revived)) == (409, "CONFLICT")


def test_not_even_an_admin_sees_anothers_key(api: Api, ada: Caller) -> None:
    key = made(ada).json["id"]
    admin = api.admin()
    for method, body in (("GET", None), ("PATCH", {"name": "x"}), ("DELETE", None)):
        assert admin(method, f"/api-keys/{key}", body).status_code == 404
    assert admin("POST", f"/api-keys/{key}/rotate", {}).status_code == 404


def test_a_key_makes_no_keys(api: Api, ada: Caller) -> None:
    assert made(api.key(ada, *Scope)).status_code == 403


def test_keys_come_page_by_page(ada: Caller) -> None:
    ids = [made(ada).json["id"] for _ in range(3)]
    first = ada("GET", "/api-keys", params={"limit": 2}).json
    rest = ada("GET", "/api-keys", params={"limit": 2, "cursor": first["next_cursor"]}).json
    assert [each["id"] for each in first["items"] + rest["items"]] == ids[::-1]
