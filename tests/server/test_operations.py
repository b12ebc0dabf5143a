"""What whoever runs the server sees: counts and logs."""

from __future__ import annotations

import json
import re
import subprocess
import time
from pathlib import Path

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
