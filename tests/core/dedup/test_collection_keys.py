"""Collections to which files came, and from which others went, while not all of the methods were asked."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path

import numpy as np
import pytest

from pixcrawler_core.dedup.collection import Collection
from pixcrawler_core.errors import WorkspaceError
from tests.core.dedup.gathering import BYTES, SHADES, added, picture

BOTH = [BYTES, SHADES]
GONE, STAYED, NEW = 200, 10, 90
"""Shades of pictures."""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """One in which the file with the greatest key went and another one came, and nobody told `SHADES`."""
    home, folder = tmp_path / "collection", tmp_path / "pictures"
    folder.mkdir()
    stayed, gone = picture(folder / "a.png", STAYED), picture(folder / "z.png", GONE)
    with Collection(home, BOTH) as collection:
        added(collection, [stayed, gone])
    gone.unlink()
    with Collection(home, [BYTES]) as collection:
        assert collection.remove_gone(folder) == 1
    with Collection(home, [BYTES]) as collection:
        added(collection, [picture(folder / "new.png", NEW)])
    return home


def shaded(collection: Collection, shade: int) -> list[str]:
    """The files that `SHADES` finds for a picture of this shade."""
    matches = collection.find(SHADES.version, {"shade": f"{shade:02x}"})
    files = collection.files(np.array([match.key for match in matches], np.int64))
    assert len(files) == len(matches)
    return [file.path.name for file in files.values()]


def test_no_key_is_used_again(home: Path, tmp_path: Path) -> None:
    files = sorted((tmp_path / "pictures").iterdir())
    with Collection(home, [BYTES]) as collection:
        keys = {name: seen.key for name, seen in added(collection, files).items()}
    assert keys == {"a.png": 0, "new.png": 2}


def test_a_file_that_is_gone_lends_its_fingerprint_to_no_other(home: Path) -> None:
    with Collection(home, BOTH, changing=False) as collection:
        assert shaded(collection, GONE) == []
        assert shaded(collection, STAYED) == ["a.png"]
    with Collection(home, BOTH) as collection:
        assert shaded(collection, GONE) == []


def test_files_that_a_method_never_studied_are_told(home: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        Collection(home, [BYTES], changing=False).close()
        assert caplog.messages == []
        Collection(home, BOTH, changing=False).close()
    told = "1 of its files are not compared by shades, which never studied them; run"
    assert [told in message for message in caplog.messages] == [True]


def test_an_index_that_is_lost_does_not_pass_for_an_empty_one(home: Path) -> None:
    shutil.rmtree(home / SHADES.folder)
    with pytest.raises(WorkspaceError, match=r"has lost its index shades@1-0; run pixcrawler dedup with"):
        Collection(home, BOTH, changing=False)
    Collection(home, BOTH).close()
    with Collection(home, BOTH, changing=False) as collection:
        assert shaded(collection, STAYED) == ["a.png"]


def test_comparing_with_it_leaves_it_as_it_is(home: Path) -> None:
    def states() -> dict[Path, tuple[int, int]]:
        files = (path for path in home.rglob("*") if path.is_file())
        return {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in files}

    before = states()
    with Collection(home, BOTH, changing=False) as collection:
        assert shaded(collection, STAYED) == ["a.png"]
    assert states() == before
