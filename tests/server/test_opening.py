"""The link by which the user of one machine signs in, and whom it lets in."""

from __future__ import annotations

from pathlib import Path
from urllib.request import urlopen

import pytest
from falcon.testing import Result
from pixcrawler_server import sign_ins
from pixcrawler_server.one_time import give
from pixcrawler_server.opening import LIFETIME, LOCAL_USER, is_local, local_token, show_privately
from pixcrawler_server.settings import ServerSettings

from pixcrawler_core.catalog.models import OneTimeToken, Purpose, Role, User, UserStatus
from tests.conftest import Command, until
from tests.server.conftest import PASSWORD, Api
from tests.server.test_serve import free_port, get, stopped


def given(api: Api) -> str | None:
    with api.services.catalog.database.atomic():
        return local_token(api.services.settings, api.clock())


def came_in(api: Api, token: str | None, address: str = "127.0.0.1") -> int:
    told = api.client.simulate_post("/api/v1/auth/one-time", json={"token": token}, remote_addr=address)
    return int(told.status_code)


def test_a_user_is_made_where_there_is_none_and_comes_in_once(api: Api) -> None:
    token = given(api)
    (user,) = User.select()
    assert (user.email, user.role, user.password_hash) == (LOCAL_USER, Role.ADMIN, None)
    assert came_in(api, token) == 200
    assert came_in(api, token) == 400
    assert given(api) is not None
    assert User.select().count() == 1


def signed_in(api: Api, email: str) -> dict[str, str]:
    """The cookies of who signed in."""
    body = {"email": email, "password": PASSWORD, "cookie": True}
    told = api.anonymous("POST", "/auth/login", body)
    return {name: cookie.value for name, cookie in told.cookies.items()}


def once(api: Api, body: dict[str, object], cookies: dict[str, str]) -> Result:
    return api.anonymous(
        "POST", "/auth/one-time", body, cookies=cookies, headers={"X-Requested-With": "page"}
    )


@pytest.mark.parametrize(("address", "status"), [("::1", 200), ("10.0.0.7", 400), ("2001:db8::1", 400)])
def test_the_link_is_good_at_this_machine_alone(api: Api, address: str, status: int) -> None:
    assert came_in(api, given(api), address) == status


def test_the_browser_is_told_by_a_file_of_its_owner(tmp_path: Path) -> None:
    """And not by an argument, which all users of the machine may read."""
    told: list[tuple[str, str, int]] = []

    def show(address: str) -> None:
        (page,) = tmp_path.iterdir()
        with urlopen(address) as opened:  # noqa: S310  # ours
            told.append((address, opened.read().decode(), page.stat().st_mode & 0o777))

    show_privately('http://127.0.0.1:8000/account/sign-in#token=a"b', tmp_path, show, patience=0)
    ((address, text, mode),) = told
    assert "token" not in address
    assert 'url=http://127.0.0.1:8000/account/sign-in#token=a&quot;b"' in text
    assert mode == 0o600
    assert not any(tmp_path.iterdir())


def test_the_link_ends(api: Api) -> None:
    first, second = given(api), given(api)
    assert came_in(api, first) == 400
    api.clock.forward(seconds=LIFETIME.total_seconds())
    assert came_in(api, second) == 400


def test_a_link_does_not_take_the_place_of_somebody_elses_session(api: Api) -> None:
    api.user("bob@example.org")
    bobs = signed_in(api, "bob@example.org")
    ada = api.user("ada@example.org")
    with api.services.catalog.database.atomic():
        token = give(ada.id, Purpose.SIGN_IN, LIFETIME, api.clock())
    asked = {"token": token, "cookie": True}
    refused = once(api, asked, bobs)
    assert (refused.status_code, "bob@example.org" in refused.json["error"]["message"]) == (409, True)
    assert not refused.cookies
    assert once(api, asked | {"instead": True}, bobs).status_code == 200


def test_a_link_of_ones_own_and_one_after_a_session_that_ended_sign_in_at_once(api: Api) -> None:
    ada, bob = api.user("ada@example.org"), api.user("bob@example.org")
    cookies = [signed_in(api, "ada@example.org"), signed_in(api, "bob@example.org")]
    with api.services.catalog.database.atomic():
        sign_ins.end(bob.id, api.clock())
    for cookie in cookies:
        with api.services.catalog.database.atomic():
            token = give(ada.id, Purpose.SIGN_IN, LIFETIME, api.clock())
        assert once(api, {"token": token, "cookie": True}, cookie).status_code == 200


def test_where_there_are_more_users_they_sign_in_themselves(api: Api) -> None:
    api.user("ada@example.org")
    assert given(api) is not None
    api.user("bob@example.org")
    assert given(api) is None


def test_users_who_are_suspended_do_not_count(api: Api) -> None:
    api.user("ada@example.org")
    api.user("bob@example.org", status=UserStatus.SUSPENDED)
    assert came_in(api, given(api)) == 200


def test_who_is_suspended_stays_out(api: Api) -> None:
    api.user(status=UserStatus.SUSPENDED)
    assert given(api) is None
    assert not OneTimeToken.select().exists()


@pytest.mark.parametrize(
    ("bind", "server", "local"),
    [
        ("127.0.0.1:8000", {}, True),
        ("[::1]:8000", {}, True),
        ("localhost:8000", {}, True),
        ("0.0.0.0:8000", {}, False),
        (":8000", {}, False),
        ("unix:/run/x", {}, False),
        ("127.0.0.1:8000", {"base_url": "https://images.example.org"}, False),
        ("127.0.0.1:8000", {"forwarded_by": ["10.0.0.1"]}, False),
    ],
)
def test_only_a_server_that_nobody_else_reaches_is_local(
    bind: str, server: dict[str, object], local: bool
) -> None:
    assert is_local(ServerSettings.model_validate({"server": {"bind": bind, **server}})) is local


@pytest.mark.drill
def test_a_server_that_others_reach_prints_no_link(pixcrawler: Command) -> None:
    port = free_port()
    process = pixcrawler.start("serve", "--bind", f"0.0.0.0:{port}", "--without-worker")
    until(lambda: get(port, "/health/ready")[0] == 200)
    assert stopped(process) == 0
    told, users = process.stdout, pixcrawler("users", "list", "--json").json
    assert (told is None or told.closed or "token" not in told.read(), users) == (True, [])
