from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from pixcrawler_core.config.job import JobFile
from pixcrawler_core.config.load import parse_job
from pixcrawler_core.config.reference import MARKED, tables, updated
from pixcrawler_core.registry import Registry, load

PAGE = Path(__file__).parents[3] / "docs" / "job-file.md"
TEXT = PAGE.read_text("utf-8")
RENEW = "run: python -m pixcrawler_core.config.reference docs/job-file.md"


@pytest.fixture(scope="module")
def builtin() -> Registry:
    return load(installed=False)


def test_every_table_of_the_job_file_has_a_section() -> None:
    for name in JobFile.model_fields:
        assert re.search(rf"^## \[+{name}[\].]", TEXT, re.MULTILINE), name


def test_every_key_is_documented_with_its_default_and_range(builtin: Registry) -> None:
    models = tables(builtin)
    assert set(models) == set(JobFile.model_fields)
    assert [mark["table"] for mark in MARKED.finditer(TEXT)] == list(models)
    for name, model in models.items():
        for key in model.model_fields:
            assert f"| `{key}` |" in TEXT, f"{name}.{key}"
    assert updated(TEXT, models) == TEXT, RENEW


def test_a_wrong_default_would_be_noticed(builtin: Registry) -> None:
    stale = TEXT.replace("| `32` | 1 to 512 |", "| `33` | 1 to 512 |")
    assert stale != TEXT
    assert updated(stale, tables(builtin)) == TEXT


def test_the_reference_is_written_by_its_command(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(re.sub(r"^\| `.*\n", "", TEXT, flags=re.MULTILINE), "utf-8")
    subprocess.run([sys.executable, "-m", "pixcrawler_core.config.reference", str(page)], check=True)
    assert page.read_text("utf-8") == TEXT


@pytest.mark.parametrize("example", re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL))
def test_the_examples_of_the_page_load(example: str, builtin: Registry, tmp_path: Path) -> None:
    (tmp_path / "birds.csv").touch()
    if not re.search(r"^\[job\]|^\[urls\]", example, re.MULTILINE):
        keywords = "" if "[[category]]" in example else "keywords = ['k']"
        example = f"[job]\nname = 'n'\n{keywords}\n{example}"
    assert parse_job(example, builtin, tmp_path).unused_tables == []
