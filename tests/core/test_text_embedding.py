"""Vectors of texts."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixcrawler_core.models.store import ModelStore
from pixcrawler_core.text_embedding import MODEL, SIZE, TOKENIZER, TextEmbedder


@pytest.fixture(scope="module")
def embedder(models: ModelStore) -> TextEmbedder:
    return TextEmbedder(models.session(MODEL), models.path(TOKENIZER))


def test_alike_texts_are_near(embedder: TextEmbedder) -> None:
    puppy, *others = embedder.embed(
        ["golden retriever puppy", "young golden retriever", "labrador", "gold jewellery", "retrieve data"]
    )
    near = [round(float(puppy @ other), 2) for other in others]
    assert near[0] == pytest.approx(0.84, abs=0.02)
    assert near == sorted(near, reverse=True)
    assert near[-1] < 0.2


def test_a_text_has_the_same_vector_in_any_company(embedder: TextEmbedder) -> None:
    texts = ["castle", "a picture of a lighthouse at the sea in the evening", "", "cat"] * 20
    together = embedder.embed(texts)
    assert together.shape == (80, SIZE)
    assert np.abs(np.linalg.norm(together, axis=1) - 1).max() < 1e-5
    alone = np.concatenate([embedder.embed([text]) for text in texts[:4]])
    assert np.abs(alone - together[:4]).max() < 1e-5
    assert np.abs(alone - together[-4:]).max() < 1e-5


def test_no_texts_give_no_vectors(embedder: TextEmbedder) -> None:
    assert embedder.embed([]).shape == (0, SIZE)


def test_the_end_of_a_long_text_is_left_out(embedder: TextEmbedder) -> None:
    long, longer = embedder.embed(["word " * 200, "word " * 200 + "castle " * 50])
    assert np.abs(long - longer).max() < 1e-5


@settings(max_examples=15, deadline=None)
@given(text=st.text(max_size=30))
def test_any_text_has_a_vector(embedder: TextEmbedder, text: str) -> None:
    (vector,) = embedder.embed([text])
    assert np.isfinite(vector).all()
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)
