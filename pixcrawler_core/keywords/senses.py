"""Says which meaning of a keyword is meant: a noun of WordNet, chosen by hint, context and frequency.

What can be seen in a picture comes before what cannot, and words as they are written before names: `crane` is
a machine or a bird, no poet and no constellation. The figures were chosen with some 150 ambiguous keywords.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from pixcrawler_core.imagenet import ABSTRACT, WORDNET
from pixcrawler_core.text_embedding import MODEL, TOKENIZER, Floats, TextEmbedder
from pixcrawler_core.wordnet import Synset, WordNet, wordnet
from pixcrawler_core.words import folded, singular

if TYPE_CHECKING:
    from pixcrawler_core.components import Models
    from pixcrawler_core.records import Keyword

PHYSICAL, PERSON, ANIMAL = 1930, 7846, 15388
"""The synsets physical entity, person and animal."""
ROLES = frozenset({9939313, 9623038, 9632518, 9613191, 9620078, 10541229, 9614315})
"""Combatant, leader, worker, contestant, inhabitant, ruler, creator: persons with the name of an animal."""
VISIBLE = frozenset({PHYSICAL, 29378, 31264, 6619065})
"""Synsets of which pictures are taken, or of what falls under them: the first, and event, group, show."""
WHOLES = frozenset({"#m", "#s", "#p"})
"""Pointers to what a thing is a member, a substance or a part of."""
KIN = 0.7
"""Least likeness, by what they are kinds of, of a sense and a word that tells of it."""
RARER = 0.01
"""How much more alike a sense must be than one that is more plausible, for each place between them."""
CLEAR, CLEARLY = 0.03, 0.1
"""How much better a sense must fit to be chosen: than the next in likeness of kinds, or than the most
plausible in the sum of this and the cosine of texts."""
NEAR = 0.35
"""Least cosine of the explanation of a sense and the hint; with less, WordNet lacks the meaning."""
MOST_CONTEXT, MOST_TEXTS = 50, 8
"""Words of the context of which kinds are compared, and of which texts are, with as many senses at most."""
MOST_SENSES = 3
"""Meanings of a word of the context that are looked at."""
NEIGHBOURS = 3
"""Words of the context, those nearest to a sense, that speak for it."""
SHORT = 3
"""Letters of a word that counts only as it stands: `car` is not in `carpet`."""
MOST_KEPT = 5000
"""Vectors that are remembered, of 1.5 kB each."""


class Senses:
    """Finds what keywords mean. May be used by many threads."""

    def __init__(self, words: WordNet, embedder: Callable[[], TextEmbedder]) -> None:
        """`embedder` is called for the first keyword that kinds do not tell the meaning of."""
        self.words = words
        self._make = embedder
        self._embedder: TextEmbedder | None = None
        self._vectors: dict[str, Floats] = {}
        self._lock = Lock()

    @classmethod
    def of(cls, models: Models) -> Senses:
        """With the models WORDNET, MODEL and TOKENIZER of a store. Raises ModelMissing without the first."""
        words = wordnet(models.path(WORDNET))
        return cls(words, lambda: TextEmbedder(models.session(MODEL), models.path(TOKENIZER)))

    def meant(self, keyword: Keyword) -> Synset | None:
        """The meaning of a keyword; None if WordNet does not have the word, or not in the sense of the hint.

        Raises ModelMissing where the text embedding is needed and not there.
        """
        senses = self.possible(keyword.text)
        if not senses:
            return None
        chosen = self._hinted(senses, keyword) if keyword.hint else self._in_context(senses, keyword)
        return None if chosen is None else self.words.synset(chosen)

    def possible(self, words: str) -> list[int]:
        """What the words can mean, the most plausible first: what can be seen, and is no name.

        A tiger is an animal before it is a bold person, a chicken before it is meat, an oak before its wood,
        a glove before it is a baseball glove.
        """
        own, senses = folded(words), self.words.synsets(words)
        animals = [sense for sense in senses if ANIMAL in self.words.closure(sense)]

        def doubts(sense: int) -> tuple[bool, ...]:
            synset, closure = self.words.synset(sense), self.words.closure(sense)
            made_of = any(kind == "#s" and whole in senses for kind, whole in synset.pointers)
            of_animal = not set(animals).isdisjoint(self._wholes(sense))
            aside = made_of or of_animal or bool(animals and PERSON in closure)
            unseen, untouched = VISIBLE.isdisjoint(closure), PHYSICAL not in closure
            return unseen, _is_name(synset, own), untouched, aside, _is_special(synset, own)

        return sorted(senses, key=doubts)

    def _literal(self, senses: Sequence[int], own: str) -> list[int]:
        """The senses without persons called after an animal: beside a boy, a dog is no scoundrel."""
        closures = {sense: self.words.closure(sense) for sense in senses}
        persons = [sense for sense in senses if PERSON in closures[sense]]
        if not any(ANIMAL in closure for closure in closures.values()):
            return list(senses)
        named = {each for each in persons if _is_name(self.words.synset(each), own)}
        called = {each for each in persons if ROLES.isdisjoint(closures[each])}
        return [each for each in senses if each not in named | called]

    def _hinted(self, senses: Sequence[int], keyword: Keyword) -> int | None:
        hint = keyword.hint
        things = [sense for sense in senses if PHYSICAL in self.words.closure(sense)]
        told = [
            *self._kinds_of(senses, f"{hint} {keyword.text}"),
            *self._of_kind(senses, hint),
            *self._parts(things, hint),
            *self._explained(things, hint),
            *self._kinds_of(self._meanings(hint), f"{keyword.text} {hint}"),
            *self._explained(senses, hint),
        ]
        if told:
            return told[0]
        kin = self._kinships(senses, [hint])
        if max(kin) >= KIN:
            return senses[kin.index(max(kin))]
        near = self._cosines(senses[:MOST_TEXTS], [hint])
        return senses[near.index(max(near))] if max(near) >= NEAR else None

    def _kinds_of(self, senses: Iterable[int], words: str) -> list[int]:
        """Meanings of words like `baseball bat` or `plane tree` that are a kind of one of the senses."""
        return [each for each in self.possible(words) if self.words.closure(each).intersection(senses)]

    def _of_kind(self, senses: Iterable[int], kind: str) -> list[int]:
        """The senses that are of a kind, or the kind of which it is one; by its most plausible meaning."""
        for meaning in self._meanings(kind):
            found = [sense for sense in senses if meaning in self.words.closure(sense)]
            found = found or [sense for sense in senses if sense in self.words.closure(meaning)]
            if found:
                return found
        return []

    def _parts(self, senses: Iterable[int], whole: str) -> list[int]:
        """The senses that are parts of a thing, or of what it is a kind of; by its most plausible meaning."""
        for meaning in self._meanings(whole):
            wholes = self.words.closure(meaning) - ABSTRACT
            if found := [each for each in senses if wholes.intersection(self._wholes(each))]:
                return found
        return []

    def _wholes(self, sense: int) -> tuple[int, ...]:
        return self.words.synset(sense).targets(WHOLES)

    def _meanings(self, words: str) -> list[int]:
        """What words can mean, or the last of them; nothing that is true of nearly everything."""
        found = self.possible(words) or self.possible(words.rpartition(" ")[2])
        return [each for each in found if each not in ABSTRACT]

    def _explained(self, senses: Iterable[int], hint: str) -> list[int]:
        """The senses in whose explanation, or other names, all words of the hint stand, or longer ones."""
        wanted = [singular(word) for word in folded(hint).split()]
        return [each for each in senses if _has(explanation(self.words.synset(each)), wanted)]

    def _in_context(self, senses: Sequence[int], keyword: Keyword) -> int:
        own, category = folded(keyword.text), folded(keyword.category)
        fitting = self._of_kind(senses, category) if len(senses) > 1 and category not in {"", own} else ()
        if fitting:
            return fitting[0]
        context = list(islice((each for each in keyword.context if folded(each) != own), MOST_CONTEXT))
        senses = self._literal(senses, own)
        if len(senses) == 1 or not context:
            return senses[0]
        nearest = self._kinships(senses, context, 1)
        if KIN <= nearest[0] == max(nearest):
            return senses[0]
        kin = [likeness - RARER * place for place, likeness in enumerate(self._kinships(senses, context))]
        if max(kin) >= KIN and (chosen := _clear(senses, kin, CLEAR)) is not None:
            return chosen
        near = self._cosines(senses[:MOST_TEXTS], context[:MOST_TEXTS])
        fit = [one + other for one, other in zip(kin, near, strict=False)]
        best = max(fit)
        return senses[fit.index(best)] if best - fit[0] >= CLEARLY else senses[0]

    def _kinships(
        self, senses: Iterable[int], context: Iterable[str], neighbours: int = NEIGHBOURS
    ) -> list[float]:
        """How like each sense is to the words of the context that are most like it, 0 to 1."""
        others = [self.possible(word)[:MOST_SENSES] for word in context]
        return [self._kinship(sense, others, neighbours) for sense in senses]

    def _kinship(self, sense: int, others: Iterable[Iterable[int]], neighbours: int) -> float:
        likeness = [max((self._likeness(sense, each) for each in word), default=0.0) for word in others]
        nearest = sorted(likeness, reverse=True)[:neighbours]
        return sum(nearest) / len(nearest)

    def _likeness(self, one: int, other: int) -> float:
        """After Wu and Palmer (1994): how many kinds they share, beside how many each of them is."""
        first, second = self.words.closure(one), self.words.closure(other)
        return 2 * len(first & second) / (len(first) + len(second))

    def _cosines(self, senses: Iterable[int], texts: Iterable[str]) -> list[float]:
        """How near the explanation of each sense is to the nearest of the texts."""
        explained = self._embed([explanation(self.words.synset(sense)) for sense in senses])
        return [float(each) for each in (explained @ self._embed(list(texts)).T).max(axis=1)]

    def _embed(self, texts: Sequence[str]) -> Floats:
        with self._lock:
            fresh = list(dict.fromkeys(text for text in texts if text not in self._vectors))
            if len(self._vectors) + len(fresh) > MOST_KEPT:
                self._vectors.clear()
                fresh = list(dict.fromkeys(texts))
            if fresh:
                self._embedder = self._embedder or self._make()
                self._vectors.update(zip(fresh, self._embedder.embed(fresh), strict=True))
            return np.stack([self._vectors[text] for text in texts])


def explanation(synset: Synset) -> str:
    """The names of a meaning and what it is, without examples."""
    meaning = synset.gloss.split('; "')[0]
    return f"{', '.join(synset.lemmas)}: {meaning}"


def _is_name(synset: Synset, own: str) -> bool:
    """Whether it is one person, place or thing, or the word is a name for it that begins with a capital."""
    written = next((lemma for lemma in synset.lemmas if folded(lemma) == own), own)
    return written != written.lower() or any(kind == "@i" for kind, _ in synset.pointers)


def _is_special(synset: Synset, own: str) -> bool:
    """Whether a word is short for the usual name: `glove` for `baseball glove`, `turtle` for `turtleneck`."""
    usual = folded(synset.lemmas[0])
    return usual != own and (own in usual.split() or usual.startswith(own))


def _has(text: str, wanted: Iterable[str]) -> bool:
    """Whether each word stands in a text, or one that is derived of it if it is not short: `musical`."""
    words = folded(text).split()
    return all(
        any(word.startswith(each) if len(each) > SHORT else singular(word) == each for word in words)
        for each in wanted
    )


def _clear(senses: Sequence[int], scores: Sequence[float], margin: float) -> int | None:
    """The sense of the best score, if it is better than the next by the margin."""
    order = sorted(range(len(senses)), key=lambda each: -scores[each])
    best, second = order[:2]
    return senses[best] if scores[best] - scores[second] >= margin else None
