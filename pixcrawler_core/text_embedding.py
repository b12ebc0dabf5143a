"""Turns texts into vectors that are near in direction when the texts mean alike things.

all-MiniLM-L6-v2 (Reimers and Gurevych, Sentence-BERT, 2019; Wang et al., MiniLM, 2020) with 8-bit weights:
the mean of the vectors of the text's tokens. English only.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from pixcrawler_core.detectors.found import Session
from pixcrawler_core.errors import AiMissing

if TYPE_CHECKING:
    from tokenizers import Encoding, Tokenizer

Floats = npt.NDArray[np.float32]

MODEL, TOKENIZER = "minilm", "minilm-tokenizer"
SIZE = 384
"""Numbers in a vector."""
MOST_TOKENS = 128
"""Tokens of a text that are read; the rest is left out."""
BATCH = 32
"""Texts that the model is given at once."""


class TextEmbedder:
    """The model and its tokenizer. May be used by many threads."""

    def __init__(self, session: Session, tokenizer: Path) -> None:
        """`session` of MODEL, and the file of TOKENIZER. Raises AiMissing without the extra `ai`."""
        self._session = session
        self._tokenizer = _tokenizer(tokenizer)

    def embed(self, texts: Sequence[str]) -> Floats:
        """The vectors of the texts, shape (n, 384), each of length 1.

        A text's vector is the same whatever stands beside it, up to the rounding of float32.
        """
        encoded = self._tokenizer.encode_batch(list(texts))
        vectors = np.zeros((len(encoded), SIZE), dtype=np.float32)
        order = sorted(range(len(encoded)), key=lambda each: len(encoded[each].ids))
        for start in range(0, len(order), BATCH):
            chosen = order[start : start + BATCH]
            vectors[chosen] = self._batch([encoded[each] for each in chosen])
        return vectors

    def _batch(self, texts: Sequence[Encoding]) -> Floats:
        longest = max(len(text.ids) for text in texts)
        ids = np.zeros((len(texts), longest), dtype=np.int64)
        mask = np.zeros_like(ids)
        for row, text in enumerate(texts):
            ids[row, : len(text.ids)] = text.ids
            mask[row, : len(text.ids)] = 1
        inputs = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        (states,) = self._session.run(None, inputs)
        weights = mask[..., None].astype(np.float32)
        means = (states * weights).sum(axis=1) / weights.sum(axis=1)
        vectors: Floats = means / np.linalg.norm(means, axis=1, keepdims=True)
        return vectors


@cache
def _tokenizer(path: Path) -> Tokenizer:
    try:
        from tokenizers import Tokenizer
    except ModuleNotFoundError as error:
        raise AiMissing(
            "reading words needs tokenizers, which is not installed: pip install 'pixcrawler[ai]'"
        ) from error
    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.no_padding()
    tokenizer.enable_truncation(MOST_TOKENS)
    return tokenizer
