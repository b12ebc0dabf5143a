"""The composition of `deploy/`, started by the engine of this machine."""

from __future__ import annotations

import os
import resource
import secrets
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import CHECKOUT
from tests.deploy.client import EMAIL, PASSWORD, Client
from tests.deploy.files import DEPLOY, documents
from tests.plugins.stores.azurite import KEY

HERE = Path(__file__).parent
FILES = 65_536
"""Open files that `compose.yaml` lets containers have, where the machine lets the engine give as many."""


class Composition:
    """Containers of a project of their own, of these files in `deploy/`."""

    def __init__(self, folder: Path, *files: str) -> None:
        settings = (DEPLOY / "server.toml").read_text("utf-8")
        (folder / "server.toml").write_text(
            settings.replace("[crawl]", '[crawl]\nallow_private_hosts = ["web"]')
        )
        self._options = ["--project-name", f"pixcrawler-drill-{os.getpid()}-{secrets.token_hex(2)}"]
        for path in (*(DEPLOY / name for name in files), HERE / "compose.drill.yaml"):
            self._options += ["--file", str(path)]
        if "compose.azurite.yaml" in files:
            self._options += ["--profile", "azurite"]
        self._environment = {
            **os.environ,
            "POSTGRES_PASSWORD": secrets.token_hex(16),
            "AZURITE_KEY": KEY,
            "DRILL_FILES": str(_open_files()),
            "DRILL_PICTURES": str(HERE / "pictures.py"),
            "DRILL_SETTINGS": str(folder / "server.toml"),
        }
        self.client = Client("")
        """Who asks the API, of which each start has another address."""

    def __call__(self, *arguments: str, seconds: float = 120) -> str:
        """What `docker compose` prints; the test fails unless it ends well in that time."""
        return _done(["docker", "compose", *self._options, *arguments], seconds, self._environment)

    def start(self, *arguments: str) -> None:
        """Start everything and wait until it is healthy."""
        self("up", "--detach", "--wait", *arguments, seconds=300)
        self.client.address = f"http://{self('port', 'api', '8000').strip()}"

    def sign_up(self) -> None:
        """Make an admin, as the documentation says, who asks from then on."""
        told = ("--env", f"PIXCRAWLER_PASSWORD={PASSWORD}")
        self("exec", "-T", *told, "api", "pixcrawler", "users", "create", "--admin", EMAIL)
        self.client.sign_in()

    def containers(self, service: str) -> list[str]:
        """The ids of all containers of a service, of those that ended as well."""
        return self("ps", "--all", "--quiet", service).split()

    def ending(self, container: str) -> int:
        """With which code a container ended."""
        return int(docker("inspect", "--format", "{{.State.ExitCode}}", container))

    def end(self) -> None:
        """Remove containers, networks and volumes."""
        self("down", "--volumes", "--timeout", "5")


def said(container: str) -> str:
    """What a container wrote, on either output."""
    done = subprocess.run(
        ["docker", "logs", container], capture_output=True, text=True, check=True, timeout=30
    )
    return done.stdout + done.stderr


def docker(*arguments: str, seconds: float = 60) -> str:
    """What the engine's client prints; the test fails unless it ends well."""
    return _done(["docker", *arguments], seconds)


def need_engine() -> None:
    """Skip the test where no engine runs, no Compose is there, or images cannot be had."""
    if shutil.which("docker") is None:
        pytest.skip("needs docker, or its client with the socket of another engine in DOCKER_HOST")
    for words in (("docker", "info"), ("docker", "compose", "version")):
        _skip_without(words, f"`{' '.join(words)}` fails")
    (compose,) = documents(DEPLOY / "compose.yaml")
    base = (DEPLOY / "Dockerfile").read_text("utf-8").partition("ARG BASE=")[2].split()[0]
    services = compose["services"]
    for image in (base, services["postgres"]["image"], services["valkey"]["image"]):
        need_image(image)


def need_image(image: str) -> None:
    """Skip the test where an image is neither here nor to be had."""
    known = subprocess.run(
        ["docker", "image", "inspect", image], capture_output=True, check=False, timeout=30
    )
    if known.returncode:
        _skip_without(("docker", "pull", "--quiet", image), f"the image {image} cannot be had")


def _open_files() -> int:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    return FILES if most == resource.RLIM_INFINITY else min(FILES, most)


def _skip_without(command: tuple[str, ...], reason: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    if done.returncode:
        pytest.skip(f"{reason}: {done.stderr.strip()[-200:]}")


def _done(command: list[str], seconds: float, environment: dict[str, str] | None = None) -> str:
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=seconds, cwd=CHECKOUT, env=environment
    )
    assert done.returncode == 0, f"{command}: {done.stdout[-2000:]}{done.stderr[-4000:]}"
    return done.stdout
