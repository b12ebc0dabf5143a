"""What scales workers, asked of a Prometheus that watches a server."""

from __future__ import annotations

import json
import shutil
import subprocess
import urllib.parse
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Command, wait
from tests.deploy.client import EMAIL, PASSWORD, Client, Order, until
from tests.deploy.test_running import queries
from tests.server.test_serve import free_port, get

JOBS = 3


@pytest.mark.drill
def test_prometheus_tells_how_many_jobs_are_to_be_done(pixcrawler: Command, tmp_path: Path) -> None:
    program = shutil.which("prometheus")
    if program is None:
        pytest.skip("needs prometheus")
    port, watching = free_port(), free_port()
    assert pixcrawler("users", "create", "--admin", "--password", PASSWORD, EMAIL).code == 0
    server = pixcrawler.start("serve", "--without-worker", "--bind", f"127.0.0.1:{port}", "--workers", 2)
    until(lambda: get(port, "/health/ready")[0] == 200)
    client = Client(f"http://127.0.0.1:{port}")
    client.sign_in()
    for number in range(JOBS):
        Order(client, number)
    settings = {"global": {"scrape_interval": "1s"}, "scrape_configs": [watched(port)]}
    (tmp_path / "prometheus.yml").write_text(json.dumps(settings))  # JSON is YAML
    options = (f"--config.file={tmp_path}/prometheus.yml", f"--storage.tsdb.path={tmp_path}/watched")
    with subprocess.Popen([program, *options, f"--web.listen-address=127.0.0.1:{watching}"]) as prometheus:
        try:
            until(lambda: [told(watching, each) for each in queries()] == [[str(JOBS)]] * 2)
        finally:
            prometheus.terminate()
    server.terminate()
    assert wait(server).code == 0


def watched(port: int) -> dict[str, Any]:
    """A server that Prometheus watches."""
    return {"job_name": "pixcrawler", "static_configs": [{"targets": [f"127.0.0.1:{port}"]}]}


def told(port: int, query: str) -> list[str]:
    """The values that Prometheus has for a query; none while it does not answer."""
    status, answer = get(port, f"/api/v1/query?{urllib.parse.urlencode({'query': query})}")
    return [each["value"][1] for each in answer["data"]["result"]] if status == 200 else []
