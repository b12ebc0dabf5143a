from __future__ import annotations

import asyncio
from typing import Any

import pytest
from falcon.testing import create_scope
from pixcrawler_server.principals import REMEMBERED

from pixcrawler_core.catalog.models import User, UserStatus
from pixcrawler_core.catalog.sql import Sql
from tests.server.conftest import Api, MakeApi, error_code

JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer x",
        "Bearer pxc_unknown",
        "Basic YTpi",
        "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.",
        "Bearer \u00e9",
    ],
)
def test_what_is_no_credential_is_refused(api: Api, header: str) -> None:
    refused = api.anonymous("GET", "/projects", headers={"Authorization": header})
    assert (refused.status_code, error_code(refused)) == (401, "UNAUTHENTICATED")
    assert refused.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("Authorization", "Bearer my-key", "neither an API key, which begins with pxc_, nor an access token"),
        ("X-API-Key", "my-key", "X-API-Key is no API key: one begins with pxc_"),
        ("Authorization", "Bearer pxc_unknown", "the API key is not known"),
        ("Authorization", "Bearer a.b.c", "the access token is not good any more"),
    ],
)
def test_a_credential_is_told_by_what_it_is(api: Api, name: str, value: str, told: str) -> None:
    refused = api.anonymous("GET", "/projects", headers={name: value})
    assert (refused.status_code, told in refused.json["error"]["message"]) == (401, True)


def test_a_key_that_is_for_somebody_between_does_not_keep_a_user_out(api: Api) -> None:
    ada = api.user()
    key = ada("POST", "/api-keys", {"name": "Laptop", "scopes": ["projects:read"]}).json["key"]
    for shown in (ada.headers["Authorization"], f"Bearer {key}"):
        headers = {"Authorization": shown, "X-API-Key": "of-a-gateway"}
        assert api.anonymous("GET", "/projects", headers=headers).status_code == 200


def test_a_token_ends(api: Api) -> None:
    ada = api.user()
    assert ada("GET", "/projects").status_code == 200
    api.clock.forward(minutes=15)
    assert ada("GET", "/projects").status_code == 401


def test_who_is_suspended_is_out_within_moments(api: Api) -> None:
    ada = api.user()
    assert ada("GET", "/projects").status_code == 200
    User.update(status=UserStatus.SUSPENDED).where(User.id == ada.id).execute()
    api.clock.forward(seconds=REMEMBERED)
    assert ada("GET", "/projects").status_code == 401


@pytest.mark.parametrize("body", ["{", "", "[" * 100_000, '"\\ud800"', "\ufeff{}"])
def test_what_is_no_json_is_refused(api: Api, body: str) -> None:
    refused = api.user()("POST", "/projects", body=body, headers=JSON)
    assert (refused.status_code, error_code(refused)) == (400, "BAD_REQUEST")


@pytest.mark.parametrize("body", ['{"name": "a\\u0000b"}', '{"name": "a", "\\u0000": 1}'])
def test_the_character_nul_is_refused(api: Api, body: str) -> None:
    ada = api.user()
    refused = ada("POST", "/projects", body=body, headers=JSON)
    assert (refused.status_code, error_code(refused)) == (422, "VALIDATION_ERROR")
    assert ada("GET", "/projects", params={"cursor": "a\0"}).status_code == 422
    assert ada("POST", "/projects", body='{"name": "a\\\\u0000b"}', headers=JSON).status_code == 201


def test_a_catalog_that_is_away_is_told_without_its_place(api: Api) -> None:
    ada = api.user()
    Sql(api.services.catalog.database).run("DROP TABLE project_member")
    answer = ada("GET", "/projects")
    assert (answer.status_code, error_code(answer)) == (503, "UNAVAILABLE")
    assert "project_member" not in answer.text


def test_a_body_of_another_kind(api: Api) -> None:
    refused = api.user()("POST", "/projects", body="name=a", headers={"Content-Type": "text/plain"})
    assert (refused.status_code, error_code(refused)) == (415, "UNSUPPORTED_MEDIA_TYPE")


@pytest.mark.parametrize("headers", [{}, {"Content-Length": "10"}, {"Transfer-Encoding": "chunked"}])
def test_a_body_that_is_too_large_whatever_it_claims(make_api: MakeApi, headers: dict[str, str]) -> None:
    api = make_api(server={"max_body": 2048})
    body = '{"name": "' + "x" * 5000 + '"}'
    refused = api.user()("POST", "/projects", body=body, headers={**JSON, **headers})
    assert refused.status_code in ((413,) if headers.get("Content-Length") is None else (400, 413))
    error_code(refused)


@pytest.mark.parametrize(
    "params", [{"limit": 0}, {"limit": 101}, {"limit": "x"}, {"page": 1}, {"limit": [1, 2]}]
)
def test_parameters_that_do_not_fit(api: Api, params: dict[str, object]) -> None:
    refused = api.user()("GET", "/projects", params=params)
    assert (refused.status_code, error_code(refused)) == (422, "VALIDATION_ERROR")


@pytest.mark.parametrize("limit", [0, 101])
def test_a_range_is_told_with_both_ends(api: Api, limit: int) -> None:
    error = api.user()("GET", "/projects", params={"limit": limit}).json["error"]
    assert (error["message"], error["details"]["constraint"]) == (
        "limit: must be 1 to 100",
        "must be 1 to 100",
    )


