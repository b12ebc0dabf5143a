from __future__ import annotations

import json
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from pixcrawler_core.catalog.fields import utc_now
from pixcrawler_core.catalog.models import ActivityLog, Project, User, UserStatus
from pixcrawler_core.workspace import Workspace
from tests.conftest import Command, until
from tests.server.belongings import fill
from tests.server.test_serve import free_port, get, stopped

ADDRESS = "ada@example.org"
ENVIRONMENT = {"PIXCRAWLER_PASSWORD": "correct horse battery"}


@pytest.fixture(autouse=True)
def ada(pixcrawler: Command) -> None:
    assert pixcrawler("users", "create", ADDRESS, environment=ENVIRONMENT).code == 0


def test_a_link_signs_in_once(pixcrawler: Command, workspace: Path) -> None:
    (workspace / "server.toml").write_text('[server]\nbase_url = "https://images.example"\n')
    told = pixcrawler("users", "link", "Ada@example.org", "--json").json
    assert told["url"] == f"https://images.example/account/sign-in#token={told['token']}"
    unknown = pixcrawler("users", "link", "nobody@example.org")
    assert (unknown.code, "nobody@example.org" in unknown.stderr) == (2, True)


@pytest.mark.parametrize(
    ("bind", "url"),
    [
        ("127.0.0.1:8123", "http://127.0.0.1:8123"),
        ("[::1]:8123", "http://[::1]:8123"),
        ("0.0.0.0:8123", "http://localhost:8123"),
        ("[::]:8123", "http://localhost:8123"),
        (":8123", "http://localhost:8123"),
        ("unix:/run/pixcrawler:8000", "http://localhost"),
        ("fd://3", "http://localhost"),
    ],
)
def test_a_link_leads_where_the_server_listens(
    pixcrawler: Command, workspace: Path, bind: str, url: str
) -> None:
    (workspace / "server.toml").write_text(f'[server]\nbind = "{bind}"\n')
    told = pixcrawler("users", "link", ADDRESS, "--json").json
    assert told["url"] == f"{url}/account/sign-in#token={told['token']}"


@pytest.mark.drill
def test_a_server_takes_the_link(pixcrawler: Command) -> None:
    token = pixcrawler("users", "link", ADDRESS, "--json").json["token"]
    port = free_port()
    process = pixcrawler.start("serve", "--bind", f"127.0.0.1:{port}")
    until(lambda: get(port, "/health/ready")[0] == 200)
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/api/v1/auth/one-time",
        data=json.dumps({"token": token}).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310  # ours
        bearer = json.load(answer)["access_token"]
    status, told = get(port, "/api/v1/me", Authorization=f"Bearer {bearer}")
    assert (status, told["email"]) == (200, ADDRESS)
    with pytest.raises(urllib.error.HTTPError, match="400"):
        urllib.request.urlopen(request, timeout=10)  # noqa: S310  # ours
    assert stopped(process) == 0


@pytest.mark.drill
def test_users_whose_time_has_come_are_erased(pixcrawler: Command, workspace: Path) -> None:
    assert pixcrawler("users", "erase-due", "--json").json == []
    with Workspace(workspace) as place:
        user = User.get()
        fill(place, "cats", Project.create(owner=user, name="Cats").id, b"one")
        User.update(status=UserStatus.ERASING, erase_after=utc_now()).execute()
        with place.lock("cats"):
            held = pixcrawler("users", "erase-due", "--json")
    assert (held.code, "in use" in held.json[0]["why_not"]) == (1, True)
    done = pixcrawler("users", "erase-due")
    assert (done.code, done.stdout) == (0, f"{user.id}: erased\n")
    assert pixcrawler("users", "list", "--json").json == []
    assert not (workspace / "datasets" / "dataset-cats").exists()
    assert pixcrawler("audit", "verify").code == 0
    with Workspace(workspace):
        assert [each.action for each in ActivityLog.select().order_by(ActivityLog.id)] == [
            "user created",
            "dataset erased",
            "user erased",
        ]
