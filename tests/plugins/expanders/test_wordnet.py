"""The expander `wordnet`."""

from __future__ import annotations

from typing import Any

import pytest
from pixcrawler_plugins.expanders.wordnet import WordNetOptions, build, register_expanders

from pixcrawler_core.components import Expander, Models
from pixcrawler_core.config.keywords import KeywordsTable
from pixcrawler_core.defaults import DEFAULT_PLUGINS
from pixcrawler_core.keywords.parsing import parse_keyword, parse_keywords
from pixcrawler_core.keywords.process import process_keywords
from pixcrawler_core.models.store import ModelStore
from pixcrawler_core.records import Query
from pixcrawler_core.registry import Registry, load
from pixcrawler_core.testing.contracts import ExpanderContract


class TestWordNet(ExpanderContract):
    component = next(register_expanders())
    stored: Models

    @pytest.fixture(autouse=True)
    def _with_models(self, models: ModelStore) -> None:
        self.stored = models

    def models(self) -> Models:
        return self.stored


class Asking:
    """Asks the expander."""

    def __init__(self, models: ModelStore) -> None:
        self.models = models

    def queries(self, written: str, *context: str, **options: Any) -> list[Query]:
        """What it gives for the keyword beside others."""
        _, keyword = next(parse_keywords({word: [word] for word in (written, *context)}))
        return list(build(WordNetOptions.model_validate(options), self.models)(keyword))

    def __call__(self, written: str, *context: str, **options: Any) -> list[str]:
        return [query.text for query in self.queries(written, *context, **options)]


@pytest.fixture
def ask(models: ModelStore) -> Asking:
    return Asking(models)


def test_names_of_the_thing_and_of_its_kinds(ask: Asking) -> None:
    found = ask.queries("dog")
    assert {(each.relation, each.text) for each in found} >= {
        ("synonym", "domestic dog"),
        ("scientific", "Canis familiaris"),
        ("hyponym", "hunting dog"),
    }
    assert {each.detail for each in found} == {"dog (canine)"}
    latin = [
        each.text
        for each in (*ask.queries("lion"), *ask.queries("capybara"))
        if each.relation == "scientific"
    ]
    assert latin == ["Panthera leo", "Hydrochoerus hydrochaeris"]
    assert ask("dogs") == ask("DOG") == ask("dog"), "however it is written"
    assert ask("wolves")[:2] == ["wolf pup", "timber wolf"]


def test_kinds_are_asked_together_with_the_keyword(ask: Asking) -> None:
    found = ask("dog", most=100)
    assert {"Newfoundland dog", "basenji dog", "griffon dog"} <= set(found)
    assert all(each.endswith("dog") for each in found if each != "Canis familiaris")
    assert "armchair" in ask("chair"), "a compound has the keyword's word"


def test_words_that_mean_something_else_are_not_asked_alone(ask: Asking) -> None:
    synonyms = {each.text for each in ask.queries("bicycle", hyponyms=False)}
    assert synonyms == {"cycle bicycle"}, "no bike, which is a motorcycle, and no wheel"
    assert "machine" not in " ".join(ask("car", hyponyms=False)).split()
    assert ask("car", hyponyms=False) == ["auto", "automobile", "motorcar"]
    assert "panther jaguar" in ask("jaguar")


def test_only_the_meaning_of_the_job_is_widened(ask: Asking) -> None:
    assert ask("crane", "heron", "stork") == ["crane wading bird", "whooping crane"]
    machines = ask("crane", "bulldozer", "excavator")
    assert machines == ["crane lifting device", "davit crane", "derrick crane", "transporter crane"]
    assert ask("crane (bird)") == ["whooping crane"], "the hint is asked with the keyword anyway"
    assert ask("jaguar (car)") == ask("apple (company)") == []
    assert ask("bat (baseball)") == ["baseball bat"]


@pytest.mark.parametrize(
    ("phrase", "given"),
    [
        ("damaged car", ["damaged auto", "damaged automobile", "damaged motorcar"]),
        ("old refrigerator", ["old icebox"]),
        ("red panda sleeping", ["lesser panda sleeping", "cat bear sleeping"]),
        ("empty parking lot", ["empty car park", "empty parking area"]),
        ("abandoned fire truck in a field", ["abandoned fire engine in a field"]),
        ("electric scooter", []),
        ("street food stall", []),
    ],
)
def test_phrases_keep_what_is_said_of_the_thing(ask: Asking, phrase: str, given: list[str]) -> None:
    assert ask(phrase) == given
    assert ask(phrase, synonyms=False) == []


@pytest.mark.parametrize(
    "name",
    ["Tesla Model 3", "Raspberry Pi", "raspberry pi", "xbox controller", "times square", "quokka", "iPhone"],
)
def test_names_that_wordnet_lacks_are_left_alone(ask: Asking, name: str) -> None:
    assert ask(name) == []


def test_parts_of_the_answer_are_options(ask: Asking) -> None:
    relations = {each.relation for each in ask.queries("keyboard", holonyms=True)}
    assert relations == {"hyponym", "holonym"}
    assert "piano" in ask("keyboard", holonyms=True, hyponyms=False)
    assert ask("keyboard", synonyms=False, hyponyms=False) == []
    assert ask("dog", most=3) == ask("dog")[:3]
    nearer, both = ask("dog", most=200), ask("dog", most=200, depth=2)
    assert both[: len(nearer)] == nearer
    assert "sled dog" in set(both) - set(nearer)


def test_what_is_extinct_rude_or_says_nothing_is_left_out(ask: Asking) -> None:
    assert "mammoth elephant" not in ask("elephant")
    assert "diplodocus dinosaur" in ask("dinosaur"), "unless one asks for it"
    assert not any("gee-gee" in each for each in ask("horse", most=100))
    assert ask("woman", synonyms=False) == ask("object", synonyms=False) == []
    assert not any("Obama" in each for each in ask("president", most=200)), "no single persons"


def test_a_job_asks_the_nearest_first(models: ModelStore) -> None:
    registry = Registry(load(installed=False).manager, DEFAULT_PLUGINS, models)
    table = KeywordsTable(expanders=("wordnet",))
    asked = process_keywords({"lights": ["lighthouse"]}, table, registry=registry)
    assert [each.text for each in asked][:2] == ["lighthouse", "beacon lighthouse"]
    assert "pharos" not in [each.text for each in asked], "it is too far"
    assert {each.origin for each in asked[1:]} == {"wordnet"}
    assert registry.get(Expander, "wordnet").models


def test_odd_keywords_have_few_queries_or_none(ask: Asking) -> None:
    assert ask("a" * 200) == []
    assert ask("\u202edog") == ask("dog")
    assert list(build(WordNetOptions(), ask.models)(parse_keyword("dog's & cat's <b>"))) == []
