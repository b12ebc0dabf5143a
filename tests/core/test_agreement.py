"""How well images agree with what they were found for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixcrawler_core.agreement import score_of, subject_of
from pixcrawler_core.imagenet import CLASSES, WORDNET, ImageNet, imagenet
from pixcrawler_core.models.store import ModelStore
from pixcrawler_core.records import Candidate
from pixcrawler_core.subjects import Subjects
from pixcrawler_core.text_embedding import MODEL, TOKENIZER, TextEmbedder


def asked(category: str, query: str) -> Candidate:
    return Candidate(engine="urls", category=category, query=query, image_url="https://e.example/1.jpg")


@pytest.mark.parametrize(
    ("wanted", "query", "subject", "evidence"),
    [
        ("cheetahs", "zorblax", "cheetahs", "kinds"),
        ("class-1", "cheetah", "cheetah", "kinds"),
        ("class-1", "zorblax", "class 1", "none"),
        ("", "cheetah", "cheetah", "kinds"),
        ("women", "cheetah", "women", "people"),
        ("class-1", "women", "women", "people"),
    ],
)
def test_a_query_stands_in_for_a_category_that_means_nothing(
    models: ModelStore, wanted: str, query: str, subject: str, evidence: str
) -> None:
    known = imagenet(models.path(CLASSES), models.path(WORDNET))
    few = ImageNet([known.offsets[known.names.index(name)] for name in ("cheetah", "castle")], known.words)
    subjects = Subjects(few, lambda: TextEmbedder(models.session(MODEL), models.path(TOKENIZER)))
    found = subject_of(subjects, asked(wanted, query))
    assert found is not None
    assert (found.name, found.evidence) == (subject, evidence)


def test_chance_is_a_half_and_where_no_class_can_tell_there_is_no_score() -> None:
    assert score_of({"lift": 1.0}) == 0.5
    assert score_of({"lift": 0.0}) == 0
    assert score_of({"subject": "women", "evidence": "people"}) is None


@given(st.floats(0, 1000), st.floats(0, 1000))
def test_the_more_probable_the_better(one: float, other: float) -> None:
    low, high = (score_of({"lift": lift}) for lift in sorted((one, other)))
    assert low is not None
    assert high is not None
    assert 0 <= low <= high <= 1
