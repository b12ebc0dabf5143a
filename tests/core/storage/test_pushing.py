"""Datasets on their way into a store and back: nothing is sent twice, nothing is there half."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

import pytest

from pixcrawler_core.errors import WorkspaceError
from pixcrawler_core.storage.bodies import Body, Opened
from pixcrawler_core.storage.errors import ObjectArchived, ObjectDamaged, ObjectMissing, StoreUnavailable
from pixcrawler_core.storage.protocols import Stat, StorageTier
from pixcrawler_core.storage.pulling import Pull
from pixcrawler_core.storage.pushing import Push, Sent
from pixcrawler_core.storage.reconciling import differences
from pixcrawler_core.testing.stores import MemoryStore

NAME = "datasets/dataset-birds"


class Breaking(MemoryStore):
    """Answers so many puts, and no more."""

    def __init__(self, puts: int) -> None:
        super().__init__()
        self.puts = puts
        self.keys: list[str] = []

    def put(
        self,
        key: str,
        body: Body,
        *,
        sha256: str | None = None,
        tier: StorageTier = StorageTier.HOT,
        metadata: Mapping[str, str] = MappingProxyType({}),
    ) -> Stat:
        if not self.puts:
            raise StoreUnavailable("the store does not answer; try again later")
        self.puts -= 1
        self.keys.append(key)
        return super().put(key, body, sha256=sha256, tier=tier, metadata=metadata)


class Damaged(MemoryStore):
    """Finds at the end of an object that it is not what it was."""

    @contextmanager
    def get(self, key: str, begin: int = 0, length: int | None = None) -> Iterator[Opened]:
        with super().get(key, begin, length) as chunks:
            yield Opened(self._told(key, chunks), chunks.metadata)

    def _told(self, key: str, chunks: Iterator[bytes]) -> Iterator[bytes]:
        yield from chunks
        raise ObjectDamaged(f"{key} is damaged")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder like that of a dataset."""
    folder = tmp_path / "dataset-birds"
    for name in ("categories/a/image_001.jpg", "categories/b/image_001.png", "manifest.json", "zzz.txt"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(name.encode())
    return folder


def pushed(store: MemoryStore, folder: Path, name: str = NAME) -> list[Sent]:
    return list(Push(store, folder, name).run(2))


def content(folder: Path) -> dict[str, bytes]:
    paths = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def test_there_and_back(folder: Path, tmp_path: Path) -> None:
    store = Breaking(99)
    assert [sent.new for sent in pushed(store, folder)] == [True] * 4
    assert store.keys[-1] == f"{NAME}/manifest.json", "the manifest says that all else is there"
    assert [sent.new for sent in pushed(store, folder)] == [False] * 4
    list(Pull(store, NAME, tmp_path / "back").run(2))
    assert content(tmp_path / "back/dataset-birds") == content(folder)
    assert [path.name for path in (tmp_path / "back").iterdir()] == ["dataset-birds"]


def test_what_changed_is_sent_and_what_is_gone_goes(folder: Path) -> None:
    store = MemoryStore()
    pushed(store, folder)
    (folder / "zzz.txt").unlink()
    (folder / "categories/a/image_001.jpg").write_bytes(b"other")
    assert [item.what for item in differences(store, folder, NAME)] == ["changed", "extra"]
    sent = [sent.key for sent in pushed(store, folder) if sent.new]
    assert sent == [f"{NAME}/categories/a/image_001.jpg", f"{NAME}/manifest.json"]
    assert list(differences(store, folder, NAME)) == []


def test_a_push_that_was_broken_off_goes_on(folder: Path) -> None:
    store = Breaking(2)
    with pytest.raises(StoreUnavailable):
        pushed(store, folder)
    assert store.stat(f"{NAME}/manifest.json") is None
    assert [item.what for item in differences(store, folder, NAME)] == ["missing"] * 2
    store.puts = 99
    assert sum(sent.new for sent in pushed(store, folder)) == 2


def test_a_manifest_that_is_there_means_that_all_is(folder: Path) -> None:
    """Also while a changed dataset is stored again: the old one goes first."""
    store = Breaking(99)
    pushed(store, folder)
    (folder / "zzz.txt").write_bytes(b"other")
    (folder / "categories/b/image_001.png").unlink()
    store.puts = 0
    with pytest.raises(StoreUnavailable):
        pushed(store, folder)
    assert store.stat(f"{NAME}/manifest.json") is None
    store.puts = 1
    with pytest.raises(StoreUnavailable):
        pushed(store, folder)
    assert [stat.key for stat in store.list()] == [f"{NAME}/categories/a/image_001.jpg", f"{NAME}/zzz.txt"]
    store.puts = 1
    assert [sent.key for sent in pushed(store, folder) if sent.new] == [f"{NAME}/manifest.json"]
    (folder / "zzz.txt").unlink()
    store.puts = 0
    with pytest.raises(StoreUnavailable):
        pushed(store, folder)
    assert [stat.key for stat in store.list()] == [f"{NAME}/categories/a/image_001.jpg"]


def test_a_manifest_alone_is_replaced_at_once(folder: Path) -> None:
    store = Breaking(99)
    pushed(store, folder)
    (folder / "manifest.json").write_bytes(b"other")
    store.puts = 0
    with pytest.raises(StoreUnavailable):
        pushed(store, folder)
    assert store.stat(f"{NAME}/manifest.json")


def test_names_that_only_begin_alike_are_left_alone(folder: Path, tmp_path: Path) -> None:
    store = MemoryStore()
    other = shutil.copytree(folder, tmp_path / "other")
    pushed(store, other, f"{NAME}-2")
    pushed(store, folder)
    shutil.rmtree(folder / "categories")
    pushed(store, folder)
    assert list(differences(store, other, f"{NAME}-2")) == []
    list(Pull(store, NAME, tmp_path / "back").run(2))
    assert sorted(content(tmp_path / "back/dataset-birds")) == ["manifest.json", "zzz.txt"]


def test_a_single_file(tmp_path: Path) -> None:
    store = MemoryStore()
    (tmp_path / "birds.zip").write_bytes(b"zip")
    assert [sent.new for sent in pushed(store, tmp_path / "birds.zip", "exports/birds.zip")] == [True]
    list(Pull(store, "exports/birds.zip", tmp_path / "back").run())
    assert (tmp_path / "back/birds.zip").read_bytes() == b"zip"


def test_a_pull_takes_the_place_of_what_was_there(folder: Path, tmp_path: Path) -> None:
    """Also of what an earlier pull left unfinished, which is proved before it is taken up."""
    store = MemoryStore()
    pushed(store, folder)
    target = tmp_path / "back/dataset-birds"
    (target / "categories").mkdir(parents=True)
    (target / "old.txt").write_text("old")
    part = tmp_path / "back/.dataset-birds.part"
    part.mkdir()
    (part / "zzz.txt").write_bytes(b"zzz.txt")
    (part / "manifest.json").write_bytes(b"wrong.json")
    (part / "stray").write_bytes(b"stray")
    there = [sent.key for sent in Pull(store, NAME, tmp_path / "back").run() if not sent.new]
    assert there == [f"{NAME}/zzz.txt"]
    assert content(target) == content(folder)


def test_a_pull_that_was_killed_goes_on(folder: Path, tmp_path: Path) -> None:
    """When it had set the earlier folder aside, and when it had removed a part of that."""
    store = MemoryStore()
    pushed(store, folder)
    target, earlier = tmp_path / "back/dataset-birds", tmp_path / "back/.dataset-birds.earlier"
    for whole in (True, False):
        (earlier / "categories").mkdir(parents=True)
        (earlier / "old.txt").write_text("old")
        if not whole:
            target.mkdir(exist_ok=True)
        list(Pull(store, NAME, tmp_path / "back").run())
        assert content(target) == content(folder)
        assert list(target.parent.iterdir()) == [target]


def test_two_pulls_at_once(folder: Path, tmp_path: Path) -> None:
    """The second is told, and the first is whole."""
    store = MemoryStore()
    pushed(store, folder)
    first = Pull(store, NAME, tmp_path / "back").run()
    next(first)
    with pytest.raises(WorkspaceError, match=r"cannot write .*dataset-birds: somebody else writes it"):
        list(Pull(store, NAME, tmp_path / "back").run())
    list(first)
    assert content(tmp_path / "back/dataset-birds") == content(folder)
    assert [path.name for path in (tmp_path / "back").iterdir()] == ["dataset-birds"]


def test_what_cannot_be_pulled(folder: Path, tmp_path: Path) -> None:
    store = MemoryStore()
    with pytest.raises(ObjectMissing, match="the store has no datasets/dataset-birds"):
        Pull(store, NAME, tmp_path)
    pushed(store, folder)
    store.set_tier([f"{NAME}/zzz.txt"], StorageTier.COLD)
    with pytest.raises(ObjectArchived, match=r"1 of 4 objects .* pixcrawler storage rehydrate"):
        Pull(store, NAME, tmp_path)


def test_damage_is_found_and_leaves_what_was_there(folder: Path, tmp_path: Path) -> None:
    store = Damaged()
    pushed(store, folder)
    with pytest.raises(ObjectDamaged):
        list(Pull(store, NAME, tmp_path / "back").run())
    assert not (tmp_path / "back/dataset-birds").exists()


def test_links_are_not_stored(folder: Path) -> None:
    (folder / "link").symlink_to("/etc/passwd")
    with pytest.raises(WorkspaceError, match="link is no file and no folder"):
        pushed(MemoryStore(), folder)
