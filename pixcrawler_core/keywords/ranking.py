"""Scores queries: how near they keep to their keyword, by how they are related and by what they mean."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from pixcrawler_core.records import Keyword, Query
from pixcrawler_core.text_embedding import MODEL, TOKENIZER, TextEmbedder
from pixcrawler_core.words import folded

if TYPE_CHECKING:
    from pixcrawler_core.components import Models

CERTAIN = {"given": 1.0, "plural": 0.95, "singular": 0.95, "spelling": 0.9, "template": 0.8}
"""Relations that say by themselves how near a query keeps: it has the keyword's own words in it."""
PRIORS = {"synonym": 0.8, "hyponym": 0.7, "holonym": 0.4, "translation": 0.75}
"""What relations that a lexicon tells of are worth before the meaning is looked at."""
UNKNOWN = 0.3
"""The same for any other relation."""
WEIGHT = 0.5
"""Share of the meaning in the score; the rest is the relation's."""


class Ranker:
    """Scores queries; the models are opened for the first query that needs them."""

    def __init__(self, embedder: Callable[[], TextEmbedder]) -> None:
        self._make = embedder
        self._embedder: TextEmbedder | None = None

    @classmethod
    def of(cls, models: Callable[[], Models]) -> Ranker:
        """A ranker with the models of a store. `scores` raises ModelMissing where they are not there."""
        return cls(lambda: TextEmbedder(models().session(MODEL), models().path(TOKENIZER)))

    def scores(self, keyword: Keyword, queries: Sequence[Query]) -> list[float]:
        """A score, 0 to 1, of each query. Texts in other languages than English are not looked at."""
        doubtful = [query for query in queries if query.relation not in CERTAIN and query.language == "en"]
        cosines = iter(self._cosines(keyword, doubtful))
        return [self._score(query, cosines) for query in queries]

    def _score(self, query: Query, cosines: object) -> float:
        if query.relation in CERTAIN:
            return CERTAIN[query.relation]
        prior = PRIORS.get(query.relation, UNKNOWN)
        if query.language != "en":
            return prior
        meaning: float = next(cosines)  # type: ignore[call-overload]
        return (1 - WEIGHT) * prior + WEIGHT * meaning

    def _cosines(self, keyword: Keyword, queries: Sequence[Query]) -> list[float]:
        if not queries:
            return []
        if self._embedder is None:
            self._embedder = self._make()
        own = f"{keyword.text} ({keyword.hint})" if keyword.hint else keyword.text
        vectors = self._embedder.embed([own, *(folded(query.text) for query in queries)])
        return [float(max(0.0, cosine)) for cosine in vectors[1:] @ vectors[0]]
