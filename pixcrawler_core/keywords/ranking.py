"""Scores queries: how near they keep to their keyword, by how they are related and by what they mean.

The figures were chosen with the keywords of `benchmarks/accuracy/keywords.csv` that are not held out; the
README of the benchmarks tells how often they are right.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from pixcrawler_core.records import Keyword, Query
from pixcrawler_core.text_embedding import MODEL, TOKENIZER, TextEmbedder
from pixcrawler_core.words import folded, singular

if TYPE_CHECKING:
    from pixcrawler_core.components import Models

MODELS = (MODEL, TOKENIZER)
"""What it needs for queries whose meaning is to be weighed."""
CERTAIN = {
    "given": 1.0,
    "plural": 0.95,
    "singular": 0.95,
    "spelling": 0.9,
    "template": 0.7,
    "scientific": 0.8,
}
"""Relations that say by themselves how near a query keeps: it has the keyword's own words in it, or is Latin,
which the text embedding does not know. Templates come after names and kinds, which show other things."""
WITH_OWN_WORDS = {"synonym": 0.85, "hyponym": 0.75}
"""The same for what a lexicon tells of, if all words of the keyword are in it: `hunting dog` for `dog`."""
PRIORS = {"synonym": 0.7, "hyponym": 0.7, "holonym": 0.4, "translation": 0.75}
"""What relations that a lexicon tells of are worth before the meaning is looked at. A score of 0.5 then takes
a cosine of 0.3 of synonyms and hyponyms: of synonyms above it 86 % were right, of those below 62 %."""
UNKNOWN = 0.4
"""The same for any other relation. A score of 0.5 then takes a cosine of 0.6: 93 % of phrases made with a
keyword have it, 56 % of its kinds, and 17 % of other kinds of what it is a kind of."""
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
        sure = [_by_relation(keyword, query) for query in queries]
        doubtful = [query.text for query, score in zip(queries, sure, strict=True) if score is None]
        cosines = self._cosines(keyword, doubtful)
        return [
            _by_meaning(query, cosines) if score is None else score
            for query, score in zip(queries, sure, strict=True)
        ]

    def _cosines(self, keyword: Keyword, texts: Sequence[str]) -> Mapping[str, float]:
        if not texts:
            return {}
        if self._embedder is None:
            self._embedder = self._make()
        own = f"{keyword.text} ({keyword.hint})" if keyword.hint else keyword.text
        vectors = self._embedder.embed([own, *(folded(text) for text in texts)])
        return {text: float(cosine) for text, cosine in zip(texts, vectors[1:] @ vectors[0], strict=True)}


def _by_relation(keyword: Keyword, query: Query) -> float | None:
    """The score that the relation tells; None if the meaning has to be looked at."""
    if query.relation in CERTAIN:
        return CERTAIN[query.relation]
    if query.language != "en":
        return PRIORS.get(query.relation, UNKNOWN)
    has_own = _words(keyword.text) <= _words(query.text)
    return WITH_OWN_WORDS.get(query.relation) if has_own else None


def _by_meaning(query: Query, cosines: Mapping[str, float]) -> float:
    prior = PRIORS.get(query.relation, UNKNOWN)
    return (1 - WEIGHT) * prior + WEIGHT * min(max(cosines[query.text], 0.0), 1.0)


def _words(text: str) -> set[str]:
    return {singular(word) for word in folded(text).split()}
