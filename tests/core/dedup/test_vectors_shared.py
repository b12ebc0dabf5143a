"""An index of vectors that others change while it is searched, equal vectors, and the room of old ones."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pixcrawler_core.dedup.grouping import Matches
from pixcrawler_core.dedup.nearest import Limits
from pixcrawler_core.dedup.vectors import BLOCK, VectorIndex
from pixcrawler_core.records import Pair
from tests.core.dedup import filling

SECONDS = 5
FIRST, LAST = 0, BLOCK + 50
"""Keys of the first block and of the second one."""


class Watched(int):
    """A number that calls something when it is compared with another for the first time: during a search."""

    def __new__(cls, number: int, _: Callable[[], object]) -> Watched:
        """As `int` does."""
        return super().__new__(cls, number)

    def __init__(self, _: int, call: Callable[[], object]) -> None:
        self._call: Callable[[], object] | None = call

    def __ge__(self, other: int) -> bool:
        call, self._call = self._call, None
        if call:
            with ThreadPoolExecutor(1) as pool:
                pool.submit(call).result(SECONDS)
        return super().__ge__(other)


def at(cosine: float) -> dict[str, Any]:
    """A vector with this cosine to the first axis."""
    return {"vector": [cosine, np.sqrt(1 - cosine**2)]}


def searched(folder: Path, meanwhile: Callable[[VectorIndex], object]) -> VectorIndex:
    """An index of many vectors, of which two may be near to the first axis; a search calls something."""
    limits = Limits(sure=0.9, maybe=0.5, most=Watched(5, lambda: meanwhile(index)))
    index = filling.opened(folder, limits, width=2)
    for key in range(LAST + 10):
        index.add(key, at(0.7 if key in (FIRST, LAST) else -0.5))
    index.flush()
    return index


def found(index: VectorIndex) -> list[tuple[int, float]]:
    return [(match.key, round(1 - match.distance, 2)) for match in index.find(at(1.0))]


@pytest.mark.parametrize(
    "meanwhile",
    [
        lambda index: index.find(at(0.95)),
        lambda index: index.add(5, at(-0.6)),
        lambda index: index.flush(),
        lambda index: next(index.pairs()),
    ],
)
def test_nobody_waits_for_a_search(tmp_path: Path, meanwhile: Callable[[VectorIndex], object]) -> None:
    with closing(searched(tmp_path, meanwhile)) as index:
        assert found(index) == [(FIRST, 0.7), (LAST, 0.7)]


@pytest.mark.parametrize("cosine", [0.7, 0.8])
def test_what_waits_and_is_written_meanwhile_is_told_once(tmp_path: Path, cosine: float) -> None:
    """Whether it keeps its slot, having the same vector, or takes a new one."""
    with closing(searched(tmp_path, lambda index: index.flush())) as index:
        index.add(LAST, at(cosine))
        assert sorted(found(index)) == [(FIRST, 0.7), (LAST, cosine)]
        assert sorted(found(index)) == [(FIRST, 0.7), (LAST, cosine)]


def test_an_earlier_vector_is_not_told(tmp_path: Path) -> None:
    with closing(searched(tmp_path, lambda index: index.flush())) as index:
        index.add(LAST, at(-0.7))
        assert found(index) == [(FIRST, 0.7)]


@pytest.mark.parametrize("key", [FIRST, LAST])
def test_what_is_changed_during_a_search_is_told_once_at_most(tmp_path: Path, key: int) -> None:
    def change(index: VectorIndex) -> None:
        index.add(key, at(0.8))
        index.flush()

    with closing(searched(tmp_path, change)) as index:
        assert [each for each, _ in found(index)] in ([FIRST, LAST], [LAST], [FIRST])
        assert sorted(found(index)) == sorted({(FIRST, 0.7), (LAST, 0.7), (key, 0.8)} - {(key, 0.7)})


def test_only_equal_vectors_are_told_as_equal(tmp_path: Path) -> None:
    """The vectors 4 and 5 have the same direction, but are rounded to 16384 and to 16383."""
    vectors = [[0, 0, 1, 0], [0, 0, 2, 0], [0, 0.00004, 1, 0], [0, 0, 0, 0], [1] * 4, [5 / 7] * 4, [0] * 4]
    with closing(filling.opened(tmp_path, width=4)) as index:
        for key, vector in enumerate(vectors):
            index.add(key, {"vector": vector})
        told = {pair[:2]: pair for pair in index.pairs() if pair.sure}
    assert told == {
        (0, 1): Pair(0, 1, 0.0, equal=True),
        (0, 2): Pair(0, 2, 0.0001),
        (4, 5): Pair(4, 5, 0.0001),
    }


def test_a_folder_does_not_grow_with_what_was_removed(tmp_path: Path) -> None:
    for turn in range(6):
        with closing(filling.opened(tmp_path, width=4)) as index:
            vectors = np.random.default_rng(turn).normal(size=(700, 4))
            for key, vector in enumerate(vectors):
                index.add(key, {"vector": vector})
            assert [index.find({"vector": vector})[0].key for vector in vectors[:3]] == [0, 1, 2]
            assert list(index.keys()) == list(range(700))
    (path,) = tmp_path.glob("*.i16")
    assert path.stat().st_size < 5 * 700 * 2 * 4


def test_a_vector_repeated_by_the_hundred_is_not_paired_all_with_all(tmp_path: Path) -> None:
    """Also where its first key was given another one, and where another vector is near."""
    with closing(filling.opened(tmp_path, width=4)) as index:
        for key in range(300):
            index.add(key, {"vector": [0, 0, 1, 0]})
        index.add(300, {"vector": [0, 0.00004, 1, 0]})
        index.flush()
        index.add(0, {"vector": [1, 0, 0, 0]})
        pairs = list(index.pairs())
        assert len(pairs) == 299
        matches = Matches([pairs])
        for key in (1, 150, 300):
            found = index.find({"vector": [0, 0.00004 if key == 300 else 0, 1, 0]})
            told = [(link.image, link.distance) for link in matches.of(key)]
            assert told == sorted((each.key, each.distance) for each in found if each.key != key)
