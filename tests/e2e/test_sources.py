"""Every source crawls its part of the simulated web, and every kind of refusal is told apart."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pixcrawler_core.components import Source
from pixcrawler_core.registry import load
from pixcrawler_core.testing.web import SimulatedWeb
from pixcrawler_core.testing.web.engine import KEY
from pixcrawler_core.testing.web.engines import names
from tests.conftest import Command, wait
from tests.e2e.jobs import check_dataset, ledger, write_job

SOURCES = {
    name: source
    for name, source in load(installed=False).all(Source).items()
    if "endpoint" in source.options.model_fields
}
SIMULATED = sorted(set(SOURCES) - {"openverse", "wikimedia"})
IMAGES = 4


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for source in SOURCES.values():
        for secret in source.secrets:
            monkeypatch.setenv(secret.env, KEY)


def options(name: str) -> dict[str, Any]:
    """What a source needs beside its address."""
    return {"accept_terms": True} if SOURCES[name].terms else {}


def test_every_source_has_its_counterpart() -> None:
    assert set(SIMULATED) <= set(names())


@pytest.mark.parametrize("name", SIMULATED)
def test_a_source_fills_a_dataset(
    tmp_path: Path, pixcrawler: Command, workspace: Path, web: SimulatedWeb, name: str
) -> None:
    job = write_job(tmp_path / "one.toml", web, ("mammals",), IMAGES, engines=[name], options=options(name))
    done = pixcrawler("run", job, "--json")
    assert (done.code, done.json["accepted"]) == (0, IMAGES), done.stderr
    assert check_dataset(workspace, "one") == {"mammals": IMAGES}
    assert done.json["sources"][name]["state"] == "ok"
    rows = ledger(workspace, "one")
    assert {row["engine"] for row in rows} == {name}
    if SOURCES[name].licences:
        assert any(row["license"] for row in rows)
    told = [path for path in workspace.rglob("*") if path.is_file() and KEY.encode() in path.read_bytes()]
    assert told == [], "the key is in a file"


def everybody(job: Path, web: SimulatedWeb) -> Path:
    """A job that asks all simulated sources for a dataset that none of them fills alone."""
    write_job(job, web, ("mammals",), 18, engines=SIMULATED, options={})
    text = job.read_text()
    for name in SIMULATED:
        extra = "".join(f"{key} = {json.dumps(value)}\n" for key, value in options(name).items())
        text = text.replace(f"[sources.{name}]\n", f"[sources.{name}]\n{extra}")
    job.write_text(text)
    return job


@pytest.mark.parametrize(
    ("how", "states"),
    [
        ("block", {"blocked"}),
        ("layout", {"changed_layout"}),
        ("429", {"throttled"}),
    ],
)
def test_refusals_are_told_apart(
    tmp_path: Path, pixcrawler: Command, web: SimulatedWeb, how: str, states: set[str]
) -> None:
    for name in SIMULATED:
        web.fail(name, how=how, seconds=500)
    job = everybody(tmp_path / "all.toml", web)
    done = wait(pixcrawler.start("run", job, "--json"), patience=90)
    assert done.code == 1
    found = {name: done.json["sources"][name]["state"] for name in SIMULATED}
    assert {name: state for name, state in found.items() if state not in states} == {}
    assert set(done.json["source_failures"]) == {f"{name}: mammals" for name in SIMULATED}


def test_a_source_that_fails_for_a_moment_is_asked_again(
    tmp_path: Path, pixcrawler: Command, workspace: Path, web: SimulatedWeb
) -> None:
    for name in SIMULATED:
        web.fail(name, how="500", calls=2)
    done = wait(pixcrawler.start("run", everybody(tmp_path / "all.toml", web), "--json"), patience=90)
    assert done.code == 0, done.stderr
    assert not done.json["source_failures"]
    assert check_dataset(workspace, "all") == {"mammals": 18}


@pytest.mark.parametrize("name", [name for name in SIMULATED if SOURCES[name].secrets])
def test_no_log_has_a_key(tmp_path: Path, pixcrawler: Command, web: SimulatedWeb, name: str) -> None:
    web.fail(name, how="500", calls=1)
    job = write_job(tmp_path / "one.toml", web, ("mammals",), 2, engines=[name])
    done = pixcrawler("run", job, "--debug")
    assert done.code == 0, done.stderr
    assert "DEBUG: Crawled" in done.stderr
    assert KEY not in done.stderr + done.stdout
