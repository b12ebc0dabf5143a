"""What the files of `deploy/` ask of a running server, asked of one; and how long they let it end."""

from __future__ import annotations

import re
import signal
import urllib.request

from pixcrawler_server.serving import GRACE

from pixcrawler_core.catalog.models import JobStatus
from pixcrawler_core.jobs.beating import PATIENCE
from tests.conftest import Command, until, wait
from tests.deploy.files import DEPLOY, documents, pods, units
from tests.server.test_serve import free_port, get

HEALTH = re.compile(r"/health/\w+")
FILES = ("compose.yaml", "kubernetes/base/api.yaml")


def queries() -> list[str]:
    """What is asked of Prometheus."""
    (scaled,) = documents(DEPLOY / "kubernetes/keda/scaledobject.yaml")
    (rules,) = documents(DEPLOY / "kubernetes/hpa/adapter-rule.yaml")
    asked = [each["metadata"]["query"] for each in scaled["spec"]["triggers"]]
    return asked + [each["metricsQuery"] for each in rules["rules"]["external"]]


def test_a_server_answers_what_is_asked(pixcrawler: Command) -> None:
    port = free_port()
    process = pixcrawler.start("serve", "--without-worker", "--bind", f"127.0.0.1:{port}")
    until(lambda: get(port, "/health/ready")[0] == 200)
    probes = {path for name in FILES for path in HEALTH.findall((DEPLOY / name).read_text("utf-8"))}
    assert {path: get(port, path)[0] for path in probes} == {"/health/live": 200, "/health/ready": 200}
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:  # ours
        told = answer.read().decode()
    for query in queries():
        for name in re.findall(r"pixcrawler_\w+", query):
            assert f"# TYPE {name} gauge" in told
    process.send_signal(signal.SIGTERM)
    assert wait(process).code == 0


def test_queries_name_statuses_that_jobs_have() -> None:
    statuses = {
        each
        for query in queries()
        for one in re.findall(r'status=~"([^"]+)"', query)
        for each in one.split("|")
    }
    assert statuses == {JobStatus.QUEUED, JobStatus.RUNNING, JobStatus.CANCELLING}


def test_nobody_is_killed_before_they_could_end() -> None:
    (compose,) = documents(DEPLOY / "compose.yaml")
    times = [compose["services"][name]["stop_grace_period"].rstrip("s") for name in ("api", "worker")]
    times += [pod["terminationGracePeriodSeconds"] for pod in pods() if pod.get("restartPolicy") != "Never"]
    times += [dict(unit)["TimeoutStopSec"] for unit in units().values()]
    assert len(times) == 6
    assert all(float(each) >= 2 * max(GRACE, PATIENCE) for each in times)