def test_what_was_sent_is_told_as_json(api: Api) -> None:
    refused = api.user()("POST", "/projects", {"name": {"a": [True, None]}})
    assert refused.json["error"]["details"]["provided_value"] == '{"a": [true, null]}'


@pytest.mark.parametrize("path", ["//objects/a/b.jpg", "//downloads/exports/1"])
def test_an_address_without_a_signature_is_nothing(api: Api, path: str) -> None:
    assert error_code(api.anonymous("GET", path)) == "NOT_FOUND"


def test_paths_and_methods_that_there_are_not(api: Api) -> None:
    assert error_code(api.anonymous("GET", "/nothing")) == "NOT_FOUND"
    assert error_code(api.anonymous("PUT", "/projects")) == "METHOD_NOT_ALLOWED"
    assert error_code(api.user()("GET", "/projects/99999999999999999999999999")) == "NOT_FOUND"


def test_every_answer_has_its_headers(api: Api) -> None:
    for answer in (api.anonymous("GET", "/nothing"), api.anonymous("GET", "//health/live")):
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_a_request_keeps_its_own_id_if_it_is_a_plain_one(api: Api) -> None:
    told = api.anonymous("GET", "//health/live", headers={"X-Request-ID": "my-own-id.1"})
    assert told.headers["X-Request-ID"] == "my-own-id.1"
    odd = api.anonymous("GET", "//health/live", headers={"X-Request-ID": "a b<script>"})
    assert odd.headers["X-Request-ID"].startswith("req-")


def test_pages_of_other_origins(make_api: MakeApi) -> None:
    api = make_api(server={"cors_origins": ["https://mine.example"]})
    own = api.anonymous("GET", "//health/live", headers={"Origin": "https://mine.example"})
    assert own.headers["Access-Control-Allow-Origin"] == "https://mine.example"
    other = api.anonymous("GET", "//health/live", headers={"Origin": "https://evil.example"})
    assert "Access-Control-Allow-Origin" not in other.headers


def test_health(api: Api) -> None:
    assert api.anonymous("GET", "//health/live").json == {"status": "ok", "parts": {}}
    ready = api.anonymous("GET", "//health/ready")
    assert (ready.status_code, ready.json["status"]) == (200, "ok")


def test_whether_it_is_ready_is_looked_at_once_a_second(api: Api) -> None:
    def ready() -> tuple[int, str]:
        told = api.anonymous("GET", "//health/ready")
        return told.status_code, told.json["parts"]["catalog"]

    assert ready() == (200, "ok")
    Sql(api.services.catalog.database).run("ALTER TABLE users RENAME TO people")
    assert ready() == (200, "ok")
    api.clock.forward(seconds=1)
    assert ready() == (503, "does not answer")


def test_who_has_not_signed_in_sends_little_and_is_told_little(api: Api) -> None:
    many = {f"k{number}": 1 for number in range(30_000)}
    assert api.anonymous("POST", "/auth/login", many).status_code == 413
    few = {f"k{number}": 1 for number in range(200)}
    told = api.anonymous("POST", "/auth/login", few)
    assert (told.status_code, len(told.json["error"]["details"]["errors"])) == (422, 20)
    odd = api.anonymous(
        "POST", "/auth/login", body=b'{"email": NaN}', headers={"Content-Type": "application/json"}
    )
    assert "NaN" not in odd.text.replace('"nan"', "")


@pytest.mark.parametrize(
    ("path", "kind", "places"),
    [
        ("auth/login", "application/json", 0),
        ("billing/stripe/webhook", "application/json", 0),
        ("projects", "application/json", 1),
        ("validation/single", "image/jpeg", 1),
    ],
)
def test_a_body_that_does_not_come_is_not_waited_for(
    make_api: MakeApi, path: str, kind: str, places: int
) -> None:
    api = make_api(server={"body_seconds": 0.05})
    begun: list[Any] = [{"type": "http.request", "body": b"{", "more_body": True}]
    told, taken = [], []

    async def receive() -> Any:
        if begun:
            return begun.pop()
        taken.append(sum(api.services.budgets.taken.values()))
        return await asyncio.Event().wait()

    async def send(event: Any) -> None:
        told.append(event)

    headers = {**api.user().headers, "Content-Type": kind, "Content-Length": "10"}
    scope = create_scope(path=f"/api/v1/{path}", method="POST", headers=headers)
    asyncio.run(asyncio.wait_for(api.app(scope, receive, send), 5))
    assert told[0]["status"] == 400
    assert taken == [places], "who has not signed in holds none meanwhile"
    assert sum(api.services.budgets.taken.values()) == 0


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("/auth/refresh", {"refresh_token": "x"}),
        ("/auth/verify", {"token": "x"}),
        ("/auth/one-time", {"token": "x"}),
        ("/auth/password/reset", {"token": "x", "password": "correct horse battery"}),
    ],
)
def test_nobody_tries_tokens_for_ever(make_api: MakeApi, path: str, sent: dict[str, str]) -> None:
    api = make_api(limits={"tokens": "2/minute", "login": "2/minute"})
    tried = [api.anonymous("POST", path, sent) for _ in range(3)]
    assert [each.status_code for each in tried[:2]] in ([400, 400], [401, 401])
    assert (tried[2].status_code, error_code(tried[2])) == (429, "RATE_LIMITED")
