"""Embeddings as text."""

from __future__ import annotations

import base64

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixcrawler_core.embeddings import decode_embedding, encode_embedding

NUMBERS = st.floats(-1, 1, width=32)


@given(numbers=st.lists(NUMBERS, min_size=1, max_size=50).filter(lambda row: np.linalg.norm(row) > 0.1))
def test_the_direction_stays(numbers: list[float]) -> None:
    embedding = np.array(numbers, dtype=np.float32)
    read = decode_embedding(encode_embedding(embedding))
    assert read.dtype == np.float32
    assert np.linalg.norm(read) == pytest.approx(1, abs=1e-6)
    assert float(read @ embedding / np.linalg.norm(embedding)) == pytest.approx(1, abs=1e-5)


def test_the_text_is_ascii_and_short() -> None:
    text = encode_embedding(np.full(1280, 0.028, dtype=np.float32))
    assert len(text) == 3416
    assert text.isascii()
    assert encode_embedding(np.array([1.0, -2.0])) == base64.b64encode(b"\x00\x3c\x00\xc0").decode()


def test_zeros_stay_zeros() -> None:
    assert decode_embedding(encode_embedding(np.zeros(3))).tolist() == [0, 0, 0]
    assert decode_embedding("").shape == (0,)


@pytest.mark.parametrize("numbers", [[np.nan], [np.inf], [70_000.0], [[1.0, 2.0]], 1.0])
def test_what_cannot_be_written_is_refused(numbers: object) -> None:
    with pytest.raises(ValueError, match="an embedding is a row of finite numbers"):
        encode_embedding(np.array(numbers))


@pytest.mark.parametrize("text", ["%%%", "AA", "AAAA", "AH4=", "\N{SNOWMAN}AAA", "AHwAfA=="])
def test_what_is_no_embedding_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="embedding"):
        decode_embedding(text)


@given(text=st.text())
def test_any_text_is_an_embedding_or_refused(text: str) -> None:
    try:
        read = decode_embedding(text)
    except ValueError:
        return
    assert np.isfinite(read).all()
