from __future__ import annotations

from typing import Any

import pytest
from pixcrawler_server.accounts import checked_address

from pixcrawler_core.catalog.models import ActivityLog, ApiKey, User
from tests.server.conftest import PASSWORD, Api, MakeApi, error_code
from tests.server.mailbox import Mailbox
from tests.server.test_serve import free_port

ADDRESS = "ada@example.org"
OTHER = "another good password"


@pytest.fixture
def mailbox(api: Api) -> Mailbox:
    return Mailbox(api.services.workspace.root)


def register(api: Api, email: str = ADDRESS, password: str = PASSWORD) -> Any:
    return api.anonymous("POST", "/auth/register", {"email": email, "password": password})


def login(api: Api, email: str = ADDRESS, password: str = PASSWORD, **more: Any) -> Any:
    return api.anonymous("POST", "/auth/login", {"email": email, "password": password, **more})


def verify(api: Api, token: str, password: str | None = PASSWORD) -> Any:
    sent = {"token": token} if password is None else {"token": token, "password": password}
    return api.anonymous("POST", "/auth/verify", sent)


def test_an_account_begins_with_a_link(api: Api, mailbox: Mailbox) -> None:
    assert register(api, " Ada@Example.org ").status_code == 202
    token = mailbox.token(1)
    bearer = {"Authorization": f"Bearer {login(api).json['access_token']}"}
    me = api.anonymous("GET", "/me", headers=bearer)
    assert (me.json["email"], me.json["verified"]) == (ADDRESS, False)
    key = {"name": "k", "scopes": ["profile"]}
    assert "verify" in api.anonymous("POST", "/api-keys", key, headers=bearer).json["error"]["message"]
    assert verify(api, token, None).json["error"]["details"]["field"] == "password"
    assert verify(api, token).status_code == 204
    assert api.anonymous("GET", "/me", headers=bearer).json["verified"] is True
    assert api.anonymous("POST", "/api-keys", key, headers=bearer).status_code == 201
    again = verify(api, token)
    assert (again.status_code, error_code(again)) == (400, "BAD_REQUEST")


def test_nobody_learns_who_has_an_account(api: Api, mailbox: Mailbox) -> None:
    api.user(ADDRESS)
    taken, free = register(api), register(api, "new@example.org")
    assert (taken.status_code, taken.json) == (free.status_code, free.json)
    told = {message["To"]: message["Subject"] for message in mailbox.all(2)}
    assert told == {ADDRESS: "You have an account already", "new@example.org": "Verify your e-mail address"}
    assert login(api, password=OTHER).status_code == 401  # theirs stays as it was


def test_who_registers_first_in_anothers_name_is_out_when_they_come(api: Api, mailbox: Mailbox) -> None:
    register(api, password=OTHER)
    intruder = login(api, password=OTHER).json["access_token"]
    register(api)
    bearer = {"Authorization": f"Bearer {intruder}"}
    assert api.anonymous("GET", "/me", headers=bearer).status_code == 401
    assert (login(api).status_code, login(api, password=OTHER).status_code) == (401, 401)
    assert verify(api, mailbox.token(2)).status_code == 204
    assert (login(api).status_code, login(api, password=OTHER).status_code) == (200, 401)


def test_whoever_opens_the_link_has_the_account_and_not_who_registered(api: Api, mailbox: Mailbox) -> None:
    register(api, password=OTHER)
    intruder = {"Authorization": f"Bearer {login(api, password=OTHER).json['access_token']}"}
    assert api.anonymous("GET", "/me", headers=intruder).status_code == 200
    assert verify(api, mailbox.token(1)).status_code == 204
    assert api.anonymous("GET", "/me", headers=intruder).status_code == 401
    assert (login(api).status_code, login(api, password=OTHER).status_code) == (200, 401)
    assert User.get().email_verified_at is not None


def test_who_resets_a_password_shows_whose_the_address_is(api: Api, mailbox: Mailbox) -> None:
    register(api, password=OTHER)
    user = User.get(User.email == ADDRESS)
    ApiKey.create(user=user.id, name="k", prefix="p", key_hash="h", scopes=[], created_at=api.clock())
    api.anonymous("POST", "/auth/password/forgot", {"email": ADDRESS})
    reset = {"token": mailbox.token(2), "password": PASSWORD}
    assert api.anonymous("POST", "/auth/password/reset", reset).status_code == 204
    assert ApiKey.get().revoked_at is not None


def test_a_link_ends(api: Api, mailbox: Mailbox) -> None:
    register(api)
    api.clock.forward(hours=48)
    assert verify(api, mailbox.token(1)).status_code == 400
    assert User.get(User.email == ADDRESS).email_verified_at is None


def test_the_link_is_sent_again_and_only_the_last_one_is_good(api: Api, mailbox: Mailbox) -> None:
    ada = api.user(ADDRESS, email_verified_at=None)
    assert ada("POST", "/auth/verification").status_code == 202
    first = mailbox.token(1)
    ada("POST", "/auth/verification")
    second = mailbox.token(2)
    assert verify(api, first).status_code == 400
    assert verify(api, second).status_code == 204


