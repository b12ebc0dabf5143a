"""How near queries keep to their keyword."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixcrawler_core.config.keywords import DEFAULT_THRESHOLD
from pixcrawler_core.errors import ModelMissing
from pixcrawler_core.keywords.ranking import CERTAIN, Ranker
from pixcrawler_core.models.store import ModelStore
from pixcrawler_core.records import Keyword, Query
from pixcrawler_core.text_embedding import TextEmbedder


def refuse() -> TextEmbedder:
    raise ModelMissing("the model of texts was asked")


@pytest.fixture(scope="module")
def ranker(models: ModelStore) -> Ranker:
    return Ranker.of(lambda: models)


def score(ranker: Ranker, keyword: str, text: str, relation: str, hint: str = "") -> float:
    (found,) = ranker.scores(Keyword(text=keyword, hint=hint), [Query(text=text, relation=relation)])
    return found


def test_what_has_the_words_of_the_keyword_needs_no_model() -> None:
    queries = [Query(text=f"dog {relation}", relation=relation) for relation in CERTAIN]
    queries += [
        Query(text="Newfoundland dogs", relation="hyponym"),
        Query(text="cur dog", relation="synonym"),
        Query(text="chien", relation="translation", language="fr"),
        Query(text="hunde", relation="compound", language="de"),
    ]
    scores = Ranker(refuse).scores(Keyword(text="dog"), queries)
    assert scores == [*CERTAIN.values(), 0.75, 0.85, 0.75, 0.4]


def test_what_has_not_does() -> None:
    with pytest.raises(ModelMissing, match="was asked"):
        score(Ranker(refuse), "dog", "poodle", "hyponym")
    with pytest.raises(ModelMissing, match="was asked"):
        score(Ranker(refuse), "dog", "dog food", "llm")


@pytest.mark.parametrize(
    ("keyword", "text", "relation", "near"),
    [
        ("car", "automobile", "synonym", True),
        ("sofa", "couch", "synonym", True),
        ("bread", "staff of life", "synonym", False),
        ("lighthouse", "pharos", "synonym", False),
        ("golden retriever", "young golden retriever", "llm", True),
        ("golden retriever", "golden retriever puppy in a garden", "learned", True),
        ("golden retriever", "gold jewellery", "llm", False),
        ("golden retriever", "labrador", "llm", False),
        ("airport terminal", "cherry blossom", "llm", False),
        ("pedal", "bicycle", "holonym", True),
        ("pedal", "motor vehicle", "holonym", False),
    ],
)
def test_meanings_that_are_near_pass_the_threshold(
    ranker: Ranker, keyword: str, text: str, relation: str, near: bool
) -> None:
    assert (score(ranker, keyword, text, relation) >= DEFAULT_THRESHOLD) is near


def test_the_hint_belongs_to_the_keyword(ranker: Ranker) -> None:
    bird, machine = (score(ranker, "crane", "heron", "llm", hint) for hint in ("bird", "machine"))
    assert bird > machine + 0.1


@given(
    texts=st.lists(st.text(max_size=20), max_size=4),
    relation=st.sampled_from(["synonym", "hyponym", "holonym", "llm", "template", "unheard-of"]),
)
def test_every_query_has_a_score(ranker: Ranker, texts: list[str], relation: str) -> None:
    queries = [Query(text=text, relation=relation) for text in texts]
    scores = ranker.scores(Keyword(text="red panda"), queries)
    assert len(scores) == len(texts)
    assert all(0 <= each <= 1 for each in scores)
    assert ranker.scores(Keyword(text="red panda"), queries[::-1]) == pytest.approx(scores[::-1], abs=1e-5)
