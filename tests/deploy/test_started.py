"""The composition of `deploy/`, started with real containers: see `make drill-deploy`."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.deploy.client import PICTURES, Order, until
from tests.deploy.composition import Composition, docker, need_engine, need_image, said
from tests.deploy.files import DEPLOY, documents

pytestmark = [pytest.mark.drill, pytest.mark.timeout(900)]

TEMPORARY = "/tmp"  # noqa: S108  # of a container
OURS = ("api", "worker")
GRACE = 30.0
"""Seconds that the composition lets ours end."""


@contextmanager
def running(folder: Path, *files: str) -> Iterator[Composition]:
    """API, two workers, PostgreSQL and Valkey, and a web of pictures; with an admin who has a key."""
    composition = Composition(folder, *files)
    try:
        composition.start("--build", "--scale", "worker=2")
        composition.sign_up()
        yield composition
    finally:
        composition.end()


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Composition]:
    """The composition as it is without profiles."""
    need_engine()
    with running(tmp_path_factory.mktemp("drill"), "compose.yaml") as composition:
        yield composition


def runner(composition: Composition, order: Order) -> str:
    """The container that does the job."""
    (found,) = [each for each in composition.containers("worker") if f"job {order.id} begins" in said(each)]
    return found


def test_what_containers_may_do(started: Composition) -> None:
    for service in OURS:
        told = started("exec", "-T", service, "cat", "/proc/self/status")
        found = dict(line.split(":\t", 1) for line in told.splitlines())
        assert found["Uid"].split() == ["10001"] * 4
        assert found["NoNewPrivs"] == "1"
        assert {int(found[each], 16) for each in ("CapEff", "CapPrm", "CapBnd")} == {0}
        tried = "for each in / /etc /opt /workspace /models /tmp; do ! test -w $each || echo $each; done"
        assert started("exec", "-T", service, "sh", "-c", tried).split() == [
            "/workspace",
            "/models",
            TEMPORARY,
        ]


def test_jobs_go_on_whatever_is_killed_and_stopped(started: Composition) -> None:
    order = Order(started.client, 0)
    until(order.underway)
    docker("kill", "--signal", "KILL", runner(started, order))
    assert order.ended()["attempts"] == 2
    assert order.pictures() == PICTURES
    started("start", "worker")

    order = Order(started.client, PICTURES)
    until(order.underway)
    started("restart", "postgres")
    assert order.ended()["attempts"] == 1

    order = Order(started.client, 2 * PICTURES)
    until(order.underway)
    began = time.monotonic()
    started("stop", *OURS)
    assert time.monotonic() - began < GRACE
    assert {started.ending(each) for service in OURS for each in started.containers(service)} == {0}
    started.start("--scale", "worker=2")
    assert order.ended()["attempts"] == 1


def test_datasets_are_kept_in_the_emulator_of_azure(tmp_path: Path) -> None:
    need_engine()
    need_image(documents(DEPLOY / "compose.yaml")[0]["services"]["azurite"]["image"])
    with running(tmp_path, "compose.yaml", "compose.azurite.yaml") as started:
        order = Order(started.client, 0)
        order.ended()
        ask = started.client.ask
        storage = f"/datasets/{order.dataset}/storage"
        task = ask("POST", f"{storage}/push", {})["id"]
        until(lambda: ask("GET", f"/tasks/{task}")["status"] in ("done", "failed"))
        assert ask("GET", f"/tasks/{task}")["status"] == "done"
        (store,) = ask("GET", storage)["stores"]
        assert store["store"] == "azure"
        (unit,) = store["units"]
        worker = ("exec", "-T", "worker", "pixcrawler")
        started(*worker, "storage", "pull", unit["unit"], "--output", f"{TEMPORARY}/back")
        started(*worker, "verify", f"{TEMPORARY}/back/{Path(unit['unit']).name}")