@pytest.mark.parametrize(
    "email",
    [
        "no address",
        "a@b",
        "a@b.org\nBcc: all@example.org",
        "a,b@example.org",
        "<a@example.org>",
        "a@example.org>",
        '"a b"@example.org',
        "a@exa mple.org",
        "a..b@example.org",
        "a@192.0.2.1",
        "a@b_c.org",
        f"a@{'b.' * 130}org",
        "a@-.example.org",
        "a" * 65 + "@example.org",
        "a@\x7fexample.org",
    ],
)
def test_what_is_no_address(api: Api, email: str) -> None:
    refused = register(api, email)
    assert (refused.status_code, refused.json["error"]["details"]["field"]) == (422, "email")
    assert not User.select().exists()


@pytest.mark.parametrize("password", ["short", "x" * 257, ADDRESS.upper()])
def test_passwords_that_are_none(api: Api, password: str) -> None:
    refused = register(api, password=password)
    assert (refused.status_code, refused.json["error"]["details"]["field"]) == (422, "password")
    assert password not in refused.text


def test_registration_is_limited_by_address_of_the_client_and_of_the_mailbox(make_api: MakeApi) -> None:
    api = make_api(server={"forwarded_by": ["127.0.0.1"]})

    def ask(client: str, email: str) -> int:
        body = {"email": email, "password": PASSWORD}
        headers = {"X-Forwarded-For": client}
        return int(api.anonymous("POST", "/auth/register", body, headers=headers).status_code)

    assert [ask("192.0.2.1", f"a{each}@example.org") for each in range(4)] == [202, 202, 202, 429]
    assert [ask(f"192.0.2.{each}", ADDRESS) for each in range(2, 6)] == [202, 202, 202, 429]


@pytest.mark.parametrize(
    "clients",
    [
        ["2001:db8::1", "2001:db8::2", "2001:db8:0:0:ffff::3", "[2001:db8::4]:443"],
        ["192.0.2.1", "192.0.2.1:5555", "::ffff:192.0.2.1", "[::ffff:192.0.2.1]:80"],
        ["fe80::1%eth0", "fe80::1%eth1", "FE80::2", "fe80::3"],
    ],
)
def test_addresses_that_one_client_has_count_as_one(make_api: MakeApi, clients: list[str]) -> None:
    api = make_api(server={"forwarded_by": ["127.0.0.1", "10.0.0.0/8"]})

    def ask(client: str, email: str) -> int:
        headers = {"X-Forwarded-For": f"{client}, 10.0.0.7:4000"}
        body = {"email": email, "password": PASSWORD}
        return int(api.anonymous("POST", "/auth/register", body, headers=headers).status_code)

    told = [ask(client, f"a{number}@example.org") for number, client in enumerate(clients)]
    assert told == [202, 202, 202, 429]
    assert ask("2001:db8:0:1::1", "other@example.org") == 202


def test_who_registers_has_what_the_default_plan_gives(make_api: MakeApi) -> None:
    api = make_api(plans={"free": {"projects": 3, "storage_bytes": 5000}})
    body = {"email": "ada@example.org", "password": PASSWORD}
    assert api.anonymous("POST", "/auth/register", body).status_code == 202
    user = User.get(User.email == "ada@example.org")
    assert (user.max_projects, user.storage_quota) == (3, 5000)


def test_registration_can_be_closed(make_api: MakeApi) -> None:
    assert register(make_api(auth={"registration": False})).status_code == 403


def test_the_record_names_nobody(api: Api, mailbox: Mailbox) -> None:
    register(api)
    register(api)
    login(api)
    login(api, password=OTHER)
    verify(api, mailbox.token(2))
    told = [f"{each.action} {each.details}" for each in ActivityLog.select()]
    assert len(told) == 5
    assert not [each for each in told if "example.org" in each]


def test_letters_lead_where_the_settings_say(make_api: MakeApi) -> None:
    api = make_api(mail={"pages": "https://images.example/people"})
    register(api)
    (letter,) = Mailbox(api.services.workspace.root).all(1)
    assert "https://images.example/people/verify#token=" in letter.get_content()
    assert letter["Auto-Submitted"] == "auto-generated"


def test_a_mail_server_that_is_away_is_nobodys_business(make_api: MakeApi) -> None:
    mail = {"sender": "smtp", "host": "127.0.0.1", "port": free_port(), "security": "none"}
    api = make_api(mail=mail)
    assert register(api).status_code == 202
    assert User.get().email == ADDRESS


def test_letters_that_look_like_others_are_others(api: Api) -> None:
    """Unicode's KELVIN SIGN becomes a `k` in lower case: CVE-2019-19844."""
    assert checked_address(" Mike@Example.org ") == "mike@example.org"
    assert checked_address("mi\u212ae@example.org") != "mike@example.org"
