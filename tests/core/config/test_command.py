from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pixcrawler_core.commands.config import config
from pixcrawler_core.config.sources import DEFAULT_ENGINES
from pixcrawler_core.errors import ConfigError
from pixcrawler_core.registry import Registry


@dataclass
class Context:
    registry: Registry
    quiet: bool = False


def invoke(registry: Registry, *args: str | Path, quiet: bool = False) -> Result:
    return CliRunner().invoke(config, [str(arg) for arg in args], obj=Context(registry, quiet))


@pytest.fixture
def job(tmp_path: Path) -> Path:
    path = tmp_path / "cats.toml"
    path.write_text('[job]\nname = "cats"\nkeywords = ["lynx", "cat"]\n')
    return path


def test_schema_prints_json(registry: Registry) -> None:
    result = invoke(registry, "schema")
    assert result.exit_code == 0
    assert (
        "page_size"
        in json.loads(result.stdout)["$defs"]["SourcesTable"]["properties"]["openverse"]["properties"]
    )


def test_check_says_what_the_job_would_do(registry: Registry, job: Path) -> None:
    result = invoke(registry, "check", job)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == f"{job}: ok, 2 categories, engines {', '.join(DEFAULT_ENGINES)}\n"


def test_check_of_a_list_names_it(registry: Registry, job: Path) -> None:
    job.write_text("[urls]\nfile = 'cats.toml'\n")
    assert invoke(registry, "check", job).stdout == f"{job}: ok, list of URLs cats.toml\n"


def test_check_counts_one_category(registry: Registry, job: Path) -> None:
    job.write_text("[job]\nname = 'n'\nkeywords = ['k']\n[sources]\nengines = ['openverse']\n")
    assert invoke(registry, "check", job).stdout == f"{job}: ok, 1 category, engines openverse\n"


def test_check_notes_tables_without_effect(registry: Registry, job: Path) -> None:
    job.write_text(job.read_text() + "[export.zip]\n")
    result = invoke(registry, "check", job, quiet=True)
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == f"{job}: note: [export.zip] has no effect, since nothing picks it\n"


def test_check_tells_each_problem_with_its_line(registry: Registry, job: Path) -> None:
    job.write_text("[job]\nname = 'n'\nkeyword = ['k']\nmax_images = 0\n")
    result = invoke(registry, "check", job)
    assert isinstance(result.exception, ConfigError)
    assert result.exception.exit_code == 2
    assert str(result.exception) == (
        f"{job}:3: unknown key 'keyword' in [job]; did you mean 'keywords'?\n"
        f"{job}:4: [job] max_images is 0: it should be greater than or equal to 1"
    )
    assert result.stdout == ""


def test_the_command_is_imported_without_pydantic() -> None:
    code = "import sys, pixcrawler_core.commands.config; sys.exit('pydantic' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
