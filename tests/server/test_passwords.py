from __future__ import annotations

import pytest

from pixcrawler_core.catalog.models import User
from pixcrawler_core.service import Scope
from tests.server.conftest import PASSWORD, Api, Caller
from tests.server.mailbox import Mailbox
from tests.server.test_registration import ADDRESS, login

NEW = "another good password"


@pytest.fixture
def ada(api: Api) -> Caller:
    return api.user(ADDRESS)


@pytest.fixture
def mailbox(api: Api) -> Mailbox:
    return Mailbox(api.services.workspace.root)


def change(ada: Caller, password: str | None, new: str = NEW) -> int:
    body = {"new_password": new} if password is None else {"password": password, "new_password": new}
    return int(ada("POST", "/auth/password/change", body).status_code)


def test_a_new_password_ends_all_other_sessions(api: Api, ada: Caller, mailbox: Mailbox) -> None:
    other = {"Authorization": f"Bearer {login(api).json['access_token']}"}
    assert change(ada, PASSWORD) == 204
    assert (ada("GET", "/me").status_code, api.anonymous("GET", "/me", headers=other).status_code) == (
        200,
        401,
    )
    assert (login(api).status_code, login(api, password=NEW).status_code) == (401, 200)
    assert mailbox.all(1)[0]["Subject"] == "Your password was changed"


@pytest.mark.parametrize("password", ["wrong", "", None])
def test_only_who_knows_the_password_changes_it(api: Api, ada: Caller, password: str | None) -> None:
    assert change(ada, password) == 403
    assert login(api).status_code == 200


def test_a_stolen_session_does_not_try_many_passwords(ada: Caller) -> None:
    assert [change(ada, f"guess {each}") for each in range(6)] == [403] * 5 + [429]


def test_who_has_no_password_sets_one_just_after_signing_in(api: Api, ada: Caller) -> None:
    User.update(password_hash=None).where(User.id == ada.id).execute()
    from pixcrawler_core.catalog.models import LoginSession

    LoginSession.update(created_at=api.clock()).execute()
    api.clock.forward(minutes=11)
    assert change(ada, None) == 403
    api.clock.forward(minutes=-2)
    assert change(ada, None) == 204
    assert login(api, password=NEW).status_code == 200


def test_a_forgotten_password_is_set_anew(api: Api, ada: Caller, mailbox: Mailbox) -> None:
    asked = api.anonymous("POST", "/auth/password/forgot", {"email": ADDRESS})
    unknown = api.anonymous("POST", "/auth/password/forgot", {"email": "nobody@example.org"})
    assert (asked.status_code, asked.json) == (unknown.status_code, unknown.json) == (202, asked.json)
    reset = {"token": mailbox.token(1), "password": NEW}
    assert api.anonymous("POST", "/auth/password/reset", reset).status_code == 204
    assert ada("GET", "/me").status_code == 401
    assert login(api, password=NEW).status_code == 200
    assert api.anonymous("POST", "/auth/password/reset", reset).status_code == 400
    assert [each["To"] for each in mailbox.all(2)] == [ADDRESS, ADDRESS]


@pytest.mark.parametrize(("more", "status"), [({}, 401), ({"revoke_api_keys": False}, 200)])
def test_whoever_knew_a_forgotten_password_has_no_keys_left_either(
    api: Api, ada: Caller, mailbox: Mailbox, more: dict[str, bool], status: int
) -> None:
    key = api.key(ada, Scope.PROFILE)
    api.anonymous("POST", "/auth/password/forgot", {"email": ADDRESS})
    reset = {"token": mailbox.token(1), "password": NEW, **more}
    assert api.anonymous("POST", "/auth/password/reset", reset).status_code == 204
    assert key("GET", "/me").status_code == status
    told = mailbox.all(2)[1].get_content()
    assert ("API keys were revoked" in told) is (status == 401)


def test_a_link_for_a_new_password_ends(api: Api, ada: Caller, mailbox: Mailbox) -> None:
    api.anonymous("POST", "/auth/password/forgot", {"email": ADDRESS})
    api.clock.forward(minutes=30)
    reset = {"token": mailbox.token(1), "password": NEW}
    assert api.anonymous("POST", "/auth/password/reset", reset).status_code == 400
    assert login(api).status_code == 200


def test_a_token_is_for_its_purpose(api: Api, ada: Caller, mailbox: Mailbox) -> None:
    api.anonymous("POST", "/auth/password/forgot", {"email": ADDRESS})
    token = mailbox.token(1)
    assert api.anonymous("POST", "/auth/verify", {"token": token}).status_code == 400
    assert api.anonymous("POST", "/auth/one-time", {"token": token}).status_code == 400
    refused = {"token": token, "password": ADDRESS}
    assert api.anonymous("POST", "/auth/password/reset", refused).status_code == 422
    assert api.anonymous("POST", "/auth/password/reset", {**refused, "password": NEW}).status_code == 204


def test_a_changed_password_makes_links_for_another_one_void(api: Api, ada: Caller, mailbox: Mailbox) -> None:
    api.anonymous("POST", "/auth/password/forgot", {"email": ADDRESS})
    token = mailbox.token(1)
    change(ada, PASSWORD)
    reset = {"token": token, "password": PASSWORD}
    assert api.anonymous("POST", "/auth/password/reset", reset).status_code == 400
