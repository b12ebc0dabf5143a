"""`pixcrawler storage push` and `pull` of datasets that are not as they should be."""

from __future__ import annotations

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
