from __future__ import annotations

from pathlib import Path

import pytest

from pixcrawler_core.dedup.places import GivenFiles
from pixcrawler_core.errors import ConfigError


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder: two files below `one`, one below `two`."""
    folder = tmp_path.resolve() / "here"
    for name in ("one/a.jpg", "one/below/b.jpg", "two/c.jpg"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    monkeypatch.chdir(folder)
    return folder


def test_each_file_once_by_its_true_path(folder: Path) -> None:
    (folder / "way").symlink_to("one")
    (folder / "one/link.jpg").symlink_to("a.jpg")
    (folder / "one/way").symlink_to("../two")
    named = [Path("way"), Path("one/below"), Path("one/../one/a.jpg"), Path("two")]
    assert list(GivenFiles(named).files()) == [
        folder / "one/a.jpg",
        folder / "one/below/b.jpg",
        folder / "two/c.jpg",
    ]


def test_a_link_that_is_named_is_told_of(folder: Path) -> None:
    (folder / "link.jpg").symlink_to("nowhere")
    assert list(GivenFiles([Path("link.jpg")]).files()) == [folder / "link.jpg"]


def test_paths_are_shown_as_they_were_named(folder: Path) -> None:
    (folder / "way").symlink_to("one")
    places = GivenFiles([Path("way"), Path("./two/c.jpg")])
    assert [places.shown(path) for path in places.files()] == [
        Path("way/a.jpg"),
        Path("way/below/b.jpg"),
        Path("two/c.jpg"),
    ]
    assert places.shown(folder / "elsewhere.jpg") == folder / "elsewhere.jpg"
    assert folder / "one/any.jpg" in places
    assert folder / "two/other.jpg" not in places


def test_folders_can_be_left_out(folder: Path) -> None:
    assert list(GivenFiles([Path()], without=[Path("one"), Path("not there")]).files()) == [
        folder / "two/c.jpg"
    ]


def test_reserved_files_do_not_count(folder: Path) -> None:
    reserved = {folder / "one/a.jpg", folder / "two/c.jpg"}
    places = GivenFiles([Path("one"), Path("two/c.jpg")], reserved=reserved.__contains__)
    assert list(places.files()) == [folder / "one/below/b.jpg"]
    assert folder / "one/any.jpg" in places
    assert not any(path in places for path in reserved)


def test_what_is_not_there(folder: Path) -> None:
    with pytest.raises(ConfigError, match=r"^nowhere: there is no such file or folder$"):
        GivenFiles([Path("nowhere")])
