"""Which of two images a dataset keeps, and what it must not have."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from PIL import Image as Picture

from pixcrawler_core.crawl.recalling import Recalling
from pixcrawler_core.crawl.references import References
from pixcrawler_core.dedup.collection import Collection
from pixcrawler_core.dedup.exact import ExactIndex
from pixcrawler_core.dedup.methods import Method
from pixcrawler_core.dedup.protocols import Index
from pixcrawler_core.dedup.recogniser import Recogniser
from pixcrawler_core.image import Image
from pixcrawler_core.records import Candidate, Outcome, Stage, State
from tests.core.dedup.gathering import BYTES, Doubtful, Shades, added, picture
from tests.core.dedup.test_recogniser import Prints

SHADE = 120


class Careful(Shades):
    """Looks at pictures of any size, by their first pixel."""

    def same(self, image: Image, other: Image, /) -> bool:
        self.looked.append((image.path.name, other.path.name))
        return bool(image.pixels[0, 0, 0] == other.pixels[0, 0, 0])


@pytest.fixture
def methods() -> list[Method]:
    return [BYTES, Method(name="careful", matcher=Careful(), version="careful@1:0")]


@pytest.fixture
def images(tmp_path: Path) -> list[Image]:
    """Three pictures of the same, each larger than the one before."""
    return [
        Image.open(picture(tmp_path / f"{side}.png", SHADE, size=(side, side)), detailed=True)
        for side in (8, 16, 24)
    ]


@pytest.fixture
def opened(tmp_path: Path, methods: list[Method], images: list[Image]) -> Callable[[], Recogniser]:
    """What recognises these pictures for one process of several."""
    by_digest = {each.sha256: each for each in images}
    return lambda: Recogniser(methods, tmp_path / "indexes", by_digest.__getitem__)


@pytest.fixture
def recalling(opened: Callable[[], Recogniser]) -> Iterator[Recalling]:
    with closing(Recalling(opened(), best=True)) as recalling:
        yield recalling


def candidate(row: int) -> Candidate:
    return Candidate(
        engine="demo",
        query="q",
        category="c",
        image_url=f"http://example.org/{row}",
        page=1,
        rank=row,
        id=row,
    )


def fetched(image: Image) -> Outcome:
    width, height = image.header.display_size
    return Outcome(
        state=State.FETCHED,
        stage=Stage.FETCH,
        sha256=image.sha256,
        size=image.size,
        width=width,
        height=height,
    )


def judged(recalling: Recalling, row: int, image: Image) -> Outcome:
    """What becomes of an image as row `row`, which is kept if it comes in."""
    study = recalling.study(image, {})
    outcome = recalling.judged(candidate(row), image, fetched(image), study)
    if outcome.state is not State.DUPLICATE:
        outcome = dataclasses.replace(outcome, state=State.ACCEPTED, number=outcome.number or row)
        recalling.keep(candidate(row), image, outcome, study)
    return outcome


def test_the_better_one_takes_the_place(recalling: Recalling, images: list[Image]) -> None:
    small, medium, large = images
    assert judged(recalling, 1, medium).replaces is None
    assert judged(recalling, 2, small).duplicate_of == 1
    assert judged(recalling, 3, large).replaces == 1


def test_a_replaced_image_that_another_process_brings_back_does_not_count(
    recalling: Recalling, opened: Callable[[], Recogniser], images: list[Image]
) -> None:
    small, medium, large = images
    judged(recalling, 1, small)
    assert judged(recalling, 2, medium).replaces == 1
    with closing(opened()) as other:
        # The ledger does not say yet that row 1 was replaced.
        other.agree(lambda: [(1, small.sha256)], lambda _: True, Prints())
    assert judged(recalling, 3, small).duplicate_of == 2
    assert judged(recalling, 4, large).replaces == 2


class Corner(Shades):
    """Recognises pictures by their first pixel in some row; a match is looked at with `doubtful`."""

    def __init__(self, row: int, *, doubtful: bool = False) -> None:
        super().__init__()
        self._row, self._doubtful = row, doubtful

    def fingerprint(self, image: Image, /) -> Mapping[str, Any]:
        return {"shade": f"{int(image.pixels[self._row, 0, 0]):02x}"}

    def open(self, folder: Path, /) -> Index:
        return (Doubtful if self._doubtful else ExactIndex)(folder, lambda told: str(told["shade"]))

    def same(self, image: Image, other: Image, /) -> bool:
        self.looked.append((image.path.name, other.path.name))
        return True


def test_no_place_is_taken_by_what_duplicates_another_one_by_a_later_method(tmp_path: Path) -> None:
    def made(name: str, side: int, first: int, second: int) -> Image:
        whole = Picture.new("L", (side, side), first)
        whole.putpixel((0, 1), second)
        whole.save(tmp_path / name)
        return Image.open(tmp_path / name, detailed=True)

    one, other = made("one.png", 8, 10, 1), made("other.png", 8, 20, 2)
    like_both, like_one, small = (made(f"{n}.png", *n) for n in ((16, 10, 2), (16, 10, 3), (4, 10, 2)))
    later = Corner(1, doubtful=True)
    methods = [
        Method(name="first", matcher=Corner(0), version="first@1:0"),
        Method(name="later", matcher=later, version="later@1:0"),
    ]
    by_digest = {each.sha256: each for each in (one, other, like_both, like_one)}
    recogniser = Recogniser(methods, tmp_path / "indexes", by_digest.__getitem__)
    with closing(Recalling(recogniser, best=True)) as recalling:
        judged(recalling, 1, one)
        judged(recalling, 2, other)
        study = recalling.study(like_both, {})
        assert later.looked == [("(16, 10, 2).png", "other.png")]  # beforehand, in a worker thread
        outcome = recalling.judged(candidate(3), like_both, fetched(like_both), study)
        assert (outcome.state, outcome.duplicate_of, outcome.replaces) == (State.DUPLICATE, 1, None)
        assert len(later.looked) == 1
        assert judged(recalling, 4, small).duplicate_of == 1
        assert len(later.looked) == 1  # it cannot take a place, so that it does not matter
        assert judged(recalling, 5, like_one).replaces == 1


def test_references_are_looked_at_beforehand_in_any_thread(
    tmp_path: Path, opened: Callable[[], Recogniser], methods: list[Method], images: list[Image]
) -> None:
    home, folder = tmp_path / "collection", tmp_path / "reference"
    folder.mkdir()
    with Collection(home, methods) as collection:
        added(collection, [picture(folder / "a.png", SHADE), picture(folder / "b.png", SHADE + 1)])
    references = References([home], methods)
    looked = methods[1].matcher.looked  # type: ignore[attr-defined]
    with (
        closing(Recalling(opened(), references, best=True)) as recalling,
        ThreadPoolExecutor(4) as threads,
    ):
        told = list(threads.map(lambda image: recalling.study(image, {}), images[1:] * 20))
        count = len(looked)
        assert count == 40
        for study, image in zip(told, images[1:] * 20, strict=True):
            outcome = recalling.judged(candidate(1), image, fetched(image), study)
            assert (outcome.state, outcome.reason) == (State.DUPLICATE, "in-reference")
            assert outcome.detail == f"the same as {folder / 'a.png'} (careful, distance 0)"
    assert len(looked) == count
