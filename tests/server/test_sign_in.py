from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any, Literal

import pytest
from argon2 import PasswordHasher
from falcon.testing import ASGIConductor, Result
from pixcrawler_server.one_time import give
from pixcrawler_server.sign_ins import begin

from pixcrawler_core.catalog.models import (
    ActivityLog,
    LoginSession,
    OneTimeToken,
    Purpose,
    RefreshToken,
    User,
    UserStatus,
)
from tests.server.conftest import HASHER, PASSWORD, Api, MakeApi, error_code
from tests.server.test_registration import ADDRESS, OTHER, login

PAGE = {"X-Requested-With": "page"}


@pytest.fixture(autouse=True)
def ada(api: Api) -> User:
    user = api.user(ADDRESS).user
    assert user is not None
    return user


def refresh(api: Api, token: str | None, **options: Any) -> Result:
    body = {} if token is None else {"refresh_token": token}
    return api.anonymous("POST", "/auth/refresh", body, **options)


def status(api: Api, access_token: str) -> int:
    headers = {"Authorization": f"Bearer {access_token}"}
    return int(api.anonymous("GET", "/me", headers=headers).status_code)


def test_whoever_signs_in_stays_so_by_refreshing(api: Api) -> None:
    first = login(api).json
    assert (first["token_type"], first["expires_in"]) == ("Bearer", 900)
    assert status(api, first["access_token"]) == 200
    api.clock.forward(minutes=15)
    assert status(api, first["access_token"]) == 401
    second = refresh(api, first["refresh_token"]).json
    assert status(api, second["access_token"]) == 200
    assert second["refresh_token"] != first["refresh_token"]
    api.clock.forward(days=30)
    assert refresh(api, second["refresh_token"]).status_code == 401


def test_a_session_has_a_last_day(api: Api) -> None:
    token = login(api).json["refresh_token"]
    for _ in range(4):
        api.clock.forward(days=22)
        token = refresh(api, token).json["refresh_token"]
    last = RefreshToken.select().order_by(RefreshToken.id.desc()).get()
    assert last.expires_at == api.clock() + timedelta(days=2)
    api.clock.forward(days=2)
    refused = refresh(api, token)
    assert (refused.status_code, error_code(refused)) == (401, "UNAUTHENTICATED")


def test_a_refresh_token_that_comes_twice_ends_the_session(api: Api) -> None:
    stolen = login(api).json["refresh_token"]
    other = login(api).json
    second = refresh(api, stolen).json
    assert status(api, second["access_token"]) == 200
    assert refresh(api, stolen).status_code == 401
    assert status(api, second["access_token"]) == 401
    assert refresh(api, second["refresh_token"]).status_code == 401
    assert status(api, other["access_token"]) == 200
    assert ActivityLog.select().where(ActivityLog.action == "refresh token used twice").count() == 1


async def test_of_many_at_once_at_most_one_gets_tokens(api: Api) -> None:
    body = {"email": ADDRESS, "password": PASSWORD}
    async with ASGIConductor(api.app) as conductor:
        signed_in = await conductor.simulate_post("/api/v1/auth/login", json=body)
        sent = {"refresh_token": signed_in.json["refresh_token"]}
        asked = [conductor.simulate_post("/api/v1/auth/refresh", json=sent) for _ in range(4)]
        told = await asyncio.gather(*asked)
    assert sorted(each.status_code for each in told) == [200, 401, 401, 401]
    assert RefreshToken.select().count() == 2


@pytest.mark.parametrize("token", ["", "x", "x" * 201, "\x7f"])
def test_tokens_that_nobody_gave(api: Api, token: str) -> None:
    assert refresh(api, token).status_code in (400, 401, 422)


def test_a_page_has_the_token_in_a_cookie_alone(api: Api) -> None:
    signed_in = login(api, cookie=True)
    assert signed_in.json["refresh_token"] is None
    cookie = signed_in.cookies["pixcrawler_refresh"]
    assert (cookie.http_only, cookie.same_site, cookie.path) == (True, "Strict", "/api/v1/auth")
    assert cookie.max_age == 30 * 86_400
    cookies = {cookie.name: cookie.value}
    forged = refresh(api, None, cookies=cookies)
    assert (forged.status_code, "X-Requested-With" in forged.text) == (403, True)
    second = refresh(api, None, cookies=cookies, headers=PAGE)
    assert status(api, second.json["access_token"]) == 200
    assert (second.json["refresh_token"], second.cookies["pixcrawler_refresh"].value != cookie.value) == (
        None,
        True,
    )
    bearer = {"Authorization": f"Bearer {second.json['access_token']}"}
    out = api.anonymous("POST", "/auth/logout", {}, headers=bearer)
    assert (out.status_code, out.cookies["pixcrawler_refresh"].value) == (204, "")


def test_cookies_are_for_https_where_the_server_is(make_api: MakeApi) -> None:
    api = make_api(server={"base_url": "https://images.example"})
    assert login(api, cookie=True).cookies["pixcrawler_refresh"].secure is True


def test_no_token_at_all(api: Api) -> None:
    assert refresh(api, None).status_code == 401


def test_wrong_passwords_and_unknown_accounts_are_told_alike(api: Api) -> None:
    wrong, unknown = login(api, password=OTHER), login(api, "nobody@example.org")
    assert (wrong.status_code, unknown.status_code) == (401, 401)
    assert wrong.json["error"]["message"] == unknown.json["error"]["message"]


