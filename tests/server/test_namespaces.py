"""Two workers in network namespaces of their own do a job together, and one is cut off from the catalog."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import pytest

from pixcrawler_core.jobs.claims import SILENT
from pixcrawler_core.registry import Registry
from pixcrawler_core.testing.web import SimulatedWeb
from tests.conftest import Command, until, wait
from tests.server.mill import Mill, opened_mill, processes_of, start_worker, wait_for_shard
from tests.server.test_serve import free_port

pytestmark = [pytest.mark.drill, pytest.mark.timeout(300)]
COUNT = 300
LONG = 200.0
"""Seconds after which a job counts as hanging, on a machine with much else to do."""
CUT = 8.0
"""Seconds for which a worker is cut off: longer than a lease."""
RELAY = Path(__file__).with_name("relay.py")
PATIENCE = "&tcp_user_timeout=3000&connect_timeout=2"


def ip(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["ip", *map(str, arguments)], check=False, capture_output=True, text=True)


class Place:
    """A network namespace, from which only what is handed on is reached."""

    def __init__(self, number: int) -> None:
        self.name = f"pixcrawler{os.getpid()}{number}"
        self.link = f"px{os.getpid() % 100_000}{number}"
        self.here, self.there = f"10.203.{number}.1", f"10.203.{number}.2"

    def make(self) -> None:
        """Make it, or skip the test."""
        done = ip("netns", "add", self.name)
        if done.returncode:
            pytest.skip(f"no network namespace can be made here: {done.stderr.strip()}")
        peer = f"{self.link}p"
        done = ip("link", "add", self.link, "type", "veth", "peer", "name", peer, "netns", self.name)
        if done.returncode:
            pytest.skip(f"no pair of network devices can be made here: {done.stderr.strip()}")
        assert not ip("addr", "add", f"{self.here}/24", "dev", self.link).returncode
        assert not ip("link", "set", self.link, "up").returncode
        for told in (("addr", "add", f"{self.there}/24", "dev", peer), ("link", "set", peer, "up")):
            assert not ip("-n", self.name, *told).returncode
        assert not ip("-n", self.name, "link", "set", "lo", "up").returncode

    def remove(self) -> None:
        """Remove it, with its devices."""
        ip("link", "del", self.link)
        ip("netns", "del", self.name)

    def cut_off(self) -> None:
        """Nothing passes any more, and nobody is told."""
        assert not ip("link", "set", self.link, "down").returncode

    def join(self) -> None:
        """It goes on."""
        assert not ip("link", "set", self.link, "up").returncode


@contextmanager
def relay(begin: str, end: str, place: Place | None = None) -> Iterator[None]:
    """Connections are handed on, from where they begin."""
    within = ["ip", "netns", "exec", place.name] if place else []
    process = subprocess.Popen([*within, sys.executable, str(RELAY), begin, end])
    try:
        yield
    finally:
        process.terminate()
        process.wait()


@pytest.fixture
def places() -> Iterator[list[Place]]:
    if sys.platform != "linux" or os.geteuid() != 0 or shutil.which("ip") is None:
        pytest.skip("network namespaces are made by root on Linux alone, with ip")
    made = [Place(number) for number in (1, 2)]
    try:
        for place in made:
            place.make()
        yield made
    finally:
        for place in made:
            place.remove()


@pytest.fixture
def mill(
    workspace: Path, registry: Registry, web: SimulatedWeb, postgres_url: str, pixcrawler: Command
) -> Iterator[Mill]:
    with opened_mill(workspace, registry, web, postgres_url, pixcrawler) as mill:
        yield mill


@pytest.fixture
def workers(
    mill: Mill, places: list[Place], web: SimulatedWeb, postgres_url: str, pixcrawler: Command, tmp_path: Path
) -> Iterator[list[subprocess.Popen[str]]]:
    """One in each place; they reach the catalog over their link, and the web beside it."""
    parts = parse_qs(urlsplit(postgres_url).query)
    port, web_port = free_port(), urlsplit(web.url("/")).port
    socket = f"{tmp_path}/web"
    mill.order(COUNT)
    with ExitStack() as stack:
        stack.enter_context(relay(socket, f"127.0.0.1:{web_port}"))
        found, program = [], pixcrawler.program
        for place in places:
            server = f"{parts['host'][0]}/.s.PGSQL.5432"
            stack.enter_context(relay(f"{place.here}:{port}", server))
            stack.enter_context(relay(f"127.0.0.1:{web_port}", socket, place))
            options = quote(parts["options"][0])
            url = f"postgresql://postgres:@{place.here}:{port}/postgres?options={options}{PATIENCE}"
            pixcrawler.environment["PIXCRAWLER_DATABASE"] = url
            pixcrawler.program = ["ip", "netns", "exec", place.name, *program]
            time.sleep(1)
            found.append(start_worker(pixcrawler))
        yield found
        for worker in found:
            worker.terminate()
            assert wait(worker).code == 0


@pytest.mark.parametrize("which", ["helper", "runner"])
def test_one_of_two_is_cut_off(
    mill: Mill, places: list[Place], workers: list[subprocess.Popen[str]], which: str
) -> None:
    """What it had is somebody else's when it comes back, and it goes on with other things."""
    wait_for_shard(mill, settled=1)
    runner = runs_job(workers[0])
    place = places[0 if runner == (which == "runner") else 1]
    place.cut_off()
    began = time.monotonic()
    if which == "helper":
        until(lambda: any(each.error == SILENT for each in mill.shards()))
    else:
        until(lambda: "queued its worker died" in mill.events())
    time.sleep(max(0.0, began + CUT - time.monotonic()))
    place.join()
    until(lambda: mill.ended, patience=LONG)
    assert mill.status == "completed", mill.events()
    mill.check()
    assert all(worker.poll() is None for worker in workers)


def runs_job(worker: subprocess.Popen[str]) -> bool:
    """Whether it has the job: `ip netns exec` becomes the worker."""
    return any(processes_of(worker.pid, "--ordered"))
