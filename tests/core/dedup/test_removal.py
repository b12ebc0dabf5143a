from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from pixcrawler_core.dedup.files import File
from pixcrawler_core.dedup.reading import stamp_of
from pixcrawler_core.dedup.removal import Act, LeftAlone, delete, link, remove
from pixcrawler_core.image import Image
from tests.core.dedup.gathering import picture


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A picture and two copies of it."""
    folder = tmp_path.resolve() / "pictures"
    (folder / "below").mkdir(parents=True)
    picture(folder / "kept.png", 10)
    shutil.copy(folder / "kept.png", folder / "below/one.png")
    shutil.copy(folder / "kept.png", folder / "below/two.png")
    return folder


def known(path: Path) -> File:
    return File(1, path, stamp_of(path), Image.open(path).sha256, 8, 8)


def done(folder: Path, act: Act, change: Callable[[], object] = lambda: None) -> list[str | None]:
    """What is told of both copies, when something has changed since they were compared."""
    kept, one, two = (known(folder / name) for name in ("kept.png", "below/one.png", "below/two.png"))
    change()
    return [each.why_not for each in remove(kept, [one, two], act)]


def test_duplicates_are_deleted(folder: Path) -> None:
    assert done(folder, delete) == [None, None]
    assert [path.name for path in folder.rglob("*.png")] == ["kept.png"]


def test_duplicates_are_linked(folder: Path) -> None:
    assert done(folder, link) == [None, None]
    assert (folder / "kept.png").stat().st_nlink == 3
    assert len(list(folder.rglob("*"))) == 4
    assert done(folder, link) == ["it is a hard link already"] * 2


def rewrite(path: Path) -> None:
    """Other bytes of the same size, with the time of before: only the digest tells."""
    times = path.stat()
    path.write_bytes(b"x" * times.st_size)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


CHANGES = [
    (rewrite, "was changed"),
    (lambda path: os.utime(path, (1, 1)), "was changed"),
    (lambda path: path.write_bytes(b"longer" * 1000), "was changed"),
    (Path.unlink, "is not there"),
    (
        lambda path: (path.unlink(), path.symlink_to(__file__)),
        "cannot be read (it is a symbolic link; name the file itself)",
    ),
    (lambda path: (path.unlink(), path.mkdir()), "cannot be read (it is a folder)"),
]


@pytest.mark.parametrize("act", [delete, link])
@pytest.mark.parametrize(("change", "told"), CHANGES)
def test_what_changed_is_left_alone(
    folder: Path, act: Act, change: Callable[[Path], object], told: str
) -> None:
    assert done(folder, act, lambda: change(folder / "below/one.png")) == [f"it {told}", None]


@pytest.mark.parametrize("act", [delete, link])
@pytest.mark.parametrize(("change", "told"), CHANGES)
def test_nothing_is_done_for_a_kept_file_that_changed(
    folder: Path, act: Act, change: Callable[[Path], object], told: str
) -> None:
    kept = folder / "kept.png"
    assert done(folder, act, lambda: change(kept)) == [f"{kept}, which is kept, {told}"] * 2
    assert len(list((folder / "below").iterdir())) == 2


def test_a_kept_file_that_changes_meanwhile_is_noticed(folder: Path) -> None:
    kept, one, two = (known(folder / name) for name in ("kept.png", "below/one.png", "below/two.png"))
    steps = remove(kept, [one, two], delete)
    assert next(steps).why_not is None
    kept.path.write_bytes(b"other")
    assert next(steps).why_not == f"{kept.path}, which is kept, was changed"


def test_what_lies_behind_a_link_now_is_left_alone(folder: Path, tmp_path: Path) -> None:
    """Else files outside of what was named could be touched."""

    def moved() -> None:
        (folder / "below").rename(tmp_path / "outside")
        (folder / "below").symlink_to(tmp_path / "outside")

    assert done(folder, delete, moved) == ["it is reached through a symbolic link now"] * 2
    assert len(list((tmp_path / "outside").iterdir())) == 2


def test_a_link_that_fails_leaves_nothing_behind(folder: Path) -> None:
    kept, one = (known(folder / name) for name in ("kept.png", "below/one.png"))
    one.path.unlink()
    one.path.mkdir()
    with pytest.raises(IsADirectoryError):
        link(kept, one)
    assert {path.name for path in (folder / "below").iterdir()} == {"one.png", "two.png"}


def test_only_what_is_the_same_byte_for_byte_is_linked(folder: Path) -> None:
    other = known(picture(folder / "other.png", 11))
    (only,) = remove(known(folder / "kept.png"), [other], link)
    assert only.why_not == f"it is not the same byte for byte as {folder}/kept.png"


def test_a_hard_link_can_be_deleted_and_the_last_name_cannot(folder: Path) -> None:
    one, kept = folder / "below/one.png", folder / "kept.png"
    one.unlink()
    os.link(kept, one)
    assert done(folder, delete) == [None, None]
    with pytest.raises(LeftAlone, match="by another way"):
        delete(known(kept), known(kept))
    assert kept.exists()


def test_what_the_system_refuses_is_told(folder: Path) -> None:
    def refuse(_kept: File, _other: File) -> None:
        raise PermissionError(13, "Permission denied")

    assert done(folder, refuse) == ["the system does not let it: Permission denied"] * 2
