"""Collections, and the files that are added to them."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np

from pixcrawler_core.dedup.collection import Collection
from pixcrawler_core.dedup.reading import stamp_of
from pixcrawler_core.image import Image
from tests.core.dedup.gathering import BOTH, BYTES, SHADES, added, files, paired, picture


def test_files_are_read_once(home: Path, folder: Path) -> None:
    with Collection(home, BOTH) as collection:
        first = added(collection, files(folder))
        assert [seen.read for seen in first.values()] == [True] * 4
        assert paired(collection) == {("a.png", "b.png")}
    with Collection(home, BOTH) as collection:
        second = added(collection, files(folder))
        assert [seen.read for seen in second.values()] == [False] * 4
        assert {name: seen.key for name, seen in first.items()} == {
            name: seen.key for name, seen in second.items()
        }
        assert paired(collection) == {("a.png", "b.png")}


def test_what_is_known_of_a_file(home: Path, folder: Path) -> None:
    with Collection(home, BOTH) as collection:
        seen = added(collection, files(folder))["c.png"]
        assert seen.key is not None
        prints = collection.prints(seen.key)
        path = folder / "c.png"
        digest = Image.open(path).sha256
        (file,) = collection.files(np.array([seen.key, 99])).values()
        assert file[:4] == (seen.key, path, stamp_of(path), digest)
        assert (file.width, file.height) == (8, 8)
        assert prints == {BYTES.version: {"sha256": digest}, SHADES.version: {"shade": "c8"}}
        (match,) = collection.find(BYTES.version, prints[BYTES.version])
        assert match.key == seen.key


def test_a_new_file_is_added_to_the_others(home: Path, folder: Path) -> None:
    with Collection(home, BOTH) as collection:
        added(collection, files(folder))
        picture(folder / "d.png", 200)
        again = added(collection, files(folder))
        assert [name for name, seen in again.items() if seen.read] == ["d.png"]
        assert paired(collection) == {("a.png", "b.png"), ("c.png", "d.png")}


def test_a_changed_file_is_read_again(home: Path, folder: Path) -> None:
    with Collection(home, BOTH) as collection:
        added(collection, files(folder))
        picture(folder / "b.png", 200)
        again = added(collection, files(folder))
        assert [name for name, seen in again.items() if seen.read] == ["b.png"]
        assert paired(collection) == {("b.png", "c.png")}


def test_a_touched_file_keeps_its_place(home: Path, folder: Path) -> None:
    with Collection(home, BOTH) as collection:
        first = added(collection, files(folder))
        os.utime(folder / "a.png", (1, 1))
        os.utime(folder / "broken.png", (1, 1))
        second, third = (added(collection, files(folder)) for _ in range(2))
        assert (second["a.png"].read, third["a.png"].read) == (True, False)
        assert second["broken.png"] == first["broken.png"]
        assert first["a.png"].key == second["a.png"].key == third["a.png"].key
        assert paired(collection) == {("a.png", "b.png")}


def test_a_file_named_twice_is_one_file(home: Path, folder: Path) -> None:
    with Collection(home, BOTH) as collection:
        one, other = collection.add([folder / "a.png"] * 2, 1)
        assert one.key == other.key
        assert paired(collection) == set()


def test_files_that_are_gone_are_forgotten_when_asked(home: Path, folder: Path, tmp_path: Path) -> None:
    beside = tmp_path / "pictures0"  # sorts right after what is below the folder
    shutil.copytree(folder, beside)
    names = [path.name for path in files(beside)]
    with Collection(home, BOTH) as collection:
        added(collection, files(folder) + files(beside))
        (folder / "a.png").unlink()
        shutil.rmtree(beside)
        assert collection.remove_gone(folder) == 1
        assert collection.remove_gone(folder / "b.png") == 0
        left = collection.files(collection.matches().images).values()
        assert {file.path for file in left} == {*files(folder), *(beside / name for name in names)}
        assert collection.remove_gone(beside) == 4
        assert paired(collection) == set()


def test_a_broken_file_is_a_failure(home: Path, folder: Path) -> None:
    (folder / "empty.jpg").touch()
    (folder / "folder").mkdir()
    (folder / "link.png").symlink_to(folder / "a.png")
    with Collection(home, BOTH) as collection:
        for _ in range(2):
            seen = added(collection, [*files(folder), folder / "nowhere.png"])
            failures = {name: each.failure for name, each in seen.items() if each.failure}
            assert {name: failure.reason for name, failure in failures.items()} == {
                "broken.png": "truncated",
                "empty.jpg": "empty",
                "folder": "unreadable",
                "link.png": "unreadable",
                "nowhere.png": "unreadable",
            }
            assert not any(seen[name].key for name in failures)
        assert failures["link.png"].detail == ("cannot be read: it is a symbolic link; name the file itself")


def test_odd_names(home: Path, folder: Path) -> None:
    odd = folder / os.fsdecode(b"\xff\n'\"%.png")
    (folder / "a.png").rename(odd)
    with Collection(home, [BYTES]) as collection:
        added(collection, files(folder))
        assert paired(collection) == {tuple(sorted([odd.name, "b.png"]))}
        assert not any(seen.read for seen in added(collection, files(folder)).values())
