"""Sign-ins at a provider of OpenID Connect."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from falcon.testing import Result

from pixcrawler_core.catalog.models import Identity, User
from pixcrawler_core.errors import ConfigError
from pixcrawler_core.service import Scope
from tests.server.conftest import Api, MakeApi, error_code
from tests.server.provider import CLIENT, SECRET, Provider, new_key, serving, shared_key
from tests.server.test_registration import ADDRESS, login
from tests.server.test_sign_in import PAGE, refresh

ENVIRONMENT = {"PIXCRAWLER_OIDC_SECRET": SECRET}


@pytest.fixture
def provider() -> Iterator[Provider]:
    with serving() as provider:
        yield provider


@pytest.fixture
def api(make_api: MakeApi, provider: Provider) -> Api:
    return started(make_api, provider)


def started(make_api: MakeApi, provider: Provider, **tables: Any) -> Api:
    oidc = {"issuer": provider.issuer, "client_id": CLIENT}
    limits = {"login": "1000/minute"}
    api = make_api(ENVIRONMENT, oidc=oidc, limits=limits, **tables)
    provider.time = int(api.clock().timestamp())
    return api


def begun(api: Api) -> tuple[str, dict[str, str]]:
    """Where a browser is sent, and the cookie that it keeps."""
    sent = api.anonymous("GET", "/auth/oidc/login")
    assert sent.status_code == 303
    cookie = sent.cookies["pixcrawler_oidc"]
    assert (cookie.http_only, cookie.same_site, cookie.path) == (True, "Lax", "/api/v1/auth/oidc")
    return sent.headers["Location"], {cookie.name: cookie.value}


def come_back(api: Api, params: dict[str, str], cookies: dict[str, str]) -> Result:
    return api.anonymous("GET", "/auth/oidc/callback", params=params, cookies=cookies)


def signed_in(api: Api, provider: Provider) -> Result:
    address, cookies = begun(api)
    return come_back(api, provider.authorize(address), cookies)


def me(api: Api, back: Result) -> Any:
    assert (back.status_code, back.headers["Location"]) == (303, "http://127.0.0.1:8000/account"), back.text
    cookie = back.cookies["pixcrawler_refresh"]
    token = refresh(api, None, cookies={cookie.name: cookie.value}, headers=PAGE).json["access_token"]
    return api.anonymous("GET", "/me", headers={"Authorization": f"Bearer {token}"}).json


def test_who_signs_in_there_has_an_account_here(api: Api, provider: Provider) -> None:
    provider.claims["name"] = "Ada"
    first = me(api, signed_in(api, provider))
    assert (first["email"], first["verified"], first["full_name"]) == (ADDRESS, True, "Ada")
    assert first["has_password"] is False
    provider.claims |= {"email": "elsewhere@example.org", "email_verified": False}
    again = me(api, signed_in(api, provider))
    assert (again["id"], again["email"]) == (first["id"], ADDRESS)


def test_an_account_is_linked_by_its_address(api: Api, provider: Provider) -> None:
    ada = api.user(ADDRESS)
    assert me(api, signed_in(api, provider))["id"] == str(ada.id)
    assert login(api).status_code == 200
    assert Identity.get().user_id == ada.id


def test_who_registered_in_anothers_name_is_out(api: Api, provider: Provider) -> None:
    intruder = api.user(ADDRESS, email_verified_at=None)
    key = api.key(intruder, Scope.PROFILE)
    assert me(api, signed_in(api, provider))["id"] == str(intruder.id)
    assert [each("GET", "/me").status_code for each in (intruder, key)] == [401, 401]
    assert login(api).status_code == 401


@pytest.mark.parametrize("claims", [{"email_verified": False}, {"email": ""}, {"email_verified": "no"}])
def test_an_address_that_nobody_verified_links_nothing(
    api: Api, provider: Provider, claims: dict[str, Any]
) -> None:
    api.user(ADDRESS)
    provider.claims |= claims
    assert signed_in(api, provider).status_code == 403
    assert not Identity.select().exists()


def test_nobody_registers_where_that_is_closed(make_api: MakeApi, provider: Provider) -> None:
    api = started(make_api, provider, auth={"registration": False})
    assert signed_in(api, provider).status_code == 403
    assert not User.select().exists()


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://elsewhere.example"},
        {"aud": "somebody else"},
        {"aud": [CLIENT, "other"], "azp": "other"},
        {"nonce": "another"},
        {"nonce": None},
        {"exp": 1},
        {"sub": None},
        {"sub": 7},
    ],
)
def test_tokens_that_are_not_for_this(api: Api, provider: Provider, claims: dict[str, Any]) -> None:
    provider.claims |= claims
    back = signed_in(api, provider)
    assert (back.status_code, error_code(back)) == (401, "UNAUTHENTICATED")
    assert not User.select().exists()


def test_tokens_that_somebody_else_signed(api: Api, provider: Provider) -> None:
    provider.signing = new_key("1")
    assert signed_in(api, provider).status_code == 401
    provider.header, provider.signing = {"alg": "HS256"}, shared_key()
    assert signed_in(api, provider).status_code == 401
    assert not User.select().exists()


def test_new_keys_of_the_provider_are_fetched(api: Api, provider: Provider) -> None:
    assert signed_in(api, provider).status_code == 303
    provider.keys = [new_key("2")]
    provider.signing, provider.header = provider.keys[0], {"alg": "RS256", "kid": "2"}
    api.clock.forward(minutes=1)
    provider.time += 60
    assert signed_in(api, provider).status_code == 303


def test_a_browser_comes_back_once_and_where_it_went(api: Api, provider: Provider) -> None:
    address, cookies = begun(api)
    params = provider.authorize(address)
    _, others = begun(api)
    assert come_back(api, params, others).status_code == 400
    assert come_back(api, params, {}).status_code == 400
    assert come_back(api, params, {"pixcrawler_oidc": "x.y.z"}).status_code == 400
    assert come_back(api, {**params, "iss": "https://evil.example"}, cookies).status_code == 400
    assert come_back(api, params, cookies).status_code == 303
    assert come_back(api, params, cookies).status_code == 401


def test_a_browser_that_takes_too_long(api: Api, provider: Provider) -> None:
    address, cookies = begun(api)
    api.clock.forward(minutes=10)
    assert come_back(api, provider.authorize(address), cookies).status_code == 400


def test_who_is_not_let_in_there(api: Api, provider: Provider) -> None:
    address, cookies = begun(api)
    state = provider.authorize(address)["state"]
    denied = come_back(api, {"error": "access_denied", "state": state}, cookies)
    assert denied.status_code == 401


def test_a_provider_that_is_away_or_another_one(api: Api, provider: Provider) -> None:
    provider.says_it_is = "https://elsewhere.example"
    assert api.anonymous("GET", "/auth/oidc/login").status_code == 503
    provider.says_it_is, provider.away = provider.issuer, True
    assert api.anonymous("GET", "/auth/oidc/login").status_code == 503
    provider.away = False
    assert api.anonymous("GET", "/auth/oidc/login").status_code == 303


def test_without_a_provider_there_is_none(make_api: MakeApi) -> None:
    api = make_api()
    assert api.anonymous("GET", "/auth/oidc/login").status_code == 404
    assert api.anonymous("GET", "/auth/oidc/callback").status_code == 404


def test_settings_that_cannot_be(make_api: MakeApi) -> None:
    with pytest.raises(ConfigError, match="PIXCRAWLER_OIDC_SECRET"):
        make_api(oidc={"issuer": "https://provider.example", "client_id": CLIENT})
    with pytest.raises(ValueError, match="issuer"):
        make_api(ENVIRONMENT, oidc={"issuer": "http://provider.example", "client_id": CLIENT})
