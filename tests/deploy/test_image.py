"""The image: what its file says, and that the wheel and the versions in it are those of the project."""

from __future__ import annotations

import json
import re
import shutil
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.conftest import CHECKOUT
from tests.deploy.files import DEPLOY, check_command, check_variables, run

DOCKERFILE = (DEPLOY / "Dockerfile").read_text("utf-8")
FINAL = DOCKERFILE.rpartition("\nFROM ")[2]
PROJECT = tomllib.loads((CHECKOUT / "pyproject.toml").read_text("utf-8"))["project"]


def said(instruction: str) -> str:
    """What an instruction of the last stage says."""
    (found,) = re.findall(rf"^{instruction} (.*)$", FINAL, re.MULTILINE)
    return str(found)


def test_the_linter_has_nothing_to_say() -> None:
    assert run("hadolint", DEPLOY / "Dockerfile") == ""


def test_it_starts_the_api_as_nobody_in_particular() -> None:
    assert said("USER") == "10001:10001"
    assert "--uid 10001" in FINAL
    *_, program = json.loads(said("ENTRYPOINT"))
    assert program == "pixcrawler"
    command = json.loads(said("CMD"))
    check_command(command)
    assert command[-1].endswith(f":{said('EXPOSE')}")


def test_it_tells_nothing_of_health_since_a_worker_has_no_port() -> None:
    """Where it is switched off again, `docker compose up --wait` fails: each service says what is healthy."""
    assert "HEALTHCHECK" not in DOCKERFILE


def test_its_variables_are_ours() -> None:
    block = FINAL.partition("\nENV ")[2].partition("\nUSER")[0]
    names = set(re.findall(r"^\s*([A-Z_]+)=", block, re.MULTILINE))
    assert "PIXCRAWLER_WORKSPACE" in names
    check_variables(names)


def test_extras_exist() -> None:
    (extras,) = re.findall(r"^ARG EXTRAS=(.*)$", DOCKERFILE, re.MULTILINE)
    assert set(extras.split(",")) <= set(PROJECT["optional-dependencies"])


def test_no_tools_for_building_in_the_last_stage() -> None:
    assert not re.search(r"gcc|build-essential|make\b|-dev\b|pip ", FINAL)


def pinned() -> dict[str, list[Version]]:
    """The versions of `constraints.txt`: of some packages one for older and one for newer Pythons."""
    found: dict[str, list[Version]] = {}
    for line in (DEPLOY / "constraints.txt").read_text("utf-8").splitlines():
        name, _, version = line.partition(";")[0].strip().partition("==")
        found.setdefault(canonicalize_name(name), []).append(Version(version))
    return found


def needed() -> list[Requirement]:
    """What the project needs, with all that the image may be built with."""
    extras = ("server", "postgres", "redis", "azure", "ai", "otel", "s3", "gcs", "stripe")
    lines = [
        *PROJECT["dependencies"],
        *(each for one in extras for each in PROJECT["optional-dependencies"][one]),
    ]
    return [Requirement(line) for line in lines]


def test_versions_are_those_that_the_project_takes() -> None:
    versions = pinned()
    for each in needed():
        if each.marker is None or each.marker.evaluate({"python_version": "3.13"}):
            found = versions.get(canonicalize_name(each.name), [])
            assert any(version in each.specifier for version in found), f"{each}: run make constraints"


@pytest.mark.drill
def test_what_the_context_has_makes_the_wheel(tmp_path: Path) -> None:
    """The files that .dockerignore lets through are enough, and the wheel has all packages."""
    context = tmp_path / "context"
    lines = (CHECKOUT / ".dockerignore").read_text("utf-8").splitlines()
    for name in (line[1:] for line in lines if line.startswith("!")):
        source, target = CHECKOUT / name, context / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    arguments = ("--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", tmp_path, context)
    run("pip", "wheel", "--quiet", *arguments)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        tops = {name.partition("/")[0] for name in archive.namelist() if ".dist-info" not in name}
    assert tops == {
        f"pixcrawler_{part}" for part in ("core", "exporters", "plugins", "server", "spiders", "validators")
    }
