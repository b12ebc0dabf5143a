"""Which classes of ImageNet speak for the subject that a category or a query names.

WordNet tells it where it can: a class speaks for a subject that it is, that it is a kind of (a tabby for
`cats`), or that is a kind of it (a puffin, had ImageNet birds and no puffins). For other subjects, classes
speak that mean something alike, by the text embedding of their explanations, as far as they are near enough.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from threading import Lock

import numpy as np
import numpy.typing as npt

from pixcrawler_core.detectors.coco import PERSON, kind_of
from pixcrawler_core.imagenet import ImageNet
from pixcrawler_core.text_embedding import TextEmbedder
from pixcrawler_core.wordnet import HYPONYMS, Synset
from pixcrawler_core.words import tidy

Floats = npt.NDArray[np.float64]
Vectors = npt.NDArray[np.float32]

PEOPLE = frozenset({7846, 2472293, 7950920, 7942152, 8182379, 5220461, 3987079})
"""Synsets that ImageNet leaves out: person, Homo, social group, people, crowd, body part, portrait."""
MANY = 10
"""Classes of a kind that can speak for it alone, however many kinds of it there are."""
COVERED = 0.25
"""Share of its kinds that must have classes, if fewer are to speak for it alone."""
NEAR = 0.45
"""Least cosine of the nearest class to a subject that WordNet leads to no class of."""
SHARPNESS = 4
"""Power of the cosine with which a class of alike meaning counts."""
SHARE = 0.1
"""What such a class counts beside one that WordNet leads to."""
ALIKE = 0.05
"""How much worse than the best a meaning of the last word may fit the whole phrase."""
MOST_SENSES = 4
MOST_KEPT = 1000
"""Subjects that are remembered."""

_PICTURE = re.compile(
    r"^((close ?up )?(photo|photograph|picture|image|view)s? of )?(the |an? )?(.*?)"
    r"( (photo|photograph|picture|image|wallpaper)s?)?$"
)
_DETAILS = re.compile(r" (?:in|on|at|with|from|near|by|under|against)\b.*")
_BRACKETS = re.compile(r"\s*[(\[].*")


@dataclass(frozen=True, eq=False, slots=True)
class Subject:
    """What a category or a query asks to see."""

    name: str
    evidence: str
    """`kinds`: classes by WordNet; `meaning`: by the text embedding, too; `people` and `none`: no classes."""
    weights: Floats | None = None
    """Shape (1000,), mean 1: how much each class speaks for it. None where no class can tell."""

    def lift(self, probabilities: npt.NDArray[np.floating]) -> float:
        """How many times more probable it is than by chance: 1 if all classes were equally probable."""
        if self.weights is None:
            raise ValueError(f"no class speaks for {self.name!r}")
        return float(self.weights @ probabilities)


class Subjects:
    """Finds subjects by words. May be used by many threads."""

    def __init__(self, imagenet: ImageNet, embedder: Callable[[], TextEmbedder]) -> None:
        """`embedder` is called for the first subject that WordNet does not know, or has no class for."""
        self.imagenet = imagenet
        self._words = imagenet.words
        self._make = embedder
        self._known: dict[str, Subject] = {}
        self._lock = Lock()

    def find(self, words: str) -> Subject:
        """The subject that the words name; the same words are looked up once."""
        with self._lock:
            if words not in self._known:
                if len(self._known) >= MOST_KEPT:
                    self._known.clear()
                self._known[words] = self._find(plain(words))
            return self._known[words]

    def _find(self, name: str) -> Subject:
        if kind_of(_BRACKETS.sub("", name)) == PERSON:
            return Subject(name, "people")
        senses = self._words.synsets(name) or self._senses_of_head(name)
        weights = self._kinds(senses)
        if weights.any() and self._covered(senses[0]):
            return Subject(name, "kinds", weights / weights.mean())
        if senses and self._is_people(senses[0]) and not weights.any():
            return Subject(name, "people")
        cosines = self._cosines(name, senses)
        if not weights.any() and cosines.max() < NEAR:
            return Subject(name, "none")
        weights = np.maximum(weights, SHARE * cosines**SHARPNESS)
        return Subject(name, "meaning", weights / weights.mean())

    def _kinds(self, senses: Iterable[int]) -> Floats:
        """1 for classes that are a kind of one of the senses, or that one of them is a kind of.

        Of people ImageNet has a groom, a diver and a ballplayer: they speak for themselves, not for people.
        """
        weights = np.zeros(len(self.imagenet.names))
        for sense in senses:
            weights[self.imagenet.above(sense)] = 1
            if not self._is_people(sense):
                weights[self.imagenet.kinds(sense)] = 1
        return weights

    def _covered(self, sense: int) -> bool:
        """Whether there is a class above it, or classes for enough of its kinds.

        There are 59 classes of birds, but of towers only a beacon: a photograph of a bell tower is none.
        """
        if self.imagenet.above(sense) or len(self.imagenet.kinds(sense)) >= MANY:
            return True
        kinds = self._words.synset(sense).targets(HYPONYMS)
        return sum(bool(self.imagenet.kinds(kind)) for kind in kinds) > COVERED * len(kinds)

    def _is_people(self, sense: int) -> bool:
        return not PEOPLE.isdisjoint(self._words.closure(sense))

    def _senses_of_head(self, phrase: str) -> tuple[int, ...]:
        """Meanings of the longest end of a phrase that WordNet has, of those the ones that fit the phrase.

        `damaged car` is a car, and no railway car; `football match` no match to light a fire with.
        """
        words = _DETAILS.sub("", _BRACKETS.sub("", phrase)).split()
        for start in range(len(words)):
            head = " ".join(words[start:])
            senses = self._words.synsets(head) if len(head) > 2 else ()
            if senses:
                texts = [_explained(self._words.synset(sense)) for sense in senses]
                fit = self._embedder.embed(texts) @ self._embedder.embed([phrase])[0]
                return tuple(
                    sense for sense, each in zip(senses, fit, strict=True) if each >= fit.max() - ALIKE
                )
        return ()

    def _cosines(self, name: str, senses: tuple[int, ...]) -> Floats:
        """How near each class is to the name or to one of its usual meanings, 0 to 1."""
        explained = [_explained(self._words.synset(sense)) for sense in senses[:MOST_SENSES]]
        cosines = self._embedder.embed([name, *explained]) @ self._explanations.T
        return np.asarray(np.clip(cosines.max(axis=0), 0, 1), dtype=np.float64)

    @cached_property
    def _embedder(self) -> TextEmbedder:
        return self._make()

    @cached_property
    def _explanations(self) -> Vectors:
        """Vectors of all classes; takes some seconds."""
        return self._embedder.embed([_explained(self._words.synset(each)) for each in self.imagenet.offsets])


def plain(words: str) -> str:
    """Words as a person would say them: `Red-Panda_photos` is `red panda`."""
    text = unicodedata.normalize("NFKC", tidy(words)).casefold()
    text = " ".join(re.sub(r"[-_+,;:/\s]+", " ", text).split())
    match = _PICTURE.match(text)
    return (match and match[5]) or text


def _explained(synset: Synset) -> str:
    return f"{synset.lemmas[0]}: {synset.gloss.split(';')[0]}"
