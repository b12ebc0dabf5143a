from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pixcrawler_core.dedup.collection import NOTED, Collection
from pixcrawler_core.dedup.methods import Method
from pixcrawler_core.dedup.reading import stamp_of
from pixcrawler_core.errors import ConfigError, WorkspaceError
from pixcrawler_core.image import Image
from tests.conftest import CHECKOUT, PHOTOGRAPHS
from tests.core.dedup.gathering import BYTES, SHADES, Bytes, added, paired, picture, pictures

BOTH = [BYTES, SHADES]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The folder of a collection that is not there yet."""
    return tmp_path / "collection"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three pictures, of which two are the same, and one that is broken."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    picture(folder / "a.png", 10)
    shutil.copy(folder / "a.png", folder / "b.png")
    picture(folder / "c.png", 200)
    (folder / "broken.png").write_bytes((folder / "a.png").read_bytes()[:50])
    return folder


def files(folder: Path) -> list[Path]:
    return sorted(folder.iterdir())


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


def test_a_method_that_comes_later_sees_all_files(home: Path, folder: Path) -> None:
    with Collection(home, [BYTES]) as collection:
        first = added(collection, files(folder))
    with Collection(home, BOTH) as collection:
        assert all(seen.read for seen in added(collection, files(folder)).values())
        assert not any(seen.read for seen in added(collection, files(folder)).values())
    with Collection(home, [SHADES]) as collection:
        again = added(collection, files(folder))
        assert not any(seen.read for seen in again.values())
        assert paired(collection) == {("a.png", "b.png")}
        picture(folder / "a.png", 200)
        added(collection, files(folder))
    with Collection(home, BOTH) as collection:
        assert added(collection, files(folder))["a.png"].read
        assert paired(collection) == {("a.png", "c.png")}
        assert first["b.png"].key == added(collection, files(folder))["b.png"].key


def test_methods_of_other_options_do_not_meet(home: Path, folder: Path) -> None:
    other = Method(name="bytes", matcher=Bytes(), version="bytes@2:0")
    with Collection(home, [BYTES]) as collection:
        added(collection, files(folder))
    with Collection(home, [other]) as collection:
        assert paired(collection) == set()
        added(collection, files(folder))
        assert paired(collection) == {("a.png", "b.png")}


class Failing(Bytes):
    """A method that raises what it likes, until it is mended."""

    broken = True

    def fingerprint(self, image: Image, /) -> dict[str, str]:
        if self.broken:
            raise ZeroDivisionError("by nothing")
        return {"sha256": image.sha256}


def test_what_a_plugin_raises_is_not_held_against_the_file(home: Path, folder: Path) -> None:
    matcher = Failing()
    with Collection(home, [BYTES, Method(name="failing", matcher=matcher, version="failing@1:0")]) as mine:
        failure = added(mine, files(folder))["a.png"].failure
        assert failure is not None
        assert failure.reason == "fingerprint-failed"
        assert "ZeroDivisionError: by nothing" in failure.detail
        matcher.broken = False
        assert added(mine, files(folder))["a.png"].key is not None


class Touching(Bytes):
    """A method during whose work the file is changed."""

    def fingerprint(self, image: Image, /) -> dict[str, str]:
        os.utime(image.path, (1, 1))
        return {"sha256": image.sha256}


def test_a_file_that_changes_while_it_is_read(home: Path, folder: Path) -> None:
    with Collection(home, [Method(name="touching", matcher=Touching(), version="touching@1:0")]) as mine:
        failure = added(mine, [folder / "a.png"])["a.png"].failure
        assert failure is not None
        assert failure.reason == "changed"
        assert added(mine, [folder / "a.png"])["a.png"].key is not None


class Viewed(Bytes):
    """A method to which it matters how the view was decoded."""

    def fingerprint(self, image: Image, /) -> dict[str, str]:
        return {"sha256": hashlib.sha256(image.view.tobytes()).hexdigest()}


def test_methods_do_not_influence_each_other(home: Path) -> None:
    photograph = PHOTOGRAPHS / "castles/chambord.jpg"
    viewed = Method(name="viewed", matcher=Viewed(), version="viewed@1:0")
    with Collection(home, [SHADES, viewed]) as mine:
        (seen,) = mine.add([photograph], 1)
        assert seen.key is not None
        assert mine.prints(seen.key)[viewed.version] == Viewed().fingerprint(Image.open(photograph))


def test_killed_at_any_moment_it_goes_on(home: Path, tmp_path: Path) -> None:
    paths = pictures(tmp_path / "many", 3 * NOTED + 50)
    program = [sys.executable, "-m", "tests.core.dedup.gathering", str(home), str(tmp_path / "many")]
    with subprocess.Popen(program, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for _ in range(NOTED + 77):
            assert process.stdout.readline()
        process.kill()
    with Collection(home, BOTH) as collection:
        seen = added(collection, paths)
        unread = [name for name, each in seen.items() if not each.read]
        assert NOTED <= len(unread) < len(paths)
        assert len({each.key for each in seen.values()}) == len(paths)
        exact = {(f"{number - 1:03}.png", f"{number:03}.png") for number in range(9, len(paths), 10)}
        assert exact <= paired(collection)
    with Collection(home, [BYTES]) as collection:
        assert paired(collection) == exact


def test_indexes_are_brought_to_agree_with_the_notes(home: Path, folder: Path) -> None:
    """An index has more when the process was killed before the files were noted, less when it was lost."""
    with Collection(home, BOTH) as collection:
        added(collection, files(folder))
    with sqlite3.connect(home / "files.db") as database:
        (key,) = database.execute("SELECT key FROM file WHERE CAST(path AS TEXT) LIKE '%b.png'").fetchone()
        for table in ("file", "study", "print"):
            database.execute(f"DELETE FROM {table} WHERE key = ?", (key,))  # noqa: S608
    shutil.rmtree(home / SHADES.folder)
    with Collection(home, BOTH) as collection:
        assert paired(collection) == set()
        again = added(collection, files(folder))
        assert [name for name, seen in again.items() if seen.read] == ["b.png"]
        assert paired(collection) == {("a.png", "b.png")}
    with Collection(home, [SHADES]) as collection:
        assert paired(collection) == {("a.png", "b.png")}


def test_nobody_else_changes_it_meanwhile(home: Path) -> None:
    with (
        Collection(home, [BYTES]),
        pytest.raises(WorkspaceError, match=rf"{home} is in use \(held by process {os.getpid()}"),
    ):
        Collection(home, [BYTES])
    Collection(home, [BYTES]).close()


def test_what_is_not_to_be_changed_must_have_the_methods(home: Path, folder: Path) -> None:
    with pytest.raises(WorkspaceError, match="cannot read the collection"):
        Collection(home, [BYTES], changing=False)
    assert not home.exists()
    with Collection(home, [BYTES]) as collection:
        added(collection, files(folder))
        with Collection(home, [BYTES], changing=False) as reading:
            assert paired(reading) == {("a.png", "b.png")}
    with pytest.raises(ConfigError, match=r"no fingerprints of shades@1:0 \(it has: bytes@1:0\)"):
        Collection(home, BOTH, changing=False)


def test_a_folder_of_something_else_is_left_alone(folder: Path) -> None:
    before = files(folder)
    with pytest.raises(WorkspaceError, match="is no collection, and not empty"):
        Collection(folder, [BYTES])
    assert files(folder) == before


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "is damaged; delete the folder"),
        ("[]", "is damaged; delete the folder"),
        ('{"version": 1, "methods": "all"}', "is damaged; delete the folder"),
        ("[" * 100_000, "is damaged; delete the folder"),
        ('{"version": 1, "methods": [{"version": 1}]}', "is damaged; delete the folder"),
        ('{"version": 2, "methods": []}', "has version 2, and this program knows version 1"),
    ],
)
def test_a_wrong_description(home: Path, text: str, told: str) -> None:
    home.mkdir()
    (home / "collection.json").write_text(text)
    for changing in (True, False):
        with pytest.raises(WorkspaceError, match=told):
            Collection(home, [BYTES], changing=changing)


def test_its_description_names_the_methods_in_the_order_of_their_coming(home: Path) -> None:
    strict, loose = (replace(BYTES, options={"radius": radius}) for radius in (3, 5))
    for methods in ([SHADES], [strict, SHADES], [loose]):
        Collection(home, methods).close()
    told = json.loads((home / "collection.json").read_text())
    assert told == {
        "version": 1,
        "methods": [
            {"name": "shades", "version": SHADES.version, "options": {}},
            {"name": "bytes", "version": BYTES.version, "options": {"radius": 3}},
        ],
    }


def test_a_damaged_list_of_files(home: Path, folder: Path) -> None:
    with Collection(home, [BYTES]) as collection:
        added(collection, files(folder))
    with sqlite3.connect(home / "files.db") as database:
        database.execute("UPDATE file SET path = 'text' WHERE CAST(path AS TEXT) LIKE '%a.png'")
    with Collection(home, [BYTES]) as collection, pytest.raises(WorkspaceError, match="is damaged"):
        paired(collection)
    (home / "files.db").write_bytes(b"nothing of the kind" * 100)
    with pytest.raises(WorkspaceError, match="is damaged"):
        Collection(home, [BYTES])


def test_odd_names(home: Path, folder: Path) -> None:
    odd = folder / os.fsdecode(b"\xff\n'\"%.png")
    (folder / "a.png").rename(odd)
    with Collection(home, [BYTES]) as collection:
        added(collection, files(folder))
        assert paired(collection) == {tuple(sorted([odd.name, "b.png"]))}
        assert not any(seen.read for seen in added(collection, files(folder)).values())
