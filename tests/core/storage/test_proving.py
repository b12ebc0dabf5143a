"""`storage check --full` of a store that cannot look at files of its own: all of it is read."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from pixcrawler_core.catalog.sql import Sql
from pixcrawler_core.catalog.tombstones import keep_tombstones, note_swept
from pixcrawler_core.storage.protocols import StorageTier
from pixcrawler_core.storage.proving import Proof
from pixcrawler_core.takedown.rules import Kind, Rule
from pixcrawler_core.testing.stores import MemoryStore
from pixcrawler_core.workspace import Workspace
from tests.core.storage.shell import UNIT, Shell

FIRST, SECOND = (f"{UNIT}/categories/a/image_00{number}.jpg" for number in (1, 2))


@pytest.fixture
def far(shell: Shell) -> Path:
    """The folder of a store that fsspec reaches, where the dataset was pushed."""
    place = shell.folder / "far"
    url = json.dumps(f"file://{place}")
    (shell.workspace / "storage.toml").write_text(
        f'[storage]\nstores = ["fsspec"]\n[storage.fsspec]\nurl = {url}\n'
    )
    shell("push", "birds")
    return place


def damage(far: Path, key: str) -> None:
    (data,) = (far / key).glob("*.jpg")
    data.write_bytes(data.read_bytes()[:-1] + b"?")


def test_what_was_damaged_is_found_and_stored_again(shell: Shell, far: Path, tmp_path: Path) -> None:
    """If it is in the workspace; a push would take it for sound."""
    assert shell("check", "--full") == "0 problems\n"
    damage(far, FIRST)
    damage(far, SECOND)
    (lost,) = (far / SECOND).glob("*.jpg")
    (shell.workspace / SECOND).write_bytes(b"another picture")
    found = shell.told("check", "--full", code=1)["problems"]
    assert [(each["key"], each["place"]) for each in found] == [(FIRST, FIRST), (SECOND, SECOND)]
    assert f"{FIRST!r}" in found[0]["why"]
    left = shell.told("check", "--full", "--repair", code=1)
    assert (left["mended"], [each["key"] for each in left["problems"]]) == (1, [SECOND])
    assert lost.exists(), "what cannot be mended stays"
    assert shell.told("push", "birds")[0]["sent"] == 2, "with the manifest"
    shell("check", "--full")
    shell("pull", "birds", "--output", tmp_path / "back")
    assert (tmp_path / "back/dataset-birds/categories/a/image_002.jpg").read_bytes() == b"another picture"


def test_without_full_it_is_refused(shell: Shell, far: Path) -> None:
    assert "all of it has to be read: add --full" in shell("check", code=2)


def test_what_is_archived_is_not_read(tmp_path: Path) -> None:
    store = MemoryStore()
    for name in "abc":
        (tmp_path / name).write_text(name)
        store.put(name, tmp_path / name, tier=StorageTier.COLD if name == "b" else StorageTier.HOT)
    store.spoil("c")
    proof = Proof(store)
    assert [each.key for each in proof.problems()] == ["c"]
    assert proof.archived == 1


def test_nothing_that_was_taken_down_comes_back(shell: Shell) -> None:
    """Also where a file of it lies in the store without an object."""
    shell("push", "birds")
    stray = shell.folder / "store/hot/stray.jpg"
    stray.write_bytes(b"taken down")
    digest = hashlib.sha256(b"taken down").hexdigest()
    with Workspace(shell.workspace) as workspace:
        rule = Rule(kind=Kind.SHA256, value=digest)
        keep_tombstones(Sql(workspace.open()), [rule], derived=False, note=None, now="2026-01-01")
        note_swept(Sql(workspace.open()), "2026-01-01")
    shell("check", "--repair")
    assert not stray.exists()
    assert "stray" not in shell("ls", "--json")
