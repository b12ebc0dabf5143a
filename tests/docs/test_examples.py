"""The example job files fit, and the example plugin works once it is installed."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

from pixcrawler_core.cli import Context, pixcrawler
from tests.docs.conftest import run
from tests.docs.pages import ROOT, all_blocks

JOBS = sorted((ROOT / "examples").glob("*.toml"))
PLUGIN = ROOT / "examples/plugin"


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
    """A folder that makes the plugin an installed one: its entry points, as a wheel has them."""
    project = tomllib.loads((PLUGIN / "pyproject.toml").read_text("utf-8"))["project"]
    folder = tmp_path_factory.mktemp("site")
    about = folder / f"pixcrawler_museum-{project['version']}.dist-info"
    about.mkdir()
    head = f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    (about / "METADATA").write_text(head, "utf-8")
    lines = [f"{name} = {module}\n" for name, module in project["entry-points"]["pixcrawler"].items()]
    (about / "entry_points.txt").write_text("[pixcrawler]\n" + "".join(lines), "utf-8")
    return folder


def ours(*arguments: str) -> str:
    """What a command of ours prints."""
    done = CliRunner().invoke(pixcrawler, arguments, obj=Context())
    assert done.exit_code == 0, done.output
    return done.stdout


def test_the_installed_plugin_is_found(site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "artic" not in ours("sources", "list")
    monkeypatch.syspath_prepend(PLUGIN)
    monkeypatch.syspath_prepend(site)
    assert "artic: Works in the public domain" in ours("sources", "list")
    assert "plugin: contrast" in ours("plugins", "show", "validator", "contrast")
    (job,) = (block.text for block in all_blocks("toml") if block.label == "museum")
    (tmp_path / "museum.toml").write_text(job, "utf-8")
    assert ours("config", "check", str(tmp_path / "museum.toml")).endswith("ok, 1 category, engines artic\n")
    monkeypatch.setenv("PIXCRAWLER_BLOCKED_PLUGINS", "artic")
    assert "artic" not in ours("sources", "list")


def test_scrapy_knows_the_source_of_the_plugin(site: Path) -> None:
    assert "artic" in run("scrapy list", ROOT, PYTHONPATH=f"{site}:{PLUGIN}").split()


def test_the_tests_of_the_plugin_pass(site: Path, tmp_path: Path) -> None:
    where = f"--rootdir={PLUGIN} -c {PLUGIN}/pyproject.toml {PLUGIN}"
    done = run(
        f"pytest -q -p no:asyncio -p no:cacheprovider {where}", tmp_path, PYTHONPATH=f"{site}:{PLUGIN}"
    )
    assert " passed" in done
