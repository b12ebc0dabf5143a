"""The classes of ImageNet."""

from __future__ import annotations

import numpy as np
import pytest

from pixcrawler_core.imagenet import ABSTRACT, CLASSES, WORDNET, Guess, ImageNet, imagenet
from pixcrawler_core.models.store import ModelStore


@pytest.fixture(scope="module")
def known(models: ModelStore) -> ImageNet:
    return imagenet(models.path(CLASSES), models.path(WORDNET))


def named(known: ImageNet, numbers: list[int]) -> set[str]:
    return {known.names[number] for number in numbers}


def test_there_are_1000_classes_with_names_of_their_own(known: ImageNet) -> None:
    assert len(known.names) == len(set(known.names)) == len(set(known.offsets)) == 1000
    assert (known.id(0), known.names[0]) == ("n01440764", "tench")
    assert (known.id(999), known.names[999]) == ("n15075141", "toilet tissue")


def test_names_that_two_classes_have_tell_what_they_are(known: ImageNet) -> None:
    cranes = {"crane (wading bird)", "crane (lifting device)"}
    assert {name for name in known.names if name.startswith("crane")} == cranes
    assert {name for name in known.names if "(" in name} > cranes


def test_kinds_of_a_thing_are_found(known: ImageNet) -> None:
    cat, domestic = (known.words.synsets(word)[0] for word in ("cat", "domestic cat"))
    assert named(known, known.kinds(domestic)) == {
        *("tabby", "tiger cat", "Persian cat", "Siamese cat", "Egyptian cat")
    }
    assert set(known.kinds(domestic)) < set(known.kinds(cat))
    assert known.kinds(known.words.synsets("happiness")[0]) == []


def test_classes_that_a_thing_is_a_kind_of_are_found(known: ImageNet) -> None:
    granny, cat, burgundy = (
        known.words.synsets(word)[0] for word in ("Granny Smith", "cat", "Burgundy wine")
    )
    assert named(known, known.above(granny)) == {"Granny Smith"}
    assert named(known, known.above(cat)) == set()
    assert named(known, known.above(burgundy)) == set()
    reds = [known.above(sense) for sense in known.words.synsets("claret")]
    assert [named(known, classes) for classes in reds if classes] == [{"red wine"}]


def test_the_most_probable_classes_are_told(known: ImageNet) -> None:
    probabilities = np.zeros(1000)
    probabilities[[7, 3, 999]] = 0.2, 0.5, 0.2
    assert known.guesses(probabilities, 2) == [
        Guess("n01491361", "tiger shark", 0.5),
        Guess("n01514668", "cock", 0.2),
    ]
    assert len(known.guesses(probabilities)) == 5


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("cheetah", ["big cat", "feline", "carnivore"], "animal"),
        ("sports car", ["car", "motor vehicle"], "artifact"),
        ("alp", ["mountain", "natural elevation"], "geological formation"),
    ],
)
def test_ancestors_are_told_from_the_nearest(known: ImageNet, name: str, first: list[str], last: str) -> None:
    number = known.names.index(name)
    found = known.ancestors(Guess(known.id(number), name, 1.0))
    assert found[: len(first)] == first
    assert found[-1] == last


def test_what_is_said_of_nearly_everything_is_no_ancestor(known: ImageNet) -> None:
    abstract = {known.words.synset(offset).lemmas[0] for offset in ABSTRACT}
    assert abstract >= {"entity", "physical entity", "object", "whole", "organism", "matter"}
    for number, name in enumerate(known.names):
        found = known.ancestors(Guess(known.id(number), name, 1.0))
        assert abstract.isdisjoint(found)
        assert len(set(found)) == len(found)


def test_the_files_are_read_once(models: ModelStore, known: ImageNet) -> None:
    assert imagenet(models.path(CLASSES), models.path(WORDNET)) is known
