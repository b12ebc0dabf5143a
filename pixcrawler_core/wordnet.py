"""Reads the nouns of WordNet: what a word can mean, what those things are kinds of, and their other names.

The files are those of WordNet 3.0 (Princeton University, 2006; `wndb(5WN)` describes them): `data.noun` has a
line for each synset, which begins at the byte that is its number; `index.noun` is a sorted list of words with
the synsets that they can mean, most frequent sense first; `noun.exc` holds irregular plurals. They are read
from one zip and searched as they are, so that opening them costs little more than decompressing them.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

HYPERNYMS = frozenset({"@", "@i"})
"""Pointers to what a thing is a kind of, or an instance of."""
HYPONYMS = frozenset({"~", "~i"})
"""Pointers to the kinds of a thing, and to its instances."""
PARTS = frozenset({"%m", "%s", "%p"})
"""Pointers to members, substances and parts of a thing."""

PLURALS = (
    ("ses", "s"),
    ("xes", "x"),
    ("zes", "z"),
    ("ches", "ch"),
    ("shes", "sh"),
    ("men", "man"),
    ("ies", "y"),
    ("s", ""),
)
"""Endings of plurals and of their singulars: the rules of detachment for nouns of WordNet's `morphy(7WN)`."""


@dataclass(frozen=True, slots=True)
class Synset:
    """One meaning: the words for it, its place among the other meanings, its explanation."""

    offset: int
    """Its number: the byte in `data.noun` at which it stands. ImageNet's `n02123394` is 2123394."""
    lemmas: tuple[str, ...]
    """Words for it, the usual one first, with spaces: `Persian cat`."""
    pointers: tuple[tuple[str, int], ...]
    """Kind and target of each pointer to another noun."""
    gloss: str

    def targets(self, kinds: frozenset[str]) -> tuple[int, ...]:
        """The synsets that pointers of these kinds lead to: HYPERNYMS, HYPONYMS or PARTS."""
        return tuple(offset for kind, offset in self.pointers if kind in kinds)


class WordNet:
    """The nouns of WordNet 3.0. May be used by many threads."""

    def __init__(self, data: bytes, index: bytes, exceptions: bytes = b"") -> None:
        self._data = data
        self._index = index
        self._exceptions = exceptions
        self._synsets: dict[int, Synset] = {}
        self._closures: dict[int, frozenset[int]] = {}

    @classmethod
    def open(cls, path: Path) -> WordNet:
        """The nouns in a zip of `data.noun`, `index.noun` and `noun.exc`.

        Raises OSError, KeyError for a missing member and zipfile.BadZipFile.
        """
        with zipfile.ZipFile(path) as archive:
            return cls(*(archive.read(name) for name in ("data.noun", "index.noun", "noun.exc")))

    def synset(self, offset: int) -> Synset:
        """The synset of a number; KeyError where none begins."""
        if offset not in self._synsets:
            self._synsets[offset] = self._read(offset)
        return self._synsets[offset]

    def synsets(self, words: str) -> tuple[int, ...]:
        """What the words can mean, most frequent sense first; nothing for words that WordNet does not have.

        Case, hyphens and plurals do not matter; the meanings of the words as they stand come before those of
        their singular: `glasses` are spectacles before they are drinking vessels.
        """
        found = (self._senses(form) for form in self._forms(words))
        return tuple(dict.fromkeys(itertools.chain.from_iterable(found)))

    def closure(self, offset: int) -> frozenset[int]:
        """The synset itself and all that it is a kind or an instance of, up to `entity`."""
        if offset not in self._closures:
            above = [self.closure(parent) for parent in self.synset(offset).targets(HYPERNYMS)]
            self._closures[offset] = frozenset({offset}).union(*above)
        return self._closures[offset]

    def _read(self, offset: int) -> Synset:
        number = b"%08d " % offset
        if not self._data.startswith(number, offset):
            raise KeyError(f"no noun of WordNet has the number {offset}")
        end = self._data.find(b"\n", offset)
        fields, _, gloss = self._data[offset:end].decode("ascii", "replace").partition(" | ")
        _, _, _, count, *rest = fields.split()
        words = 2 * int(count, 16)
        pointers = rest[words + 1 :]
        return Synset(
            offset,
            tuple(word.replace("_", " ") for word in rest[:words:2]),
            tuple(
                (kind, int(target))
                for kind, target, part in zip(pointers[::4], pointers[1::4], pointers[2::4], strict=False)
                if part == "n"
            ),
            gloss.strip(),
        )

    def _senses(self, lemma: str) -> tuple[int, ...]:
        """Numbers in the line of a lemma (lower case, underscores), found by halving the sorted file."""
        wanted = lemma.encode("utf-8", "surrogatepass")
        low, high = 0, len(self._index) if wanted else 0  # the licence at the top has no word
        while low < high:
            start = self._index.rfind(b"\n", 0, (low + high) // 2) + 1
            end = self._index.find(b"\n", start)
            word = self._index[start:end].partition(b" ")[0]
            if word == wanted:
                fields = self._index[start:end].split()
                return tuple(map(int, fields[-int(fields[2]) :]))
            low, high = (end + 1, high) if word < wanted else (low, start)
        return ()

    def _forms(self, words: str) -> Iterator[str]:
        plain = unicodedata.normalize("NFKC", words).lower().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
        parts = re.sub(r"[\s_]+", " ", plain).strip().split(" ")
        singular = [next(iter(self._singulars(part)), part) for part in parts]
        for last in (parts[-1], *self._singulars(parts[-1])):
            yield from _spellings("_".join((*parts[:-1], last)))
        if len(parts) > 1:
            yield from _spellings("_".join((singular[0], *parts[1:])))
            yield from _spellings("_".join(singular))

    def _singulars(self, word: str) -> list[str]:
        """What a word may be a plural of."""
        if word.endswith("ss") or len(word) < 3:
            return []
        regular = [word.removesuffix(end) + new for end, new in PLURALS if word.endswith(end)]
        return [*self._irregular.get(word, ()), *regular]

    @cached_property
    def _irregular(self) -> dict[str, list[str]]:
        lines = self._exceptions.decode("ascii", "replace").splitlines()
        return {plural: singulars for plural, *singulars in map(str.split, filter(None, lines))}


def _spellings(form: str) -> tuple[str, ...]:
    """The spellings of a compound that WordNet may have: `t-shirt`, `t_shirt`, `tshirt`."""
    spaced, joined = form.replace("-", "_"), re.sub("[-_]", "", form)
    return tuple(dict.fromkeys((form, spaced, form.replace("_", "-"), joined, form.replace(".", ""))))


@lru_cache(maxsize=2)
def wordnet(path: Path) -> WordNet:
    """The nouns in a zip, read once in a process; raises what `WordNet.open` does."""
    return WordNet.open(path)
