"""What whoever runs the server sees: counts and logs."""

from __future__ import annotations

import json
import re
import subprocess
import time
from pathlib import Path

import pytest
from pixcrawler_server.settings import ServerSettings
from pydantic import ValidationError

from pixcrawler_core.catalog.models import JobStatus
from tests.conftest import Command, until, wait
from tests.server.conftest import Api, MakeApi
from tests.server.test_serve import free_port, get


def test_requests_are_counted_by_route(api: Api) -> None:
    ada = api.user()
    before = _count(api)
    for number in (71, 72, 73):
        ada("GET", f"/projects/{number}")
    assert _count(api) - before == 3
    text = api.anonymous("GET", "//metrics").text
    assert "/projects/71" not in text
    assert 'pixcrawler_jobs{status="queued"} 0.0' in text


def _count(api: Api) -> float:
    text = api.anonymous("GET", "//metrics").text
    found = re.search(
        r'^pixcrawler_http_requests_total\{method="GET",route="/api/v1/projects/\{project_id\}",'
        r'status="404"\} (\S+)$',
        text,
        re.MULTILINE,
    )
    return float(found[1]) if found else 0.0


def test_counts_are_for_the_addresses_that_are_named(make_api: MakeApi) -> None:
    api = make_api(server={"metrics_for": []})
    assert api.anonymous("GET", "//metrics").status_code == 404


def test_counts_are_for_networks_too(make_api: MakeApi) -> None:
    api = make_api(server={"metrics_for": ["127.0.0.0/8"], "forwarded_by": ["127.0.0.1/32", "10.0.0.0/8"]})
    told = {
        "": 200,
        "127.9.9.9, 10.1.2.3": 200,
        "::ffff:127.0.0.9": 200,
        "192.0.2.1, 10.1.2.3": 404,
        "x": 404,
    }
    for passed_on, status in told.items():
        headers = {"X-Forwarded-For": passed_on}
        assert api.anonymous("GET", "//metrics", headers=headers).status_code == status, passed_on


@pytest.mark.parametrize("wrong", ["example.org", "10.0.0.1/8", ""])
def test_what_is_no_network_is_told(wrong: str) -> None:
    with pytest.raises(ValidationError, match="neither an address nor a network"):
        ServerSettings.model_validate({"server": {"metrics_for": [wrong]}})


def test_jobs_are_counted_anew_after_five_seconds(api: Api) -> None:
    dataset = api.dataset(api.project(api.user()))
    assert 'pixcrawler_jobs{status="queued"} 0.0' in api.anonymous("GET", "//metrics").text
    api.job(dataset, JobStatus.QUEUED)
    assert 'pixcrawler_jobs{status="queued"} 0.0' in api.anonymous("GET", "//metrics").text
    api.clock.forward(seconds=5)
    assert 'pixcrawler_jobs{status="queued"} 1.0' in api.anonymous("GET", "//metrics").text


def test_logs_are_json_lines_with_the_id_of_the_request(pixcrawler: Command, workspace: Path) -> None:
    workspace.mkdir()
    (workspace / "server.toml").write_text("[server]\nlog_requests = true\n")
    port = free_port()
    process = pixcrawler.start("serve", "--bind", f"127.0.0.1:{port}")
    until(lambda: get(port, "/health/live")[0] == 200)
    get(port, "/api/v1/projects?cursor=secret", **{"X-Request-ID": "my-request-1"})
    time.sleep(0.2)
    lines = _stopped(process)
    (told,) = [line for line in lines if line.get("request_id") == "my-request-1"]
    assert (told["event"], told["path"], told["status"]) == ("request", "/api/v1/projects", 401)
    assert "secret" not in json.dumps(lines)


def _stopped(process: subprocess.Popen[str]) -> list[dict[str, object]]:
    process.terminate()
    return [json.loads(line) for line in wait(process).stderr.splitlines()]
