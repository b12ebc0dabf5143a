"""The contract of labelers finds what is wrong with one."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from pixcrawler_core.components import Labeler, LabelImage
from pixcrawler_core.image import Image
from pixcrawler_core.records import Candidate, Label
from pixcrawler_core.testing.contracts import LabelerContract


def contract(make: Callable[[], Callable[[Image], Any]], version: str = "1") -> LabelerContract:
    """The contract of a labeler that `make` makes, afresh each time."""
    tests = LabelerContract()
    build = cast("Callable[[Any], LabelImage]", lambda _: make())
    tests.component = Labeler(name="odd", summary="Odd.", version=version, build=build)
    return tests


def needs_a_candidate(image: Image) -> list[Label]:
    return [Label(name=cast("Candidate", image.candidate).category)]


def trusts_the_source(image: Image) -> Iterator[Label]:
    if image.candidate:
        yield Label(name=image.candidate.title or "untitled")


def counting() -> Callable[[Image], list[Label]]:
    numbers = itertools.count()
    return lambda _: [Label(name=f"picture {next(numbers)}")]


def test_a_good_labeler_passes() -> None:
    tests = contract(lambda: lambda image: [Label(name=image.header.mode, score=image.view.width / 9999)])
    names = [name for name in dir(tests) if name.startswith("test_")]
    assert len(names) == 7
    for name in names:
        getattr(tests, name)()


@pytest.mark.parametrize("labeler", [needs_a_candidate, trusts_the_source, lambda _: ["cat"], lambda _: None])
def test_labels_that_are_none_are_found(labeler: Callable[[Image], Any]) -> None:
    with pytest.raises((AssertionError, AttributeError, TypeError, ValueError)):
        contract(lambda: labeler).test_it_gives_labels_for_any_picture()


def test_labels_that_change_are_found() -> None:
    with pytest.raises(AssertionError):
        contract(counting).test_it_always_says_the_same()
    with pytest.raises(AssertionError):
        contract(counting).test_it_runs_in_threads()


def test_a_version_that_says_nothing_is_found() -> None:
    with pytest.raises(AssertionError):
        contract(counting, version="").test_it_has_a_version()


def test_a_labeler_that_writes_is_found() -> None:
    sizes: dict[Path, int] = {}

    def writes(image: Image) -> list[Label]:
        sizes.setdefault(image.path, image.size)
        with image.path.open("ab") as file:
            file.write(b" ")
        return []

    with pytest.raises(AssertionError):
        contract(lambda: writes).test_it_leaves_the_file_alone()
    for path, size in sizes.items():  # other tests of this process have the same files
        os.truncate(path, size)
