"""A store whose disk is not mounted: nothing is taken for lost, and nothing is put in its place."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from pixcrawler_core.catalog.models import Dataset, StoredUnit
from pixcrawler_core.storage.errors import StoreRefused
from pixcrawler_core.storage.local.store import LocalStore
from pixcrawler_core.storage.protocols import StorageTier
from pixcrawler_core.testing.contracts.store_helping import filed, read
from pixcrawler_core.workspace import Workspace
from tests.core.storage.shell import Shell

TOLD = "the store 'filesystem' has nothing of what the catalog has noted, such as datasets/dataset-"
COMMANDS = ("ls", "usage --verify", "push birds", "pull birds", "sweep", "check", "gc --yes")


@pytest.fixture
def unmounted(shell: Shell) -> Path:
    """The folder of a store in which two datasets were stored, empty; beside it, the one that has them."""
    with Workspace(shell.workspace):
        for name in ("birds", "cats"):
            Dataset.create(id=name, name=name)
            shell.dataset(name)
    for name in ("birds", "cats"):
        shell("push", name)
    place = shell.folder / "store"
    place.rename(shell.folder / "disk")
    place.mkdir()
    return place


def test_a_store_that_lost_all_is_told(shell: Shell, unmounted: Path) -> None:
    """And what the catalog has of it stays."""
    for command in COMMANDS:
        assert TOLD in shell(*command.split(), code=1)
    assert not list((unmounted / "hot").iterdir())
    with Workspace(shell.workspace):
        assert StoredUnit.select().count() == 2


def test_it_is_there_again_or_given_up(shell: Shell, unmounted: Path) -> None:
    assert TOLD in shell("usage", "--verify", code=1)
    assert shell.told("usage", "--verify", "--emptied", code=1)["differences"][0]["what"] == "accounting"
    assert shell.listed() == {}
    shell("push", "birds")
    assert list(shell.listed()) == ["datasets/dataset-birds"]
    assert "--emptied is for --verify" in shell("usage", "--emptied", code=2)


def test_a_first_push_that_was_killed_is_repeated(shell: Shell) -> None:
    with Workspace(shell.workspace):
        Dataset.create(id="birds", name="birds")
        StoredUnit.create(store="filesystem", unit="datasets/dataset-birds", objects=3, hot=9, warm=0, cold=0)
    assert "storage push" in shell("ls", code=1)
    shell("push", "birds")


def test_an_archive_that_is_not_there_is_told(tmp_path: Path) -> None:
    """Where something is archived; else it is made."""
    root, cold = tmp_path / "store", tmp_path / "slow"
    LocalStore(root, cold=tmp_path / "other").close()
    with closing(LocalStore(root, cold=cold, wait=timedelta(0))) as store:
        store.put("a", filed(tmp_path, 10), tier=StorageTier.COLD)
    cold.rename(tmp_path / "disk")
    cold.mkdir()
    with pytest.raises(StoreRefused, match=f"what {root} has archived is not in {cold}: is its disk mounted"):
        LocalStore(root, cold=cold)
    assert list(cold.iterdir()) == []
    cold.rmdir()
    (tmp_path / "disk").rename(cold)
    with closing(LocalStore(root, cold=cold)) as store:
        store.rehydrate(["a"])
        assert read(store, "a") == filed(tmp_path, 10).read_bytes()