def test_an_account_is_tried_a_few_times_from_wherever(make_api: MakeApi) -> None:
    api = make_api(server={"forwarded_by": ["127.0.0.1"]})

    def ask(client: str, email: str = ADDRESS) -> int:
        body = {"email": email, "password": "wrong"}
        headers = {"X-Forwarded-For": client}
        return int(api.anonymous("POST", "/auth/login", body, headers=headers).status_code)

    assert [ask(f"192.0.2.{each}") for each in range(6)] == [401] * 5 + [429]
    assert ask("192.0.2.7", ADDRESS.upper()) == 429
    assert [ask("192.0.2.9", f"{each}@example.org") for each in range(6)] == [401] * 5 + [429]


def test_who_is_suspended_neither_signs_in_nor_stays(api: Api, ada: User) -> None:
    token = login(api).json["refresh_token"]
    User.update(status=UserStatus.SUSPENDED).where(User.id == ada.id).execute()
    assert login(api).status_code == 401
    assert refresh(api, token).status_code == 401


def test_a_hash_of_former_times_is_renewed(api: Api, ada: User) -> None:
    old = PasswordHasher(time_cost=2, memory_cost=8, parallelism=1).hash(PASSWORD)
    User.update(password_hash=old).where(User.id == ada.id).execute()
    assert login(api).status_code == 200
    kept = str(User.get_by_id(ada.id).password_hash)
    assert (kept != old, HASHER.check_needs_rehash(kept)) == (True, False)
    assert login(api).status_code == 200


def test_who_has_no_password_does_not_sign_in_with_one(api: Api, ada: User) -> None:
    User.update(password_hash=None).where(User.id == ada.id).execute()
    assert login(api, password="").status_code == 401


def test_signing_out_here_and_everywhere(api: Api) -> None:
    here, there, third = (login(api).json for _ in range(3))
    bearer = {"Authorization": f"Bearer {here['access_token']}"}
    assert api.anonymous("POST", "/auth/logout", {}, headers=bearer).status_code == 204
    assert (status(api, here["access_token"]), refresh(api, here["refresh_token"]).status_code) == (401, 401)
    bearer = {"Authorization": f"Bearer {there['access_token']}"}
    assert api.anonymous("POST", "/auth/logout", {"all": True}, headers=bearer).status_code == 204
    assert [status(api, each["access_token"]) for each in (there, third)] == [401, 401]


def test_sessions_are_listed_and_ended(api: Api) -> None:
    other = login(api).json
    bearer = {"Authorization": f"Bearer {login(api).json['access_token']}"}
    api.clock.forward(minutes=1)
    latest = api.anonymous(
        "POST",
        "/auth/login",
        {"email": ADDRESS, "password": PASSWORD},
        headers={"User-Agent": "Fire\tfox<b>\u00e9" + "x" * 300},
    ).json
    listed = api.anonymous("GET", "/me/sessions", headers=bearer).json["items"]
    assert (len(listed), [each["current"] for each in listed].count(True)) == (4, True)
    (fox,) = [each for each in listed if each["client"].startswith("Firefox<b>xxx")]
    assert len(fox["client"]) == 200
    assert api.anonymous("DELETE", f"/me/sessions/{fox['id']}", headers=bearer).status_code == 204
    assert status(api, latest["access_token"]) == 401
    assert status(api, other["access_token"]) == 200
    again = api.anonymous("DELETE", f"/me/sessions/{fox['id']}", headers=bearer)
    assert again.status_code == 404


def test_sessions_come_page_by_page(api: Api) -> None:
    bearer = {"Authorization": f"Bearer {login(api).json['access_token']}"}
    for _ in range(2):
        login(api)
    seen, cursor = [], None
    for _ in range(4):
        params: dict[str, object] = {"limit": 1, **({"cursor": cursor} if cursor else {})}
        page = api.anonymous("GET", "/me/sessions", headers=bearer, params=params).json
        seen += [each["id"] for each in page["items"]]
        cursor = page["next_cursor"]
    assert (len(set(seen)), cursor) == (4, None)


def test_what_ended_is_cleaned_away(api: Api, ada: User) -> None:
    LoginSession.delete().execute()
    begin(ada, "left", timedelta(days=30), api.clock(), "test")
    give(ada.id, Purpose.RESET, timedelta(minutes=30), api.clock())
    api.clock.forward(days=20)
    begin(ada, "alive", timedelta(days=30), api.clock(), "test")
    api.clock.forward(days=11)
    api.services.housekeeper.tend()
    assert (OneTimeToken.select().count(), RefreshToken.select().count()) == (0, 1)
    assert [each.client for each in LoginSession.select()] == ["alive"]


class Counting(PasswordHasher):
    """Counts how often it checks a password."""

    checks = 0

    def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:  # noqa: A002  # argon2's name
        self.checks += 1
        return super().verify(hash, password)


def test_an_unknown_account_takes_as_long_as_a_known_one(make_api: MakeApi) -> None:
    hasher = Counting(time_cost=1, memory_cost=8, parallelism=1)
    api = make_api(hasher=hasher)
    counts = []
    for email in (ADDRESS, "nobody@example.org"):
        login(api, email, OTHER)
        counts.append(hasher.checks)
    assert counts == [1, 2]
