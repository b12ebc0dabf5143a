"""Engines rendered in a real headless Chromium."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pixcrawler_core.browser import launch_options
from pixcrawler_core.testing.web import SimulatedWeb
from tests.conftest import Command
from tests.e2e.jobs import check_dataset, write_job

ENGINES = ("google", "yandex", "bing")


@pytest.fixture(scope="module", autouse=True)
def chromium() -> None:
    if "executable_path" in launch_options():
        return
    if os.environ.get("CI"):
        pytest.fail("there is no Chromium; .ci/run should have installed it")
    pytest.skip("there is no Chromium on this machine (Debian: apt install chromium)")


@pytest.mark.drill
@pytest.mark.parametrize("name", ENGINES)
def test_a_page_made_by_scripts_is_read_with_a_browser(
    tmp_path: Path, pixcrawler: Command, workspace: Path, web: SimulatedWeb, name: str
) -> None:
    web.fail(name, how="script")
    options = {"accept_terms": True}
    plain = write_job(tmp_path / "plain.toml", web, ("mammals",), 3, engines=[name], options=options)
    assert pixcrawler("run", plain, "--json").json["sources"][name]["state"] in ("blocked", "changed_layout")
    options["render"] = "browser"  # type: ignore[assignment]
    more = "[sources.suspend]\nblocked = 0\nchanged_layout = 0"
    job = write_job(tmp_path / "job.toml", web, ("mammals",), 3, engines=[name], options=options, more=more)
    other = tmp_path / "other"
    done = pixcrawler("run", job, "--json", "--workspace", other)
    assert (done.code, done.json["sources"][name]["state"]) == (0, "ok"), done.stderr
    assert check_dataset(other, "job") == {"mammals": 3}
    assert not [each for each in web.log() if each["host"].startswith("thumbs")], "the page loads no images"


def test_a_site_is_rendered(tmp_path: Path, pixcrawler: Command, workspace: Path, web: SimulatedWeb) -> None:
    job = tmp_path / "site.toml"
    start = web.engine_url("site") + "/"
    job.write_text(f"""
[job]
name = "site"
keywords = ["photographs"]
max_images = 3
[sources]
engines = ["site"]
[sources.site]
start = ["{start}"]
render = "browser"
delay = 0
[fetch]
allow_private_hosts = ["127.0.0.1", "localhost"]
""")
    done = pixcrawler("run", job, "--json")
    assert (done.code, done.json["accepted"]) == (0, 3), done.stderr
