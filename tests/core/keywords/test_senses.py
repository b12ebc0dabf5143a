"""Which meaning of a keyword is meant."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixcrawler_core.errors import ModelMissing
from pixcrawler_core.imagenet import WORDNET
from pixcrawler_core.keywords.parsing import parse_keyword, parse_keywords
from pixcrawler_core.keywords.senses import Senses
from pixcrawler_core.models.store import ModelStore
from pixcrawler_core.records import Keyword
from pixcrawler_core.text_embedding import TextEmbedder
from pixcrawler_core.wordnet import wordnet


@pytest.fixture(scope="module")
def senses(models: ModelStore) -> Senses:
    return Senses.of(models)


@pytest.fixture(scope="module")
def lexical(models: ModelStore) -> Senses:
    """Without the model of texts."""

    def refuse() -> TextEmbedder:
        raise ModelMissing("the model of texts was asked")

    return Senses(wordnet(models.path(WORDNET)), refuse)


def among(senses: Senses, *words: str) -> str | None:
    """What the first of a job's keywords means: the beginning of the explanation."""
    _, keyword = next(parse_keywords({word: [word] for word in words}))
    return meaning(senses, keyword)


def meaning(senses: Senses, keyword: Keyword) -> str | None:
    synset = senses.meant(keyword)
    return None if synset is None else synset.gloss


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("crane (bird)", "large long-necked wading bird"),
        ("crane (machine)", "lifts and moves heavy objects"),
        ("bass (fish)", "nontechnical name for any of numerous edible"),
        ("bass (guitar)", "the guitar with six strings that has the lowest pitch"),
        ("bat (baseball)", "an implement used in baseball by the batter"),
        ("mouse (computer)", "a hand-operated electronic device"),
        ("trunk (elephant)", "a long flexible snout"),
        ("trunk (car)", "compartment in an automobile"),
        ("nail (finger)", "the nail at the end of a finger"),
        ("mole (skin)", "a small congenital pigmented spot"),
        ("plane (tree)", "any of several trees of the genus Platanus"),
        ("turkey (country)", "a Eurasian republic"),
        ("cricket (sport)", "a game played with a ball and bat"),
        ("horn (music)", "a brass musical instrument"),
        ("spring (season)", "the season of growth"),
    ],
)
def test_a_hint_tells_the_meaning_by_kinds_parts_and_explanations(
    lexical: Senses, written: str, told: str
) -> None:
    assert (meaning(lexical, parse_keyword(written)) or "").startswith(told)


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("ring (boxing)", "a square ring where boxers fight"),
        ("spring (metal coil)", "a metal elastic device"),
        ("club (night)", "a spot that is open late at night"),
    ],
)
def test_other_hints_by_what_they_mean(senses: Senses, written: str, told: str) -> None:
    assert (meaning(senses, parse_keyword(written)) or "").startswith(told)


@pytest.mark.parametrize(
    "written",
    [
        "jaguar (car)",
        "apple (company)",
        "python (programming language)",
        "puma (brand)",
        "quokka",
        "",
        "(",
        "\0",
    ],
)
def test_what_wordnet_lacks_has_no_meaning(senses: Senses, written: str) -> None:
    assert meaning(senses, parse_keyword(written)) is None


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("crane", "heron", "stork"), "large long-necked wading bird"),
        (("mouse", "keyboard", "monitor"), "a hand-operated electronic device"),
        (("mouse", "rat", "hamster"), "any of numerous small rodents"),
        (("bass", "trout", "salmon"), "nontechnical name for any of numerous edible"),
        (("bass", "drum", "guitar"), "the member with the lowest range"),
        (("pitcher", "jug", "vase"), "an open vessel"),
        (("seal", "walrus", "sea lion"), "any of numerous marine mammals"),
        (("kite", "hawk", "eagle"), "any of several small graceful hawks"),
        (("cricket", "football", "tennis"), "a game played with a ball and bat"),
        (("spring", "summer", "winter"), "the season of growth"),
        (("dog", "cat", "car"), "a member of the genus Canis"),
        (("tiger", "lion", "boy"), "large feline"),
        (("dog", "boy", "girl"), "a member of the genus Canis"),
        (("fox", "boy", "girl"), "alert carnivorous mammal"),
        (("boxer", "wrestler", "judoka"), "someone who fights with his fists"),
    ],
)
def test_other_keywords_of_the_job_tell_the_meaning(senses: Senses, words: Sequence[str], told: str) -> None:
    assert (among(senses, *words) or "").startswith(told)


def test_what_the_kinds_do_not_tell_the_explanations_do(senses: Senses, lexical: Senses) -> None:
    assert (among(senses, "shell", "starfish", "coral") or "").startswith("hard outer covering")
    with pytest.raises(ModelMissing, match="was asked"):
        among(lexical, "shell", "starfish", "coral")


def test_the_category_tells_more_than_other_categories(lexical: Senses) -> None:
    jobs = {"birds": ["crane"], "machines": ["bulldozer", "excavator"]}
    _, crane = next(parse_keywords(jobs))
    assert (meaning(lexical, crane) or "").startswith("large long-necked wading bird")


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("crane", "lifts and moves heavy objects"),
        ("tiger", "large feline"),
        ("chicken", "a domestic fowl"),
        ("oak", "a deciduous tree"),
        ("glove", "handwear"),
        ("turtle", "any of various aquatic and land reptiles"),
        ("plane", "an aircraft"),
        ("table", "a piece of furniture"),
        ("sunset", "atmospheric phenomena"),
        ("concert", "a performance of music"),
        ("china", "high quality porcelain"),
        ("Paris", "the capital and largest city of France"),
        ("wolves", "any of various predatory carnivorous canine mammals"),
    ],
)
def test_alone_it_is_what_can_be_seen_and_is_no_name(lexical: Senses, word: str, told: str) -> None:
    assert (meaning(lexical, Keyword(text=word)) or "").startswith(told)


@settings(max_examples=100, deadline=None)
@given(text=st.text(max_size=20), context=st.lists(st.text(max_size=10), max_size=3))
def test_any_words_have_one_meaning_or_none(lexical: Senses, text: str, context: list[str]) -> None:
    keyword = Keyword(text=text, context=tuple(context))
    try:
        chosen = lexical.meant(keyword)
    except ModelMissing:
        return
    assert (chosen.offset if chosen else None) in {None, *lexical.possible(text)}
