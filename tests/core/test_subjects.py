"""Which classes speak for what a category names."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixcrawler_core.imagenet import CLASSES, WORDNET, ImageNet, imagenet
from pixcrawler_core.models.store import ModelStore
from pixcrawler_core.subjects import Subject, Subjects, plain
from pixcrawler_core.text_embedding import MODEL, TOKENIZER, TextEmbedder

FEW = (
    *(
        "tabby",
        "tench",
        "Italian greyhound",
        "toy terrier",
        "robin",
        "pelican",
        "flamingo",
        "sea lion",
        "barn",
    ),
    *("hog", "hamster", "lakeside", "seashore", "harvester", "red wine", "daisy", "street sign", "spotlight"),
    *("cab", "limousine", "mouse", "matchstick", "crane (wading bird)", "crane (lifting device)", "groom"),
)


@pytest.fixture(scope="module")
def known(models: ModelStore) -> ImageNet:
    return imagenet(models.path(CLASSES), models.path(WORDNET))


@pytest.fixture(scope="module")
def subjects(known: ImageNet) -> Subjects:
    """With all classes, for what WordNet knows; that needs no model of texts."""

    def refuse() -> TextEmbedder:
        raise AssertionError("the model of texts was asked")

    return Subjects(known, refuse)


@pytest.fixture(scope="module")
def few(models: ModelStore, known: ImageNet) -> Subjects:
    """With few classes, since reading the explanations of all takes seconds."""
    offsets = [known.offsets[known.names.index(name)] for name in FEW]
    return Subjects(
        ImageNet(offsets, known.words), lambda: TextEmbedder(models.session(MODEL), models.path(TOKENIZER))
    )


def speaking(subjects: Subjects, words: str) -> list[str]:
    """The classes that speak for it, the best first; of equals the first."""
    weights = subjects.find(words).weights
    assert weights is not None
    assert weights.mean() == pytest.approx(1)
    order = np.argsort(-weights, kind="stable")
    return [subjects.imagenet.names[each] for each in order if weights[each] > 0]


@pytest.mark.parametrize(
    ("words", "number", "one"),
    [
        ("birds", 59, "robin"),
        ("Dogs", 118, "toy terrier"),
        ("mammals", 218, "tabby"),
        ("red-panda", 1, "lesser panda"),
        ("Red_Panda photos", 1, "lesser panda"),
        ("close-up photograph of a cheetah", 1, "cheetah"),
        ("geese", 1, "goose"),
        ("stealth bomber", 1, "warplane"),
        ("scuba divers", 1, "scuba diver"),
        ("vehicles", 67, "cab"),
    ],
)
def test_wordnet_says_which_classes_speak(subjects: Subjects, words: str, number: int, one: str) -> None:
    found = speaking(subjects, words)
    assert len(found) == number
    assert one in found
    assert subjects.find(words).evidence == "kinds"


@pytest.mark.parametrize(
    "words",
    ["person", "Old Man", "portrait", "crowds", "nurse", "hand", "football players", "men", "contestants"],
)
def test_people_are_left_to_others(subjects: Subjects, words: str) -> None:
    found = subjects.find(words)
    assert (found.evidence, found.weights) == ("people", None)
    with pytest.raises(ValueError, match=f"no class speaks for '{plain(words)}'"):
        found.lift(np.zeros(1000))


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("crane (bird)", "crane (wading bird)"),
        ("crane [machine]", "crane (lifting device)"),
        ("construction crane", "crane (lifting device)"),
        ("a tabby on a sofa", "tabby"),
        ("stop sign", "street sign"),
        ("damaged car", "cab"),
    ],
)
def test_the_end_of_a_phrase_is_read_as_the_phrase_means_it(few: Subjects, words: str, first: str) -> None:
    assert speaking(few, words)[0] == first


@pytest.mark.parametrize(
    ("words", "near", "far"),
    [
        ("kingfisher", "pelican", "cab"),
        ("puppy", "toy terrier", "barn"),
        ("farm animals", "hog", "limousine"),
        ("beach", "seashore", "tabby"),
        ("golden retriever puppy", "toy terrier", "seashore"),
    ],
)
def test_other_subjects_are_spoken_for_by_what_means_alike(
    few: Subjects, words: str, near: str, far: str
) -> None:
    found = speaking(few, words)
    assert few.find(words).evidence == "meaning"
    assert near in found[:5]
    weights = few.find(words).weights
    assert weights is not None
    assert weights[FEW.index(near)] > 4 * weights[FEW.index(far)]


def test_a_rare_meaning_does_not_speak_alone(few: Subjects) -> None:
    """A mouse is an animal first; the class is the computer's."""
    found = speaking(few, "mouse")
    assert few.find("mouse").evidence == "meaning"
    assert found[:2] == ["mouse", "hamster"]


def test_few_kinds_of_many_do_not_speak_alone(few: Subjects) -> None:
    found = speaking(few, "flowers")
    assert few.find("flowers").evidence == "meaning"
    assert found[0] == "daisy"
    assert len(found) > 5


@pytest.mark.parametrize(
    "words", ["happiness", "Paris", "football match", "zorblax", "class-1", "", "%%%", "猫", "\ud800"]
)
def test_where_no_class_is_near_none_speaks(few: Subjects, words: str) -> None:
    found = few.find(words)
    assert (found.evidence, found.weights) == ("none", None)


def test_the_same_words_are_looked_up_once(subjects: Subjects) -> None:
    assert subjects.find("birds") is subjects.find("birds")


def test_lift_compares_with_chance() -> None:
    weights = np.array([0.0, 2.0, 2.0, 0.0])
    subject = Subject("x", "kinds", weights)
    assert subject.lift(np.full(4, 0.25)) == 1
    assert subject.lift(np.array([0.1, 0.6, 0.3, 0.0])) == pytest.approx(1.8)
    assert subject.lift(np.array([1.0, 0.0, 0.0, 0.0])) == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("Red-Panda_photos", "red panda"),
        ("pictures of the sea", "sea"),
        ("view of Delft", "delft"),
        ("photo", "photo"),
        ("an image", "image"),
        ("  a\tcat ", "cat"),
        ("\N{FULLWIDTH LATIN SMALL LETTER C}at", "cat"),
        ("", ""),
        ("c\ud800at\0\u202e", "cat"),
    ],
)
def test_words_are_made_plain(words: str, said: str) -> None:
    assert plain(words) == said


@settings(max_examples=40, deadline=None)
@given(words=st.text(max_size=30))
def test_no_words_make_it_fail(few: Subjects, words: str) -> None:
    found = few.find(words)
    if found.weights is not None:
        assert np.isfinite(found.weights).all()
        assert found.weights.min() >= 0
        assert found.weights.mean() == pytest.approx(1)
