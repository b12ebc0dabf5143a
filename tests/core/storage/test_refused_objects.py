"""Objects that a store which encrypts does not give: they stop nothing, and there is a way out."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pixcrawler_core.errors import PixCrawlerError
from pixcrawler_core.storage.encryption.keyfile import KeyFile
from pixcrawler_core.storage.encryption.store import EncryptedStore
from pixcrawler_core.storage.protocols import Refusal, StorageTier
from pixcrawler_core.storage.pulling import Pull
from pixcrawler_core.storage.pushing import Push
from pixcrawler_core.takedown.reaching import Reach, Reached
from pixcrawler_core.testing.stores import MemoryStore
from pixcrawler_core.workspace import Workspace
from tests.core.storage.shell import UNIT, Shell


def test_what_was_plain_before_is_told_apart_moved_and_replaced(shell: Shell) -> None:
    """The store is given keys when it has a dataset already."""
    shell("push", "birds")
    shell.encrypt()
    assert shell.listed()[UNIT]["refused"] == {"not_encrypted": 3}
    assert "3 not encrypted" in shell("ls")
    assert shell("ls", "birds").count(", hot, not encrypted") == 3
    assert {each["what"] for each in shell.told("usage", "--verify", code=1)["differences"]} == {"changed"}
    shell("tier", "birds", "warm")
    shell("sweep")
    assert shell("keys", "rewrap").startswith("0 objects rewrapped")
    assert "not encrypted" in shell("pull", "birds", "--output", shell.folder / "back", code=1)
    assert not (shell.folder / f"back/{Path(UNIT).name}").exists()
    assert shell.told("push", "birds")[0]["sent"] == 3
    assert shell.listed()[UNIT]["refused"] == {}
    shell("pull", "birds", "--output", shell.folder / "back")


@pytest.fixture
def kept(shell: Shell, tmp_path: Path) -> EncryptedStore:
    """A store whose dataset is plain, and which encrypts now."""
    inner = MemoryStore()
    list(Push(inner, shell.workspace / UNIT, UNIT).run())
    return EncryptedStore(inner, KeyFile.create(tmp_path / "keys.json"))


def test_a_half_that_was_pulled_before_does_not_pass_for_it(
    shell: Shell, kept: EncryptedStore, tmp_path: Path
) -> None:
    shutil.copytree(shell.workspace / UNIT, tmp_path / f"back/.{Path(UNIT).name}.part")
    with pytest.raises(PixCrawlerError, match="not encrypted"):
        list(Pull(kept, UNIT, tmp_path / "back").run())


def test_what_is_plain_is_taken_down(shell: Shell, kept: EncryptedStore) -> None:
    """By its digest, which is that of its bytes."""
    first, *others = kept.list()
    (shell.workspace / first.key).unlink()
    reach = Reach(
        workspace=Workspace(shell.workspace), known=["birds"], affected=["birds"], digests=[first.sha256]
    )
    told = Reached(store="memory")
    reach.run(kept, told)
    assert (told.objects, told.renewed) == (1, [UNIT])
    assert [(stat.key, stat.refused) for stat in kept.list()] == [(stat.key, None) for stat in others]
    assert kept.delete([stat.key for stat in others]) == 2


def test_each_reason_is_told(kept: EncryptedStore, tmp_path: Path) -> None:
    """Of the key that is lost, and of what was damaged, too."""
    (tmp_path / "a").write_bytes(b"a")
    owned = EncryptedStore(kept.inner, KeyFile(tmp_path / "keys.json"), owner="alice")
    owned.put("a", tmp_path / "a")
    owned.put("b", tmp_path / "a")
    KeyFile(tmp_path / "keys.json").erase("alice")
    kept.inner.put("c", tmp_path / "a", metadata={"envelope": "forged"})
    found = {stat.key: stat.refused for stat in kept.list() if not stat.key.startswith(UNIT)}
    assert found == {"a": Refusal.KEYLESS, "b": Refusal.KEYLESS, "c": Refusal.DAMAGED}
    kept.set_tier(["a", "c"], StorageTier.COLD)
    stat = kept.stat("c")
    assert stat
    assert (stat.tier, stat.sha256, stat.refused) == (StorageTier.COLD, "", Refusal.DAMAGED)
