"""Comparing with other collections, and looking at what is not sure."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pixcrawler_core.dedup.against import PAGE, originals
from pixcrawler_core.dedup.collection import Collection
from pixcrawler_core.dedup.files import File
from pixcrawler_core.dedup.looking import Looker
from pixcrawler_core.dedup.methods import Method
from pixcrawler_core.dedup.reading import Failure, stamp_of
from pixcrawler_core.errors import DecodeError
from pixcrawler_core.image import Image
from tests.core.dedup.gathering import BYTES, SHADES, Shades, added, picture

METHODS = [SHADES, BYTES]


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Collection]:
    """Four pictures."""
    folder = tmp_path / "own"
    folder.mkdir()
    with Collection(tmp_path / "mine", METHODS) as collection:
        added(collection, [picture(folder / f"{shade}.png", shade, 5) for shade in (10, 20, 30, 40)])
        yield collection


@pytest.fixture
def others(tmp_path: Path) -> Iterator[list[Collection]]:
    """One with a copy and a picture of the same first pixel; one with a copy, an equal and a far picture."""
    one, other = tmp_path / "one", tmp_path / "other"
    one.mkdir()
    other.mkdir()
    with Collection(tmp_path / "c1", METHODS) as first, Collection(tmp_path / "c2", METHODS) as second:
        shutil.copy(tmp_path / "own/10.png", one / "copy.png")
        picture(one / "near.png", 20, 6)
        shutil.copy(tmp_path / "own/20.png", other / "copy.png")
        Image.open(tmp_path / "own/30.png").analysis.save(other / "equal.png")
        picture(other / "far.png", 41)
        added(first, sorted(one.iterdir()))
        added(second, sorted(other.iterdir()))
        yield [first, second]


def asked(
    own: Collection,
    others: list[Collection],
    left_out: Callable[[Path], bool] = lambda _: False,
    looker: Looker | None = None,
) -> dict[str, tuple[str, int, bool] | None]:
    found = originals(own, range(4), others, looker or Looker(), left_out, 2)
    return {
        f"{10 * key + 10}": (each.file.path.name, each.method, each.sure) if each else None
        for key, each in found
    }


def test_each_file_has_its_likeliest_original(own: Collection, others: list[Collection]) -> None:
    """A sure match of a later method counts before one that must be looked at."""
    assert asked(own, others) == {
        "10": ("copy.png", 1, True),
        "20": ("copy.png", 1, True),
        "30": ("equal.png", 0, False),
        "40": None,
    }
    assert asked(own, others[:1]) == {"10": ("copy.png", 1, True), "20": None, "30": None, "40": None}
    assert asked(own, []) == dict.fromkeys(["10", "20", "30", "40"])


def test_files_can_be_left_out(own: Collection, others: list[Collection]) -> None:
    found = asked(own, others, lambda path: path.name == "copy.png")
    assert found == {"10": None, "20": None, "30": ("equal.png", 0, False), "40": None}


def test_a_sure_one_that_is_gone_hides_none_that_is_there(
    own: Collection, others: list[Collection], tmp_path: Path
) -> None:
    again = Path(shutil.copy(tmp_path / "own/10.png", tmp_path / "other/again.png"))
    added(others[1], [again])
    assert asked(own, others)["10"] == ("copy.png", 1, True)
    (tmp_path / "one/copy.png").unlink()
    assert asked(own, others)["10"] == ("again.png", 1, True)
    again.unlink()
    assert asked(own, others)["10"] == ("copy.png", 1, True), "its fingerprint is as true as before"


def test_one_that_must_be_looked_at_comes_before_a_sure_one_that_is_gone(
    own: Collection, others: list[Collection], tmp_path: Path
) -> None:
    copy = Path(shutil.copy(tmp_path / "own/30.png", tmp_path / "one/30.png"))
    added(others[0], [copy])
    copy.unlink()
    assert asked(own, others)["30"] == ("equal.png", 0, False)
    (tmp_path / "other/equal.png").unlink()
    assert asked(own, others)["30"] == ("30.png", 1, True)


def test_what_must_be_looked_at_and_is_gone_is_skipped(
    own: Collection, others: list[Collection], tmp_path: Path
) -> None:
    gone = [picture(tmp_path / f"one/gone-{last}.png", 30, last) for last in range(6, PAGE + 10)]
    added(others[0], gone)
    for path in gone:
        path.unlink()
    looker = Looker()
    assert asked(own, others, looker=looker)["30"] == ("equal.png", 0, False)
    assert looker.failures.keys() == set(gone)


def test_other_bytes_are_no_original_and_another_time_is_no_other_bytes(
    own: Collection, others: list[Collection], tmp_path: Path
) -> None:
    copy, equal = tmp_path / "one/copy.png", tmp_path / "other/equal.png"
    for path in (copy, equal):
        os.utime(path, (1, 1))
    found = asked(own, others)
    assert (found["10"], found["30"]) == (("copy.png", 1, True), ("equal.png", 0, False))
    picture(copy, 99)
    picture(equal, 99)
    looker = Looker()
    found = asked(own, others, looker=looker)
    assert (found["10"], found["30"]) == (None, None)
    assert {path: each.reason for path, each in looker.failures.items()} == {
        copy: "changed",
        equal: "changed",
    }


def file(path: Path) -> File:
    return File(0, path, stamp_of(path), Image.open(path).sha256, 8, 8)


@pytest.fixture
def two(tmp_path: Path) -> tuple[File, File]:
    """Two equal pictures."""
    return file(picture(tmp_path / "a.png", 1)), file(picture(tmp_path / "b.png", 1))


def test_what_changed_matches_nothing(two: tuple[File, File]) -> None:
    kept, other = two
    looker = Looker()
    assert looker.same(kept, other, SHADES)
    os.utime(other.path, (1, 1))
    assert looker.same(kept, other, SHADES), "its bytes are as they were"
    other.path.write_bytes(kept.path.read_bytes() + b"more")
    assert not looker.same(kept, other, SHADES)
    assert looker.failures == {other.path: Failure(other.path, "changed", "it was changed after it was read")}
    other.path.unlink()
    assert not looker.same(other, kept, SHADES)
    assert looker.failures[other.path].reason == "unreadable"


def test_only_the_digest_tells_of_some_changes(two: tuple[File, File]) -> None:
    kept, other = two
    data = bytearray(other.path.read_bytes())
    data[-1] ^= 1  # of the end of a PNG, which nobody looks at
    other.path.write_bytes(data)
    os.utime(other.path, ns=(0, other.stamp.mtime_ns))
    looker = Looker()
    assert not looker.same(kept, other, SHADES)
    assert looker.failures[other.path].reason == "changed"


class Raising(Shades):
    """A method that raises what it was given."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    def same(self, image: Image, other: Image, /) -> bool:
        raise self.error


@pytest.mark.parametrize(
    ("error", "reason", "detail"),
    [
        (DecodeError("truncated", "it ends early"), "truncated", "it ends early"),
        (KeyError("x"), "comparison-failed", "method 'raising' failed: KeyError: 'x'"),
    ],
)
def test_what_a_method_raises_is_told(
    two: tuple[File, File], error: Exception, reason: str, detail: str
) -> None:
    kept, other = two
    looker = Looker()
    assert not looker.same(kept, other, Method(name="raising", matcher=Raising(error), version="1"))
    assert looker.failures == {other.path: Failure(other.path, reason, detail)}
