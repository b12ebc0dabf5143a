"""The example job files fit, and the example plugin works once it is installed."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from pixcrawler_core.cli import Context, pixcrawler
from tests.announced import announce
from tests.docs.conftest import run
from tests.docs.pages import ROOT, all_blocks

JOBS = sorted((ROOT / "examples").glob("*.toml"))
PLUGIN = ROOT / "examples/pixcrawler-example-plugin"
SOURCES = PLUGIN / "src"


@pytest.mark.parametrize("job", JOBS, ids=lambda job: job.name)
def test_example_jobs_fit(job: Path) -> None:
    done = CliRunner().invoke(pixcrawler, ["config", "check", str(job)], obj=Context())
    assert done.exit_code == 0
    assert done.stdout.startswith(f"{job}: ok, ")
    assert not done.stderr


def test_there_is_an_example_for_each_way() -> None:
    text = [job.read_text("utf-8") for job in JOBS]
    assert all("contact = " in each for each in text)
    for way in ('engines = ["openverse"]', 'engines = ["wikimedia"]', "[[category]]", "label_column"):
        assert any(way in each for each in text), way


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that makes the plugin an installed one."""
    return announce(PLUGIN, tmp_path_factory.mktemp("site"))


def ours(*arguments: str) -> str:
    """What a command of ours prints."""
    done = CliRunner().invoke(pixcrawler, arguments, obj=Context())
    assert done.exit_code == 0, done.output
    return done.stdout


def test_the_installed_plugin_is_found(site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "gallery" not in ours("sources", "list")
    monkeypatch.syspath_prepend(SOURCES)
    monkeypatch.syspath_prepend(site)
    assert "gallery: Photographs of the gallery" in ours("sources", "list")
    assert "plugin: spread" in ours("plugins", "show", "validator", "spread")
    assert "plugin: brightness" in ours("plugins", "show", "labeler", "brightness")
    assert "plugin: album" in ours("plugins", "show", "exporter", "album")
    (job,) = (block.text for block in all_blocks("toml") if block.label == "gallery")
    (tmp_path / "gallery.toml").write_text(job, "utf-8")
    assert ours("config", "check", str(tmp_path / "gallery.toml")).endswith(
        "ok, 1 category, engines gallery\n"
    )
    monkeypatch.setenv("PIXCRAWLER_BLOCKED_PLUGINS", "gallery")
    assert "gallery" not in ours("sources", "list")


def test_scrapy_knows_the_source_of_the_plugin(site: Path) -> None:
    assert "gallery" in run("scrapy list", ROOT, PYTHONPATH=f"{site}:{SOURCES}").split()


def test_the_tests_of_the_plugin_pass(site: Path, tmp_path: Path) -> None:
    where = f"--rootdir={PLUGIN} -c {PLUGIN}/pyproject.toml {PLUGIN}"
    done = run(
        f"pytest -q -p no:asyncio -p no:cacheprovider {where}", tmp_path, PYTHONPATH=f"{site}:{SOURCES}"
    )
    assert " passed" in done
