"""Recognises pictures that show the same though much was changed: cropped, tilted, in grey, with a writing.

Embeddings find what may be the same picture. Unless they are very near, both pictures are then looked at: the
same details must lie in the same places.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from pixcrawler_core import hookimpl
from pixcrawler_core.classifier import MODEL, classify
from pixcrawler_core.components import Deduper, Models
from pixcrawler_core.dedup.geometry import confirmed
from pixcrawler_core.dedup.nearest import Limits
from pixcrawler_core.dedup.vectors import VectorIndex
from pixcrawler_core.detectors.found import Session
from pixcrawler_core.embeddings import decode_embedding, encode_embedding
from pixcrawler_core.image import Image

WIDTH = 1280
"""Numbers in an embedding."""


class EmbeddingOptions(BaseModel):
    """How near embeddings must be, by their cosine: 1 for the same direction, 0 for nothing in common."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    sure: float = Field(
        default=0.97,
        ge=0.01,
        le=1,
        description="Cosine from which on two pictures are duplicates without being looked at.",
    )
    maybe: float = Field(
        default=0.6,
        ge=0.01,
        le=1,
        description="Cosine from which on two pictures are looked at; duplicates have the same details in the"
        " same places.",
    )
    most: int = Field(
        default=10,
        ge=0,
        le=1000,
        description="How many pictures are looked at for one, the nearest first: some 20 ms each.",
    )

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.maybe > self.sure:
            raise ValueError(f"maybe is {self.maybe} and sure is {self.sure}; let maybe be at most as much")
        return self


class SameContents:
    """The embedding of the picture, and the places of its details."""

    def __init__(self, options: EmbeddingOptions, session: Session) -> None:
        self._limits = Limits(sure=options.sure, maybe=options.maybe, most=options.most)
        self._session = session

    def fingerprint(self, image: Image, /) -> Mapping[str, Any]:
        """`embedding`: 1280 numbers of length 1; `decode_embedding` reads them."""
        return {"embedding": encode_embedding(classify(image, self._session).embedding)}

    def open(self, folder: Path, /) -> VectorIndex:
        """The index of embeddings in a folder."""
        return VectorIndex(folder, WIDTH, lambda told: decode_embedding(told["embedding"]), self._limits)

    def same(self, image: Image, other: Image, /) -> bool:
        """Whether both show the same details in the same places."""
        return confirmed(image, other)


def build(options: EmbeddingOptions, models: Models) -> SameContents:
    """The method with its options and its model."""
    return SameContents(options, models.session(MODEL))


@hookimpl
def register_dedupers() -> Iterator[Deduper]:
    """The method `embedding`."""
    yield Deduper(
        name="embedding",
        summary="pictures that show the same though cropped, tilted, written on",
        options=EmbeddingOptions,
        build=build,
        models=(MODEL,),
    )
