"""What `deploy/` has, read for tests."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from pixcrawler_core.cli import Context
from tests.conftest import CHECKOUT, PROGRAMS
from tests.docs.clitree import commands

DEPLOY = CHECKOUT / "deploy"
KUBERNETES = DEPLOY / "kubernetes"
COMMANDS = commands()
ELSEWHERE = {"AZURE_STORAGE_CONNECTION_STRING", "HOME", "MPLCONFIGDIR", "PATH", "REQUESTS_CA_BUNDLE"}
"""Variables that libraries read."""


def run(program: str, *arguments: object) -> str:
    """What a program of this environment, or of the machine, prints; the test fails unless it ends well."""
    path = PROGRAMS / program if (PROGRAMS / program).exists() else shutil.which(program)
    if path is None:
        pytest.skip(f"needs {program}")
    done = subprocess.run(
        [path, *map(str, arguments)], capture_output=True, text=True, check=False, timeout=50
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def documents(*paths: Path) -> list[dict[str, Any]]:
    """All YAML documents of files."""
    return [each for path in paths for each in yaml.safe_load_all(path.read_text("utf-8")) if each]


def objects(*folders: str) -> list[dict[str, Any]]:
    """The objects of Kubernetes in these folders, as they stand there."""
    paths = sorted(path for folder in folders for path in (KUBERNETES / folder).glob("*.yaml"))
    return [each for each in documents(*paths) if each.get("kind") not in (None, "Kustomization")]


def pods() -> list[dict[str, Any]]:
    """The templates of all pods."""
    made = []
    for each in objects("base"):
        spec = each.get("spec", {})
        template = spec.get("template") or spec.get("jobTemplate", {}).get("spec", {}).get("template")
        made += [template["spec"]] if template else []
    return made


def check_command(arguments: Sequence[str]) -> None:
    """The arguments of `pixcrawler` name a command with its options. Raises click.UsageError."""
    length = 2 if tuple(arguments[:2]) in COMMANDS else 1
    assert tuple(arguments[:length]) in COMMANDS, arguments
    COMMANDS[tuple(arguments[:length])].make_context("command", list(arguments[length:]), obj=Context())


def check_variables(names: set[str]) -> None:
    """Variables of the environment are those of the documentation, or of libraries."""
    documented = (CHECKOUT / "docs/settings.md").read_text("utf-8")
    assert [name for name in sorted(names - ELSEWHERE) if f"| `{name}` |" not in documented] == []


def units() -> dict[str, list[tuple[str, str]]]:
    """Keys and values of the units of systemd, in their order, by the names of their files."""
    found = {}
    for path in sorted((DEPLOY / "systemd").glob("*.service")):
        text = path.read_text("utf-8")
        found[path.name] = re.findall(r"^(\w+)=(.*)$", text, re.MULTILINE)
    return found


def program_of(line: str) -> list[str]:
    """The arguments of `pixcrawler` in a line that begins it."""
    program, *arguments = shlex.split(line)
    assert Path(program).name == "pixcrawler"
    return arguments
