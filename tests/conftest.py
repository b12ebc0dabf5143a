"""What tests of the whole program share: a simulated web of real photographs, and the command line."""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from pixcrawler_core.errors import PixCrawlerError
from pixcrawler_core.models.manifest import Model
from pixcrawler_core.models.store import VARIABLE, ModelStore
from pixcrawler_core.testing.web import SimulatedWeb
from tests import forked

settings.register_profile("pixcrawler", deadline=None, max_examples=50)
settings.load_profile("pixcrawler")  # how long a test takes says more of the machine than of the code

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # a script runs these tests with `&`
    signal.signal(signal.SIGINT, signal.default_int_handler)

pytest_plugins = ["tests.databases"]

CHECKOUT = Path(__file__).parents[1]
PHOTOGRAPHS = CHECKOUT / "examples/photographs"
PROGRAMS = Path(sys.executable).parent
MODELS = Path(os.environ.get(VARIABLE) or CHECKOUT / ".cache/models")
PIXCRAWLER = str(PROGRAMS / "pixcrawler")
PATIENCE = 45.0
"""Seconds after which a command counts as hanging."""
LIBC = ctypes.CDLL(None)
OVERRIDING = (1, 2)
"""CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH: capabilities(7)."""
DROP = 24
"""PR_CAPBSET_DROP: prctl(2)."""


@dataclass(frozen=True)
class Finished:
    """How a command ended."""

    code: int
    stdout: str
    stderr: str
    seconds: float

    @property
    def json(self) -> Any:
        """Standard output, which has to be one JSON document and nothing else."""
        return json.loads(self.stdout)


class Command:
    """A program of this environment, run as a user runs it: another process, in a folder of its own.

    `--workspace` comes from the environment, so that a test names it only where it wants another one.
    """

    def __init__(self, program: str, folder: Path, environment: Mapping[str, str]) -> None:
        self.program = [str(PROGRAMS / program)]
        self.folder = folder
        self.environment = {**os.environ, **environment}
        self.processes: list[subprocess.Popen[str]] = []

    def start(self, *arguments: object, **options: Any) -> subprocess.Popen[str]:
        """The running process, with pipes on its output."""
        process = subprocess.Popen(
            [*self.program, *map(str, arguments)],
            cwd=options.pop("cwd", self.folder),
            env={**self.environment, **options.pop("environment", {})},
            text=True,
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            stdout=options.pop("stdout", subprocess.PIPE),
            stderr=options.pop("stderr", subprocess.PIPE),
            preexec_fn=options.pop("preexec_fn", None),  # noqa: PLW1509  # nothing but a limit is set
        )
        assert not options
        self.processes.append(process)
        return process

    def __call__(self, *arguments: object, **options: Any) -> Finished:
        """Run to the end; a command that hangs is killed and fails the test."""
        began = time.monotonic()
        environment = {**self.environment, **options.get("environment", {})}
        if (
            self.program != [PIXCRAWLER]
            or not options.keys() <= {"environment", "cwd"}
            or _fresh(environment)
        ):
            return wait(self.start(*arguments, **options), began)
        folder = options.get("cwd", self.folder)
        done = forked.run([str(each) for each in arguments], folder, environment, PATIENCE)
        if done.code is None:
            pytest.fail(f"hangs: {arguments!r}\n{done.stdout}\n{done.stderr}")
        return Finished(done.code, done.stdout, done.stderr, time.monotonic() - began)

    def end(self) -> None:
        """Kill what a failed test left behind."""
        for process in self.processes:
            with process:
                process.kill()


def _fresh(environment: Mapping[str, str]) -> bool:
    """Whether a command that runs to its end must start from nothing: see `tests.forked`."""
    own = {name for name in environment.keys() | os.environ if name.startswith("PYTHON")}
    return "FRESH" in environment or any(environment.get(name) != os.environ.get(name) for name in own)


def wait(process: subprocess.Popen[str], began: float | None = None, patience: float = PATIENCE) -> Finished:
    """The end of a command that was started; `seconds` count from `began`, or from now."""
    began = time.monotonic() if began is None else began
    try:
        stdout, stderr = process.communicate(timeout=patience)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        stdout, stderr = process.communicate()
        pytest.fail(f"hangs: {process.args!r}\n{stdout}\n{stderr}")
    return Finished(process.returncode, stdout or "", stderr or "", time.monotonic() - began)


def deaf_to_sigint() -> None:
    """As `preexec_fn` of a command: what a shell does for what a script runs with `&`."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def humbly() -> None:
    """As `preexec_fn` of a command: take from root the right to read and write what nobody may (on Linux)."""
    if sys.platform == "linux":
        for each in OVERRIDING:
            LIBC.prctl(DROP, each, 0, 0, 0)


def until(condition: Callable[[], object], patience: float = PATIENCE, every: float = 0.01) -> None:
    """Wait for a condition, asked `every` so many seconds; the test fails when it does not come true."""
    end = time.monotonic() + patience
    while not condition():
        if time.monotonic() > end:
            pytest.fail("waited in vain")
        time.sleep(every)


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A workspace that does not exist yet."""
    return tmp_path / "workspace"


@pytest.fixture
def pixcrawler(tmp_path: Path, workspace: Path) -> Iterator[Command]:
    """The `pixcrawler` command, in an empty folder."""
    environment = {"PIXCRAWLER_WORKSPACE": str(workspace), VARIABLE: str(MODELS), "COLUMNS": "200"}
    command = Command("pixcrawler", tmp_path, environment)
    yield command
    command.end()


@pytest.fixture
def scrapy() -> Iterator[Command]:
    """The `scrapy` command, in the checkout."""
    command = Command("scrapy", CHECKOUT, {VARIABLE: str(MODELS)})
    yield command
    command.end()


@pytest.fixture(scope="session")
def running_photographs() -> Iterator[SimulatedWeb]:
    """The simulated web of the session; take `web` in tests."""
    with SimulatedWeb(PHOTOGRAPHS) as web:
        yield web


@pytest.fixture
def web(running_photographs: SimulatedWeb) -> SimulatedWeb:
    """A simulated web over the example photographs, without faults, with nothing logged or planned."""
    running_photographs.reset()
    return running_photographs


@pytest.fixture(scope="session")
def faulty_web() -> Iterator[SimulatedWeb]:
    """A simulated web in which every kind of fault is among the results."""
    with SimulatedWeb(PHOTOGRAPHS, faults=0.45) as web:
        yield web


class Silent:
    """Progress of a pull that nobody watches."""

    def fetching(self, model: Model, done: int) -> None:
        """Nothing."""

    def finished(self, model: Model, path: Path) -> None:
        """Nothing."""


PULLED = pytest.StashKey[str]()
"""Why the models could not be fetched; empty when they are there."""


def pytest_collection_finish(session: pytest.Session) -> None:
    """Fetch the models before the first test if one of them asks for any: it takes longer than a test may."""
    if not any("models" in getattr(item, "fixturenames", ()) for item in session.items):
        return
    store = ModelStore(MODELS)
    try:
        store.pull(store.models, Silent())
    except PixCrawlerError as error:
        session.config.stash[PULLED] = str(error)
    else:
        session.config.stash[PULLED] = ""


@pytest.fixture(scope="session")
def models(request: pytest.FixtureRequest) -> ModelStore:
    """All models, kept in the checkout. Tests are skipped where they cannot be had, but fail in CI.

    The commands of `pixcrawler` and `scrapy` find them too.
    """
    problem = request.config.stash[PULLED]
    if problem and os.environ.get("CI"):
        pytest.fail(problem)
    if problem:
        pytest.skip(problem)
    return ModelStore(MODELS)
