"""docs/dataset.md names every file, key, column, state and reason that a dataset can have."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from pixcrawler_core.fetch.retry import PASSING_STATUS
from pixcrawler_core.records import Stage, State
from tests.docs.conftest import Sandbox
from tests.docs.pages import ROOT
from tests.docs.test_sources import section

PAGE = "docs/dataset.md"
SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
CALLS = {"Failure", "refusal", "DecodeError", "_settle"}
PARTS = ("pixcrawler_core", "spiders", "validators", "exporters", "plugins")


def missing(names: Any, text: str) -> list[str]:
    """The names that the text does not have in backticks."""
    return [name for name in names if f"`{name}`" not in text]


def test_every_key_of_the_manifest(sandbox: Sandbox) -> None:
    manifest = json.loads((sandbox.dataset / "manifest.json").read_text("utf-8"))
    text = section(PAGE, "manifest.json")
    assert manifest["images"]
    assert missing(manifest, text) == []
    assert missing(manifest["images"][0], text) == []
    evidence = section("docs/fetching.md", "Consent")
    assert missing(manifest["images"][0]["consent"], evidence) == []


def test_every_key_of_the_statistics(sandbox: Sandbox) -> None:
    statistics = json.loads((sandbox.dataset / "statistics.json").read_text("utf-8"))
    text = section(PAGE, "statistics.json")
    assert missing(statistics, text) == []
    for part in (statistics["images"], statistics["candidates"], *statistics["categories"].values()):
        assert missing(part, text) == []


def test_every_column_of_the_ledger(sandbox: Sandbox) -> None:
    schema = pq.read_schema(sandbox.dataset / "metadata/ledger.parquet")
    assert missing(schema.names, section(PAGE, "The ledger")) == []


def test_every_file(sandbox: Sandbox) -> None:
    text = (ROOT / PAGE).read_text("utf-8")
    files = [path for path in sandbox.dataset.rglob("*") if path.is_file() and "categories" not in path.parts]
    assert len(files) >= 5
    assert [path.name for path in files if f" {path.name} " not in text] == []


def test_every_state_and_stage() -> None:
    text = section(PAGE, "The ledger")
    assert missing([f"{each.value}" for each in (*State, *Stage)], text) == []


def test_every_reason_of_the_demo(sandbox: Sandbox) -> None:
    statistics = json.loads((sandbox.dataset / "statistics.json").read_text("utf-8"))
    reasons = set(statistics["candidates"]["by_reason"]) - {"http-403", "http-404", "http-410"}
    assert len(reasons) > 5
    assert missing(sorted(reasons), section(PAGE, "The ledger")) == []


def slugs() -> Iterator[str]:
    """The reasons that stand in the code as they are."""
    for part in PARTS:
        for path in (ROOT / part).rglob("*.py"):
            if "testing" not in path.parts:
                yield from _slugs(path)


def _slugs(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        given = [each.value for each in node.keywords if each.arg == "reason"]
        given += node.args[:2] if name in CALLS else []
        for each in given:
            if isinstance(each, ast.Constant) and isinstance(each.value, str) and SLUG.fullmatch(each.value):
                yield each.value


def test_every_reason_in_the_code() -> None:
    found = set(slugs()) | {f"http-{status}" for status in PASSING_STATUS}
    assert {"robots", "timeout", "dropped", "too-small", "bad-url"} <= found
    assert missing(sorted(found), section(PAGE, "The ledger")) == []
