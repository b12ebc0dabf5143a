"""Kept images are labelled once: before a kill, after it, and when labelers change."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from threading import Lock
from typing import Any

import pluggy
import pytest

from pixcrawler_core import hookimpl, hookspecs
from pixcrawler_core.assembly.labels import AHEAD, label_images
from pixcrawler_core.catalog.datasets import Image as ImageRecord
from pixcrawler_core.components import Labeler, LabelImage
from pixcrawler_core.errors import WorkspaceError
from pixcrawler_core.image import Image
from pixcrawler_core.labelling import Labelers
from pixcrawler_core.records import Label
from pixcrawler_core.registry import Registry
from tests.core.assembly.conftest import House


class Counting:
    """A labeler that writes down what it is asked, and can break or end the run at some image."""

    def __init__(self, name: str = "rank", version: str = "1") -> None:
        self.name, self.version = name, version
        self.asked: list[int] = []
        self.broken: set[int] = set()
        self.deadly: set[int] = set()
        self._lock = Lock()

    def label(self, image: Image) -> Iterable[Label]:
        assert image.candidate
        assert image.path.stat().st_size == image.size
        with self._lock:
            self.asked.append(image.candidate.rank)
        if image.candidate.rank in self.deadly:
            raise WorkspaceError("the disk is gone")
        if image.candidate.rank in self.broken:
            raise ValueError("\ud800 no")
        return [Label(name=f"{image.candidate.category} {image.candidate.rank}", score=0.5)]

    @hookimpl
    def register_labelers(self) -> Iterator[Labeler]:
        def build(_: None) -> LabelImage:
            return self.label

        yield Labeler(name=self.name, summary="its rank", version=self.version, build=build)


def labelers(*counting: Counting) -> Labelers:
    manager = pluggy.PluginManager("pixcrawler")
    manager.add_hookspecs(hookspecs)
    for each in counting:
        manager.register(each, each.name)
    return Labelers.build(Registry(manager, {}), [each.name for each in counting])


def label(house: House, *counting: Counting, threads: int = 2, **more: Any) -> int:
    return label_images(house.ledger, house.workspace.blobs, labelers(*counting), threads, **more)


def told(folder: Path, name: str = "manifest.json") -> Any:
    return json.loads((folder / name).read_text("utf-8"))


def names(house: House) -> list[list[str]]:
    """The names of each image's labels, from the manifest."""
    entries = told(house.assemble())["images"]
    return [[each["name"] for each in entry["labels"]] for entry in entries]


def always_later() -> Callable[[], float]:
    """A clock by which so much time goes by that each label is noted at once."""
    seconds = iter(range(0, 10**9, 100))
    return lambda: next(seconds)


def test_labels_are_in_the_catalog_and_in_the_manifest(house: House) -> None:
    house.accept(house.find("cat", 2))
    counting = Counting()
    counting.broken = {1}
    assert label(house, counting) == 2
    folder = house.assemble()
    first, second = told(folder)["images"]
    assert first["labels"] == [{"name": "cat 0", "source": "rank", "version": "1", "score": 0.5}]
    assert (first["label_errors"], second["labels"]) == ({}, [])
    assert second["label_errors"] == {"rank": "labeler 'rank' of plugin rank failed: ValueError: ? no"}
    counts = told(folder, "statistics.json")["images"]["labels"]
    assert counts == {"rank": {"images": 1, "labels": 1, "errors": 1}}
    record = ImageRecord.get(ImageRecord.number == 1)
    assert record.labels == first["labels"]
    assert record.metadata == {
        "scores": {"dimensions": {"score": 0.5}},
        "labelled_by": labelers(counting).digests,
        "label_errors": {},
    }


def test_labels_come_in_the_order_of_the_images_in_any_number_of_threads(house: House) -> None:
    house.accept(house.find("cat", 30))
    house.accept(house.find("ant", 3))
    assert label(house, Counting(), threads=7) == 33
    order = [f"ant {rank}" for rank in range(3)] + [f"cat {rank}" for rank in range(30)]
    assert names(house) == [[name] for name in order]


def test_nothing_is_labelled_twice(house: House) -> None:
    house.accept(house.find("cat", 3))
    counting = Counting()
    counting.broken = {1}
    assert [label(house, counting) for _ in range(3)] == [3, 0, 0]
    assert sorted(counting.asked) == [0, 1, 2]
    house.accept(house.find("cat", 1, rank=9), start=4)
    assert label(house, counting) == 1
    assert sorted(counting.asked) == [0, 1, 2, 9]


def test_new_versions_and_other_labelers_label_anew_and_others_are_not_asked(house: House) -> None:
    house.accept(house.find("cat", 1))
    one, newer, two = Counting("one"), Counting("one", "2"), Counting("two")
    assert [label(house, one, two), label(house, newer, two), label(house, two)] == [1, 1, 1]
    assert [each.asked for each in (one, newer, two)] == [[0], [0], [0]]
    (entry,) = told(house.assemble())["images"]
    assert [label["source"] for label in entry["labels"]] == ["two"]
    assert [label(house, two, newer), label(house, newer, two)] == [1, 1], "another order, none asked again"
    assert (newer.asked, two.asked) == ([0, 0], [0])
    assert label(house) == 1
    assert names(house) == [[]]


def test_an_image_that_is_judged_anew_is_labelled_anew(house: House) -> None:
    cats = house.find("cat", 1)
    house.accept(cats)
    counting = Counting()
    label(house, counting)
    house.accept(cats, scores={})
    assert label(house, counting) == 1
    assert counting.asked == [0, 0]


def test_what_was_labelled_before_an_error_is_not_labelled_again(house: House) -> None:
    house.accept(house.find("cat", 20))
    counting = Counting()
    counting.deadly = {12}
    with pytest.raises(WorkspaceError, match="the disk is gone"):
        label(house, counting, clock=always_later())
    counting.deadly = set()
    counting.asked.clear()
    assert label(house, counting) == 8
    assert sorted(counting.asked) == list(range(12, 20))
    assert names(house) == [[f"cat {rank}"] for rank in range(20)]


def test_a_run_that_is_stopped_keeps_what_it_has(house: House) -> None:
    house.accept(house.find("cat", 100))
    counting = Counting()
    assert label(house, counting, stopped=lambda: True) == 1
    assert len(counting.asked) <= 2 * AHEAD + 2
    counting.asked.clear()
    assert label(house, counting) == 99
    assert 0 not in counting.asked


def test_few_images_are_labelled_ahead(house: House) -> None:
    house.accept(house.find("cat", 60))
    counting = Counting()
    ahead: list[int] = []

    def stopped() -> bool:
        ahead.append(len(counting.asked) - len(ahead))
        return False

    label(house, counting, stopped=stopped)
    assert len(ahead) == 60
    assert max(ahead) <= 2 * AHEAD + 1


def test_labels_that_nobody_made_are_made_anew(house: House) -> None:
    house.accept(house.find("cat", 1))
    ImageRecord.update(labels=["cat"], metadata={}).execute()
    assert label(house, Counting()) == 1
    assert names(house) == [["cat 0"]]
