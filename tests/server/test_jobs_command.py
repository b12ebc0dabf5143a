"""`pixcrawler jobs`, in a workspace and against a server."""

from __future__ import annotations

from pathlib import Path

import pytest
from pixcrawler_server.tokens import hash_of, new_api_key

from pixcrawler_core.catalog.models import ApiKey, Dataset, Project, User
from pixcrawler_core.service import Scope
from pixcrawler_core.testing.web import SimulatedWeb
from pixcrawler_core.workspace import Workspace
from tests.conftest import Command, until
from tests.e2e.jobs import write_job
from tests.server.test_serve import free_port, get


@pytest.fixture
def job_file(tmp_path: Path, web: SimulatedWeb) -> Path:
    return write_job(tmp_path / "pandas.toml", web, ["red-panda"], 1)


def test_jobs_of_the_workspace(pixcrawler: Command, job_file: Path) -> None:
    made = pixcrawler("jobs", "submit", job_file, "--json").json
    assert (made["id"], made["status"], made["dataset"]) == (1, "queued", "pandas")
    assert "waits or runs" in pixcrawler("jobs", "submit", job_file).stderr
    assert pixcrawler("worker", "--until-idle", "--quiet").code == 0
    shown = pixcrawler("jobs", "show", 1, "--json").json
    assert (shown["status"], shown["progress"]) == ("completed", 100.0)
    assert "completed, 100 %, pandas" in pixcrawler("jobs", "list").stdout
    again = pixcrawler("jobs", "cancel", 1)
    assert (again.code, "is completed and cannot become cancelled" in again.stderr) == (1, True)
    assert pixcrawler("jobs", "show", 2).code == 2


@pytest.mark.parametrize(
    ("server", "told"),
    [
        ("127.0.0.1:8991", "write http://127.0.0.1:8991"),
        ("[::1", "'[::1' is no address of a server: Invalid IPv6 URL"),
        ("localhost:8991", "write http://localhost:8991"),
        ("[::1]:8991", "write http://[::1]:8991"),
        ("images.example.org", "write https://images.example.org"),
        ("ftp://images.example.org", "it begins with https:// or http://"),
    ],
)
def test_how_a_server_is_named(pixcrawler: Command, server: str, told: str) -> None:
    done = pixcrawler("jobs", "list", "--server", server, "--api-key", "pxc_x")
    assert (done.code, told in done.stderr) == (2, True), done.stderr


@pytest.mark.drill
def test_jobs_are_listed_on_postgresql(pixcrawler: Command, job_file: Path, postgres_url: str) -> None:
    database = ("--database", postgres_url)
    assert pixcrawler("jobs", "submit", job_file, *database).code == 0
    lists = [
        pixcrawler("jobs", "list", *given, "--json", *database) for given in ((), ("--status", "queued"))
    ]
    assert [[job["id"] for job in each.json] for each in lists] == [[1], [1]]
    assert pixcrawler("jobs", "list", "--status", "failed", "--json", *database).json == []


@pytest.mark.drill
def test_drafts_and_what_failed_are_begun_again(pixcrawler: Command, job_file: Path) -> None:
    assert pixcrawler("jobs", "submit", job_file, "--draft", "--json").json["status"] == "draft"
    assert pixcrawler("jobs", "retry", 1, "--json").json["status"] == "queued"
    assert pixcrawler("jobs", "cancel", 1, "--json").json["status"] == "cancelled"
    (job_file.parent / "list.txt").write_text("https://example.org/a.jpg")
    broken = job_file.with_name("broken.toml")
    broken.write_text('[urls]\nfile = "list.txt"\n')
    pixcrawler("jobs", "submit", broken, "--dataset", "other")
    (job_file.parent / "list.txt").unlink()
    pixcrawler("worker", "--until-idle", "--quiet")
    failed = pixcrawler("jobs", "show", 2, "--json").json
    assert failed["status"] == "failed"
    assert "there is no such file" in failed["error"]
    assert failed["error"] in pixcrawler("jobs", "logs", 2, "--follow").stdout
    assert "2: queued" in pixcrawler("jobs", "retry", 2).stdout


@pytest.mark.drill
def test_jobs_of_a_server(pixcrawler: Command, workspace: Path, tmp_path: Path) -> None:
    key = new_api_key()
    with Workspace(workspace):
        user = User.create(email="ada@example.org", email_verified_at=None)
        Dataset.create(id="ds-1", name="Pandas", project=Project.create(owner=user, name="P"))
        ApiKey.create(user=user, name="t", key_hash=hash_of(key), scopes=[each.value for each in Scope])
    port = free_port()
    process = pixcrawler.start("serve", "--bind", f"127.0.0.1:{port}", "--without-worker")
    until(lambda: get(port, "/health/ready")[0] == 200)
    (tmp_path / "job.toml").write_text('[job]\nkeywords = ["red panda"]\nmax_images = 5\n')
    server = ("--server", f"http://127.0.0.1:{port}")
    environment = {"PIXCRAWLER_API_KEY": key}
    order = ("jobs", "submit", "job.toml", *server, "--dataset", "ds-1", "--json")
    refused = pixcrawler(*order, environment=environment)
    assert (refused.code, "verify your e-mail address" in refused.stderr) == (1, True)
    with Workspace(workspace):
        User.update(email_verified_at=User.created_at).execute()
    until(lambda: pixcrawler(*order, environment=environment).code == 0)
    listed = pixcrawler("jobs", "list", *server, "--json", environment=environment).json
    assert [each["status"] for each in listed] == ["queued"]
    gone = pixcrawler("jobs", "cancel", 1, *server, environment=environment)
    assert gone.stdout.startswith("1: cancelled")
    assert pixcrawler("jobs", "show", 1, *server).code == 2
    missing = pixcrawler("jobs", "show", 2, *server, environment=environment)
    assert (missing.code, "there is no job '2'" in missing.stderr) == (2, True)
    process.terminate()
