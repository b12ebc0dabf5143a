"""Widens keywords by WordNet: other words for the same thing, its kinds, and what it is a part of.

A word that may mean something else is asked together with the keyword (`panther jaguar`, `teal duck`), and
not at all if it mostly means something else: a `wheel` is no bicycle.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from os.path import commonprefix

from pydantic import BaseModel, ConfigDict, Field

from pixcrawler_core import hookimpl
from pixcrawler_core.components import Expander, ExpandKeyword, Models
from pixcrawler_core.imagenet import ABSTRACT, WORDNET
from pixcrawler_core.keywords.senses import PHYSICAL, SHORT, VISIBLE, WHOLES, Senses
from pixcrawler_core.records import Keyword, Query
from pixcrawler_core.text_embedding import MODEL, TOKENIZER
from pixcrawler_core.wordnet import HYPERNYMS, Synset
from pixcrawler_core.words import folded, singular

KINDS = frozenset({"~"})
"""Pointers to kinds of a thing, without those to persons, places and other single instances."""
GENUS = frozenset({"#m"})
"""Pointers from a species to its genus, among others."""
PEOPLE = frozenset({7846, 9605289, 9619168, 9624168, 9622049, 10787470, 10287213, 9917593})
"""Person, adult, female, male, juvenile, woman, man, child: most of their kinds are opinions of people."""
RUDE = re.compile(r"\b(?:offensive|disparag|derogat|slang|slur\b|obscene|vulgar)")
"""Stands in the explanations of words that one does not say."""
EXTINCT = "extinct"
"""Stands in the explanations of what does not live any more."""
LONGEST_PHRASE = 5
"""Words of a phrase outside WordNet of which the last is looked at."""
ORGANISM = 4475
"""The synset of living things."""
_SPECIES = re.compile(r"[A-Z][a-z]+ [A-Za-z][a-z]+")
_WORD = re.compile(r"[a-z]+(?:['-][a-z]+)*")
_DETAILS = re.compile(r"\s(?:in|on|at|with|from|near|by|under|against|of|for|and)\s.*|\s\w+ing$")
"""What follows the thing in a phrase: where it is, what it does."""


class WordNetOptions(BaseModel):
    """Options of the expander `wordnet`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    synonyms: bool = Field(default=True, description="Other words for the same thing, scientific names too.")
    hyponyms: bool = Field(default=True, description="Kinds of the thing: poodles for `dog`.")
    depth: int = Field(default=1, ge=1, le=2, description="2 also asks for kinds of these kinds.")
    holonyms: bool = Field(
        default=False,
        description="What the thing is a part of, as it is often seen: a piano for `keyboard`.",
    )
    most: int = Field(default=20, ge=1, le=200, description="Most queries for a keyword.")


