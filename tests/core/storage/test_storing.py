"""`pixcrawler storage push` and `pull` of datasets that are not as they should be."""

from __future__ import annotations

from pixcrawler_core.storage.local.store import LocalStore
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
