"""Scrapy's own commands, and packages of third parties."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pixcrawler_core.testing.web import SimulatedWeb
from tests.conftest import Command
from tests.e2e.jobs import check_dataset, write_job

PLUGIN = """
from pixcrawler_core import hookimpl
from pixcrawler_core.components import Source
from pixcrawler_spiders.openverse import OpenverseOptions, OpenverseSpider

class Flickr(OpenverseSpider):
    name = "{name}"

@hookimpl
def {hook}():
    yield Source(name="{name}", summary="Somebody's source", spider=Flickr, options=OpenverseOptions)
"""


def install(
    folder: Path, name: str = "photopool", hook: str = "register_sources", text: str = PLUGIN
) -> Path:
    """What an installed package looks like: a module and the folder that names its entry point."""
    (folder / "pixcrawler_theirs.py").write_text(text.format(name=name, hook=hook))
    about = folder / "pixcrawler_theirs-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: pixcrawler-theirs\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[pixcrawler]\ntheirs = pixcrawler_theirs\n")
    return folder


def test_third_party_source(
    tmp_path: Path, pixcrawler: Command, scrapy: Command, workspace: Path, web: SimulatedWeb
) -> None:
    theirs = {"PYTHONPATH": str(install(tmp_path))}
    assert "photopool" in scrapy("list", environment=theirs).stdout.split()
    assert "Somebody's source" in pixcrawler("sources", "list", environment=theirs).stdout
    options = {"endpoint": web.endpoint("openverse")}
    job = write_job(tmp_path / "theirs.toml", web, ("castles",), 3, engines=["photopool"], options=options)
    done = pixcrawler("run", job, environment=theirs)
    assert done.code == 0, done.stderr
    assert check_dataset(workspace, "theirs") == {"castles": 3}
    blocked = theirs | {"PIXCRAWLER_BLOCKED_PLUGINS": "theirs"}
    assert pixcrawler("run", job, environment=blocked).code == 2
    assert "photopool" not in pixcrawler("sources", "list", environment=blocked).stdout


@pytest.mark.parametrize(
    ("name", "hook", "text", "told"),
    [
        ("photopool", "register_sources", "import nothing_of_this_name", "nothing_of_this_name"),
        ("photopool", "register_spiders", PLUGIN, "unknown hook"),
        ("openverse", "register_sources", PLUGIN, "comes from both"),
    ],
    ids=["broken", "unknown-hook", "same-name"],
)
def test_broken_plugins(
    tmp_path: Path, pixcrawler: Command, name: str, hook: str, text: str, told: str
) -> None:
    theirs = {"PYTHONPATH": str(install(tmp_path, name, hook, text))}
    done = pixcrawler("sources", "list", environment=theirs)
    assert done.code == 2
    assert told in done.stderr
    assert "theirs" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_scrapy_crawl(tmp_path: Path, scrapy: Command, web: SimulatedWeb) -> None:
    arguments = ["crawl", "openverse", "-a", "keywords=castles", "-a", "max_images=3"]
    arguments += ["-a", f"endpoint={web.openverse_url}/v1/images/", "-a", "delay=0"]
    arguments += ["-s", "PIXCRAWLER_ALLOW_PRIVATE_HOSTS=127.0.0.1,localhost"]
    arguments += ["-s", f"PIXCRAWLER_WORKSPACE={tmp_path / 'workspace'}"]
    found = tmp_path / "found.jsonl"
    assert scrapy(*arguments, "-a", "discover_only=1", "-O", found).code == 0
    rows = [json.loads(line) for line in found.read_text().splitlines()]
    assert len(rows) == 3
    assert {row["engine"] for row in rows} == {"openverse"}
    assert not (tmp_path / "workspace").exists()
    assert scrapy(*arguments).code == 0
    assert check_dataset(tmp_path / "workspace", "openverse-castles") == {"castles": 3}


@pytest.mark.parametrize("arguments", [[], ["-a", "keywords=x", "-a", "nonsense=1"]])
def test_wrong_scrapy_arguments(scrapy: Command, arguments: list[str]) -> None:
    done = scrapy("crawl", "openverse", *arguments, "-L", "ERROR")
    assert done.code == 2
    assert len(done.stderr.strip().splitlines()) == 1
