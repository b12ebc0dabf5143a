from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pixcrawler_plugins.expanders.morphology import register_expanders

from pixcrawler_core.components import ExpandKeyword
from pixcrawler_core.models.store import ModelStore
from pixcrawler_core.words import folded
from tests.plugins.expanders.stores import EMPTY, WithModels, WithoutModels, asked, expander, texts

COUNTED = {
    "fire truck": "fire trucks",
    "mother-in-law": "mothers-in-law",
    "man-of-war": "men-of-war",
    "passer-by": "passers-by",
    "drive-in": "drive-ins",
    "bird of prey": "birds of prey",
    "castle at night": "castles at night",
    "wolf": "wolves",
    "child": "children",
    "ox": "oxen",
    "bus": "buses",
    "lens": "lenses",
    "potato": "potatoes",
    "piano": "pianos",
    "thief": "thieves",
    "snowman": "snowmen",
    "German shepherd": "German shepherds",
    "goose": "geese",
    "person": "people",
}
NOT_COUNTED = (
    *("snow", "fresh snow", "rice", "sushi", "apple juice", "sheep", "goldfish", "aircraft", "species"),
    *("scissors", "glasses", "jeans", "binoculars", "running"),
    *("Tesla Model 3", "Golden Gate Bridge", "Paris", "Airbus A380", "2 dogs", "panda 🐼", "赤いパンダ"),
)


class TestMorphology(WithModels):
    component = next(register_expanders())


class TestMorphologyWithoutWordNet(WithoutModels):
    component = next(register_expanders())


@pytest.fixture(scope="module")
def knowing(models: ModelStore) -> ExpandKeyword:
    return expander("morphology", models, spellings=False)


@pytest.fixture(scope="module")
def plain() -> ExpandKeyword:
    return expander("morphology", EMPTY, spellings=False)


@pytest.mark.parametrize(("one", "many"), COUNTED.items())
def test_the_head_of_a_phrase_changes_its_number(
    knowing: ExpandKeyword, plain: ExpandKeyword, one: str, many: str
) -> None:
    for expand in (knowing, plain):
        assert texts(expand, one) == {many: "plural"}
    assert texts(knowing, many) == {one: "singular"}


@pytest.mark.parametrize("word", NOT_COUNTED)
def test_what_is_not_counted_and_names_stay(knowing: ExpandKeyword, plain: ExpandKeyword, word: str) -> None:
    assert texts(knowing, word) == {}
    assert texts(plain, word) == {}


@pytest.mark.parametrize(
    "word", ["paris", "georgia", "new york", "eiffel tower", "great wall of china", "drizzle", "gabardine"]
)
def test_wordnet_knows_more_names_and_masses(knowing: ExpandKeyword, plain: ExpandKeyword, word: str) -> None:
    assert texts(knowing, word) == {}


def test_wordnet_tells_plurals_from_words_that_end_alike(
    knowing: ExpandKeyword, plain: ExpandKeyword
) -> None:
    assert texts(knowing, "taxis") == {"taxi": "singular"}
    assert texts(knowing, "menus") == {"menu": "singular"}
    assert texts(knowing, "crocus") == {"crocuses": "plural"}
    assert texts(knowing, "oak") == {"oaks": "plural"}, "a tree before it is its wood"
    assert texts(knowing, "opera") == {"operas": "plural"}
    assert texts(plain, "menus") == texts(plain, "axis") == {}, "without it nothing is guessed"


def test_compounds_that_the_lexicon_has(models: ModelStore) -> None:
    expand = expander("morphology", models, numbers=False)
    assert texts(expand, "firetruck") == {"fire truck": "spelling"}
    assert texts(expand, "hotdog") == {"hot dog": "spelling"}
    assert texts(expand, "light house") == {"lighthouse": "spelling"}
    assert texts(expand, "t-shirt") == {"tshirt": "spelling"}
    assert texts(expand, "sunflower") == texts(expand, "carpet") == texts(expand, "red panda") == {}


def test_spellings_on_both_sides_of_the_atlantic() -> None:
    expand = expander("morphology", EMPTY, numbers=False)
    assert texts(expand, "grey wolf") == {"gray wolf": "spelling"}
    assert texts(expand, "airplanes at night") == {"aeroplanes at night": "spelling"}
    assert texts(expand, "greyhound") == {}, "whole words only"


def test_the_hint_stays(models: ModelStore) -> None:
    for store in (models, EMPTY):
        assert texts(expander("morphology", store), "crane (bird)") == {"crane birds": "plural"}
        assert texts(expander("morphology", store), "cranes (bird)") == {"crane bird": "singular"}


def test_both_can_be_left_out() -> None:
    assert texts(expander("morphology", EMPTY, numbers=False, spellings=False), "grey wolf") == {}


@given(st.text(max_size=80))
def test_it_never_gives_the_keyword_itself(text: str) -> None:
    expand = expander("morphology", EMPTY)
    assert all(folded(query.text) != folded(text) for query in asked(expand, text))
