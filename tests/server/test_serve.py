"""The server as it is run: gunicorn, started by the command line or with the project's configuration."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Command, until, wait

ASK = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n"


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def get(port: int, path: str, **headers: str) -> tuple[int, Any]:
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers=headers)  # ours
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310  # ours
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)
    except OSError:
        return 0, None


@pytest.fixture
def gunicorn(tmp_path: Path, workspace: Path) -> Iterator[Command]:
    command = Command("gunicorn", tmp_path, {"PIXCRAWLER_WORKSPACE": str(workspace)})
    yield command
    command.end()


def _answers(port: int, name: str) -> bool:
    """Whether a server is there under a name: a busy one says 503."""
    return get(port, "/api/v1/info", Host=name)[0] == 200


def stopped(process: subprocess.Popen[str]) -> int:
    process.send_signal(signal.SIGTERM)
    return wait(process).code


def test_it_serves_until_it_is_stopped(pixcrawler: Command, tmp_path: Path) -> None:
    port, place = free_port(), tmp_path / "place"
    place.mkdir()
    given = ("serve", "--bind", f"127.0.0.1:{port}", "--workers", 2)
    process = pixcrawler.start(*given, environment={"TMPDIR": str(place)})
    until(lambda: get(port, "/health/ready")[0] == 200)
    status, body = get(port, "/api/v1/projects")
    assert (status, body["error"]["code"]) == (401, "UNAUTHENTICATED")
    assert body["error"]["documentation_url"] == f"http://127.0.0.1:{port}/docs#unauthenticated"
    assert get(port, "/openapi.json")[1]["servers"] == [{"url": f"http://127.0.0.1:{port}"}]
    assert stopped(process) == 0
    assert list(place.iterdir()) == []


@pytest.mark.drill
def test_what_a_killed_server_left_goes_with_the_next(pixcrawler: Command, tmp_path: Path) -> None:
    place = tmp_path / "place"
    place.mkdir()

    def started() -> tuple[subprocess.Popen[str], int]:
        given = ("serve", "--bind", f"127.0.0.1:{(port := free_port())}", "--without-worker")
        process = pixcrawler.start(*given, environment={"TMPDIR": str(place)})
        until(lambda: get(port, "/health/live")[0] == 200)
        return process, port

    killed, port = started()
    killed.kill()
    killed.wait()
    until(lambda: get(port, "/health/live")[0] == 0)
    (left,) = place.glob("pixcrawler-counts-*")
    (one, _), (two, _) = started(), started()
    assert not left.exists()
    assert len(list(place.glob("pixcrawler-counts-*"))) == 2
    assert [stopped(each) for each in (one, two)] == [0, 0]
    assert list(place.glob("*pixcrawler-counts-*")) == []


def test_a_server_of_this_machine_is_asked_by_its_names_alone(pixcrawler: Command, workspace: Path) -> None:
    """Any page of the web can give its own name the address of this machine."""
    port, url = free_port(), "https://images.example.org"
    workspace.mkdir(exist_ok=True)
    (workspace / "server.toml").write_text(f'[server]\nbase_url = "{url}"\nhosts = ["Other.example.org"]\n')
    process = pixcrawler.start("serve", "--bind", f"127.0.0.1:{port}", "--without-worker")
    until(lambda: get(port, "/health/live")[0] == 200)
    ours = (f"localhost:{port}", f"[::1]:{port}", "IMAGES.example.org", "other.example.org:443")
    for name in ours:
        until(partial(_answers, port, name))
    for name in (f"evil.example:{port}", "localhost.evil.example", "[::1", "images.example.org.", "10.0.0.7"):
        for path in ("/api/v1/info", "/health/live"):
            status, body = get(port, path, Host=name)
            assert (status, body["error"]["code"]) == (421, "MISDIRECTED"), name
    assert stopped(process) == 0


@pytest.mark.drill
def test_nothing_goes_on_answering_when_it_was_killed(pixcrawler: Command) -> None:
    """Else the port would be taken when it is started again."""
    port = free_port()
    process = pixcrawler.start("serve", "--bind", f"127.0.0.1:{port}", "--without-worker")
    until(lambda: get(port, "/health/live")[0] == 200)
    process.kill()
    process.wait()
    until(lambda: get(port, "/health/live")[0] == 0)
    again = pixcrawler.start("serve", "--bind", f"127.0.0.1:{port}", "--without-worker")
    until(lambda: get(port, "/health/live")[0] == 200)
    assert stopped(again) == 0


def test_clients_that_come_at_once_are_all_answered_soon(pixcrawler: Command) -> None:
    """Those that came first do not go before all others again and again."""
    port, clients = free_port(), 64
    process = pixcrawler.start("serve", "--bind", f"127.0.0.1:{port}", "--without-worker")
    until(lambda: get(port, "/health/live")[0] == 200)
    (worker,) = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    os.kill(int(worker), signal.SIGSTOP)
    connections = [socket.create_connection(("127.0.0.1", port)) for _ in range(clients)]
    for each in connections:
        each.sendall(ASK)
    os.kill(int(worker), signal.SIGCONT)
    answers = dict.fromkeys(connections, 0)
    while not all(answers.values()):
        for each in select.select(connections, [], [], 10)[0]:
            each.recv(65536)
            answers[each] += 1
            each.sendall(ASK)
    for each in connections:
        each.close()
    assert max(answers.values()) < clients / 4
    assert stopped(process) == 0


def test_gunicorn_with_the_configuration_of_the_project(gunicorn: Command, workspace: Path) -> None:
    port = free_port()
    workspace.mkdir()
    (workspace / "server.toml").write_text(f'[server]\nbind = "127.0.0.1:{port}"\n')
    process = gunicorn.start("-c", "python:pixcrawler_server.gunicorn_conf")
    until(lambda: get(port, "/health/ready")[0] == 200)
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    ended = wait(process)
    assert (ended.code, "SIGKILL" in ended.stderr) == (0, False)
    assert time.monotonic() - began < 8


def test_settings_that_are_wrong_are_told(pixcrawler: Command, workspace: Path) -> None:
    workspace.mkdir()
    (workspace / "server.toml").write_text("[server]\nworker = 2\n\n[plan.free]\n")
    done = pixcrawler("serve")
    assert done.code == 2
    assert done.stderr.splitlines() == [
        f"{workspace}/server.toml:2: unknown key 'worker' in [server]; did you mean 'workers'?",
        f"{workspace}/server.toml:4: unknown key 'plan' in the file; did you mean 'plans'?",
    ]


@pytest.mark.parametrize("bind", ["8000", "localhost", "127.0.0.1:http", "::1:8000", " :80", "[x y]:1"])
def test_an_address_that_is_none_is_told(pixcrawler: Command, bind: str) -> None:
    done = pixcrawler("serve", "--bind", bind)
    assert (done.code, f"{bind!r}" in done.stderr, "127.0.0.1:8000" in done.stderr) == (2, True, True)


@pytest.mark.drill
def test_an_address_that_is_taken_is_told_in_a_sentence(pixcrawler: Command) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        place = f"127.0.0.1:{taken.getsockname()[1]}"
        done = pixcrawler("serve", "--bind", place)
    assert (done.code, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert f"cannot listen on {place}: it is in use; end what listens there" in done.stderr


@pytest.mark.parametrize("bind", ["192.0.2.1:8000", "[2001:db8::1]:8000", "127.0.0.1:99999"])
def test_an_address_that_is_not_ours_is_told(pixcrawler: Command, bind: str) -> None:
    done = pixcrawler("serve", "--bind", bind)
    assert (done.code, f"cannot listen on {bind}" in done.stderr, done.stderr.count("\n")) == (1, True, 1)


def test_users_are_made_and_listed(pixcrawler: Command) -> None:
    environment = {"PIXCRAWLER_PASSWORD": "correct horse battery"}
    assert pixcrawler("users", "create", "Root@Example.org", "--admin", environment=environment).code == 0
    again = pixcrawler("users", "create", "root@example.org", environment=environment)
    assert (again.code, "an account of root@example.org" in again.stderr) == (2, True)
    assert [(each["email"], each["role"]) for each in pixcrawler("users", "list", "--json").json] == [
        ("root@example.org", "ADMIN")
    ]
    short = pixcrawler("users", "create", "a@example.org", environment={"PIXCRAWLER_PASSWORD": "short"})
    assert (short.code, "10 to 256 characters" in short.stderr) == (2, True)


def test_the_record_is_proven(pixcrawler: Command, workspace: Path) -> None:
    import sqlite3

    environment = {"PIXCRAWLER_PASSWORD": "correct horse battery"}
    for name in ("a", "b", "c"):
        pixcrawler("users", "create", f"{name}@example.org", environment=environment)
    proven = pixcrawler("audit", "verify", "--json")
    assert (proven.code, proven.json["newest"], proven.json["broken"]) == (0, 3, None)
    assert pixcrawler("audit", "verify", "--head", proven.json["hash"]).code == 0
    with sqlite3.connect(workspace / "catalog.db") as connection:
        connection.execute("DELETE FROM activity_log WHERE id = 3")
    assert pixcrawler("audit", "verify").code == 0
    assert pixcrawler("audit", "verify", "--head", proven.json["hash"]).code == 1
    with sqlite3.connect(workspace / "catalog.db") as connection:
        connection.execute("UPDATE activity_log SET action = 'nothing' WHERE id = 1")
    broken = pixcrawler("audit", "verify", "--json")
    assert (broken.code, broken.json["broken"]["id"]) == (1, 1)
