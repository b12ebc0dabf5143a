"""`pixcrawler storage push` and `pull` of datasets that are not as they should be."""

from __future__ import annotations

import os

import pytest

from pixcrawler_core.catalog.accounts import Project, User
from pixcrawler_core.catalog.datasets import Dataset, Export
from pixcrawler_core.storage.local.store import LocalStore
from pixcrawler_core.workspace import Workspace
from tests.core.storage.shell import UNIT, Shell


def test_what_was_half_pushed_takes_the_place_of_nothing(shell: Shell) -> None:
    """But it can be had elsewhere."""
    shell("push", "birds")
    store = LocalStore(shell.folder / "store")
    store.delete([f"{UNIT}/manifest.json"])
    store.close()
    assert f"{UNIT} is not complete in the store" in shell("pull", "birds", code=1)
    assert (shell.workspace / UNIT / "manifest.json").exists()
    shell("pull", "birds", "--output", shell.folder / "back")
    shell("push", "birds")
    shell("pull", "birds")


def test_exports_of_a_dataset_that_only_begins_alike_stay(shell: Shell) -> None:
    """By the names of folders, and by what the catalog knows; what a name has of signs does not count."""
    exports = ("dataset-birds.zip", "dataset-birds-two.zip", "dataset-birds-yolo", "dataset-birds.v2.zip")
    (shell.workspace / "exports").mkdir()
    for name in exports:
        (shell.workspace / "exports" / name).write_bytes(b"an export")
    shell.dataset("birds-two")
    pushed = {each["unit"] for each in shell.told("push", "birds")}
    assert pushed == {UNIT} | {f"exports/{name}" for name in exports if "two" not in name}
    with Workspace(shell.workspace) as workspace:
        workspace.open()
        for name in ("birds", "birds-yolo"):
            Dataset.create(id=name, name=name)
        Export.create(dataset="birds", format="folder", path="dataset-birds-two.zip")
    pushed = {each["unit"] for each in shell.told("push", "birds", "--what", "exports")}
    assert pushed == {f"exports/{name}" for name in exports if "yolo" not in name}
    odd = shell.dataset("birds").rename(shell.folder / "dataset-[b]irds")
    (shell.workspace / "exports/dataset-[b]irds.zip").write_bytes(b"an export")
    pushed = {each["unit"] for each in shell.told("push", odd)}
    assert pushed == {"datasets/dataset-[b]irds", "exports/dataset-[b]irds.zip"}


def test_a_relative_path_starts_beside_the_file_that_names_it(shell: Shell) -> None:
    (shell.workspace / "storage.toml").write_text(
        '[storage]\nstores = ["filesystem"]\n[storage.filesystem]\npath = "kept"\n'
    )
    shell("push", "birds")
    assert (shell.workspace / f"kept/hot/{UNIT}/manifest.json").exists()


@pytest.mark.parametrize("name", [b"dataset-a\nb", b"dataset-a\\b", b"dataset-a\xff"])
def test_names_that_no_store_takes(shell: Shell, name: bytes) -> None:
    folder = shell.dataset().rename(shell.folder / os.fsdecode(name))
    told = shell("push", folder, code=1)
    assert "cannot be stored: the name " in told
    assert told.endswith("; rename it")
    assert shell.listed() == {}


def test_names_of_files_that_no_store_takes(shell: Shell) -> None:
    """In the dataset, and among its exports."""
    with Workspace(shell.workspace) as workspace:
        workspace.open()
    (shell.workspace / os.fsdecode(b"exports/dataset-birds.\xff.zip")).write_bytes(b"an export")
    assert "cannot be stored" in shell("push", "birds", code=1)
    (shell.workspace / UNIT / os.fsdecode(b"metadata\xff")).write_bytes(b"")
    assert "cannot be stored" in shell("push", "birds", "--what", "dataset", code=1)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["push", "a" * 5000], "no finished dataset is called 'aaa"),
        (["push", "a" * 250], "no finished dataset is called 'aaa"),
        (["push", "a" * 5000 + ".v2"], "no finished dataset is called 'aaa"),
        (["gc", "--yes", "--grace", "800000"], "0<=x<=36500"),
        (["gc", "--yes", "--grace", "99999999999"], "0<=x<=36500"),
    ],
)
def test_arguments_that_are_too_much(shell: Shell, arguments: list[str], told: str) -> None:
    assert told in shell(*arguments, code=2)


@pytest.mark.parametrize("key", ["warm_after", "cold_after"])
def test_days_that_are_too_many(shell: Shell, key: str) -> None:
    shell.settle(f"{key} = 10000000000")
    assert f"{key}" in shell("sweep", code=2)


def test_exports_count_in_the_quota_of_the_owner(shell: Shell) -> None:
    """Whose they are is asked in the catalog that keeps the account, too."""
    with Workspace(shell.workspace) as workspace:
        workspace.open()
        user = User.create(email="ada@example.org", storage_quota=500)
        Dataset.create(id="birds", name="birds", project=Project.create(owner=user, name="birds"))
    (shell.workspace / "exports/dataset-birds.zip").write_bytes(bytes(300))
    shell("push", "birds", "--what", "exports")
    (shell.workspace / "exports/dataset-birds.zip").write_bytes(bytes(600))
    assert "the storage quota is 500 bytes: " in shell("push", "birds", "--what", "exports", code=1)