class WordNetExpander:
    """Finds queries in WordNet; keywords of which it has not the meaning get none."""

    def __init__(self, options: WordNetOptions, senses: Senses) -> None:
        self._options, self._senses, self._words = options, senses, senses.words

    def __call__(self, keyword: Keyword, /) -> Iterator[Query]:
        """Synonyms first, then kinds, the nearest first, then wholes."""
        queries = self._known(keyword) if self._words.synsets(keyword.text) else self._phrase(keyword)
        different = {folded(query.text): query for query in queries}
        different.pop(folded(keyword.text), None)
        return islice(different.values(), self._options.most)

    def _known(self, keyword: Keyword) -> Iterator[Query]:
        synset = self._senses.meant(keyword)
        if synset is None:
            return
        detail = self._told(synset, keyword.text)
        word = _word(keyword.text, synset)
        if self._options.synonyms:
            yield from self._synonyms(synset, keyword, word, detail)
        if self._options.hyponyms and not self._is_general(synset):
            for text in self._kinds(synset, word):
                yield Query(text=text, relation="hyponym", detail=detail)
        if self._options.holonyms:
            for text in self._wholes(synset):
                yield Query(text=text, relation="holonym", detail=detail)

    def _synonyms(self, synset: Synset, keyword: Keyword, word: str, detail: str) -> Iterator[Query]:
        usual = self._words.synsets(keyword.text)[0] == synset.offset
        if not (keyword.hint or usual) and (kind := self._kind(synset)):
            yield Query(text=f"{keyword.text} {kind}", relation="synonym", detail=detail)
        own = word if synset.offset in self._words.synsets(keyword.text) else None
        latin = self._latin(synset)
        for lemma in synset.lemmas:
            if lemma in latin:
                yield Query(text=lemma, relation="scientific", detail=detail)
            elif lemma != own and self._is_usual(lemma, synset):
                beside = "" if self._is_only(lemma) or _has(lemma, word) else f" {word}"
                yield Query(text=f"{lemma}{beside}", relation="synonym", detail=detail)

    def _latin(self, synset: Synset) -> set[str]:
        """Names of a species, such as `Ailurus fulgens`: its genus, and a word that is no English noun."""
        genera = {lemma for each in synset.targets(GENUS) for lemma in self._words.synset(each).lemmas}
        if ORGANISM not in self._words.closure(synset.offset):
            return set()
        pairs = {lemma: lemma.split() for lemma in synset.lemmas if _SPECIES.fullmatch(lemma)}
        return {
            lemma
            for lemma, (first, second) in pairs.items()
            if first in genera or not self._words.synsets(second)
        }

    def _is_general(self, synset: Synset) -> bool:
        """Whether it is so wide that its kinds say nothing of it, or no more than `woman` does of people."""
        above = synset.targets(HYPERNYMS)
        return synset.offset in ABSTRACT | PEOPLE or (bool(above) and PEOPLE.issuperset(above))

    def _kinds(self, synset: Synset, word: str) -> Iterator[str]:
        """Names of kinds; of each level those first that have the keyword's own word."""
        own = _last(word)
        level = self._decent(synset, synset)
        for _ in range(self._options.depth):
            names = [self._name(kind, own) for kind in level]
            yield from (name for name in names if _names(name, own))
            yield from (f"{name} {word}" for name in names if not _names(name, own))
            level = [below for kind in level for below in self._decent(kind, synset)]

    def _decent(self, above: Synset, meant: Synset) -> list[Synset]:
        """Its kinds; extinct ones, of which there are only bones and drawings, for extinct things only."""
        kinds = [self._words.synset(kind) for kind in above.targets(KINDS)]
        alive = [kind for kind in kinds if EXTINCT not in kind.gloss or EXTINCT in meant.gloss]
        return [kind for kind in alive if not RUDE.search(kind.gloss)]

    def _name(self, kind: Synset, own: str) -> str:
        """The name of a kind, if it has one with the keyword's own word that one: `Newfoundland dog`."""
        telling = (lemma for lemma in kind.lemmas if _names(lemma, own) and folded(lemma) != own)
        return next(telling, kind.lemmas[0])

    def _wholes(self, synset: Synset) -> Iterator[str]:
        for each in synset.targets(WHOLES):
            whole = self._words.synset(each)
            usual = (lemma for lemma in whole.lemmas if self._is_usual(lemma, whole))
            if PHYSICAL in self._words.closure(each):
                yield from islice(usual, 1)

    def _is_usual(self, word: str, synset: Synset) -> bool:
        """Whether a word means this before anything else."""
        return self._senses.possible(word)[:1] == [synset.offset]

    def _is_only(self, word: str) -> bool:
        """Whether a word means one thing at most of those that can be seen."""
        senses = self._words.synsets(word)
        return sum(not VISIBLE.isdisjoint(self._words.closure(each)) for each in senses) < 2

    def _kind(self, synset: Synset) -> str | None:
        """A word for what a thing is a kind of."""
        above = (each for each in synset.targets(HYPERNYMS) if each not in ABSTRACT)
        return next((self._words.synset(each).lemmas[0] for each in above), None)

    def _told(self, synset: Synset, text: str) -> str:
        kind = self._kind(synset)
        return f"{text} ({kind})" if kind else text

    def _phrase(self, keyword: Keyword) -> Iterator[Query]:
        """A phrase with other words for the thing at its end, or before what is said of it."""
        text = keyword.text
        thing = _DETAILS.sub("", text)
        words = thing.split()
        if not self._options.synonyms or not 1 < len(words) <= LONGEST_PHRASE:
            return
        if not all(_WORD.fullmatch(word) for word in words):
            return
        for start in range(len(words)):
            head = " ".join(words[start:])
            if self._words.synsets(head):
                yield from self._substituted(keyword, " ".join(words[:start]), head, text[len(thing) :])
                return

    def _substituted(self, keyword: Keyword, before: str, head: str, after: str) -> Iterator[Query]:
        synset = self._senses.meant(Keyword(text=head, context=(keyword.text,)))
        if synset is None or PHYSICAL not in self._words.closure(synset.offset):
            return
        own = _word(head, synset)
        if " " not in head and synset.lemmas[0] != own:
            return  # it is called something else, as an accountant is a `controller`: hardly in a phrase
        unfit = {own, *self._latin(synset)}
        for lemma in synset.lemmas:
            if lemma in unfit or len(lemma.split()) > len(head.split()):
                continue
            if self._is_usual(lemma, synset) and self._is_only(lemma):
                text = f"{before} {lemma}{after}".strip()
                yield Query(text=text, relation="synonym", detail=self._told(synset, head))


def _has(text: str, words: str) -> bool:
    """Whether the words stand in a text, also in a compound: `railroad car`, `motorcar`."""
    return folded(words) in folded(text)


def _names(name: str, own: str) -> bool:
    """Whether a name has a word in it, or as the end of a compound: `lion cub`, `armchair`."""
    words = map(singular, folded(name).split())
    return any(word.endswith(own) if len(own) > SHORT else word == own for word in words)


def _word(text: str, synset: Synset) -> str:
    """The name of a meaning that a keyword uses: `wolf` for `wolves`."""
    own = folded(text)
    return max(synset.lemmas, key=lambda lemma: len(commonprefix((folded(lemma), own))))  # noqa: RUF071


def _last(text: str) -> str:
    return singular(folded(text).rpartition(" ")[2])


def build(options: WordNetOptions, models: Models) -> ExpandKeyword:
    """The expander with its options. Raises ModelMissing where WordNet is not there."""
    return WordNetExpander(options, Senses.of(models))


@hookimpl
def register_expanders() -> Iterator[Expander]:
    """The expander `wordnet`."""
    yield Expander(
        name="wordnet",
        summary="other words and kinds by WordNet, of the meaning that the job is about",
        options=WordNetOptions,
        build=build,
        models=(WORDNET, MODEL, TOKENIZER),
    )
