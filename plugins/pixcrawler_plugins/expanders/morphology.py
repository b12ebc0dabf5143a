"""Asks for keywords in their other number and in other spellings: `fire trucks`, `firetruck`, `gray wolf`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field

from pixcrawler_core import hookimpl
from pixcrawler_core.components import Expander, ExpandKeyword, Models
from pixcrawler_core.imagenet import WORDNET
from pixcrawler_core.keywords.senses import Senses
from pixcrawler_core.records import Keyword, Query
from pixcrawler_core.wordnet import Synset
from pixcrawler_core.words import folded, tidy
from pixcrawler_plugins.expanders.lexicon import senses
from pixcrawler_plugins.expanders.nouns import phrase

if TYPE_CHECKING:
    from inflect import engine

LONGEST = 60
"""Characters of a keyword of which other forms are looked for."""
MASSES = frozenset({11494638, 11524662, 3309808, 14580897})
"""Synsets of what is not counted: precipitation, weather, fabric, material."""
_WORD = re.compile(r"[A-Za-z]+")
_NOUN = re.compile(r"[a-z][a-z'.]*[a-z]")
_PLURAL = re.compile(r"(?:[^isu]s|men|children|people|mice|lice|geese|teeth|feet|oxen|cacti|fungi)$")
"""Ends of plurals, as far as they can be told without a lexicon: no `bus`, `iris` and `glass`."""
_CLIPPED = 2
"""Letters of the part of a compound such as `t-shirt` that is also written in one word."""


class MorphologyOptions(BaseModel):
    """Options of the expander `morphology`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    numbers: bool = Field(default=True, description="Plurals of singulars, and singulars of plurals.")
    spellings: bool = Field(
        default=True, description="Compounds in one word and in two, British and American spellings."
    )


@cache
def tables() -> Mapping[str, Any]:
    """The exceptions, as `morphology.toml` has them; lists of words are sets."""
    told = tomllib.loads(files(__package__).joinpath("morphology.toml").read_text("ascii"))
    return {name: frozenset(each.split()) if isinstance(each, str) else each for name, each in told.items()}


@cache
def inflection() -> engine:
    """The library's rules for English."""
    import inflect

    return inflect.engine()


class Morphology:
    """Finds other forms of keywords; without `known`, compounds are left as they are."""

    def __init__(self, options: MorphologyOptions, known: Senses | None) -> None:
        self._options, self._known = options, known

    def __call__(self, keyword: Keyword, /) -> Iterator[Query]:
        """The other number first, then spellings."""
        text = tidy(keyword.text)
        if len(text) > LONGEST:
            return
        whole = tidy(f"{text} {keyword.hint}")
        head = phrase(text).head
        counted = text if _NOUN.fullmatch(head) and self._singular(head) else whole
        rest = whole[len(counted) :]
        numbers = [(relation, tidy(other + rest)) for relation, other in self._numbers(counted)]
        spellings = [(relation, tidy(f"{other} {keyword.hint}")) for relation, other in self._spellings(text)]
        found = {other: relation for relation, other in (*numbers, *spellings)}
        for other, relation in found.items():
            if folded(other) != folded(whole):
                yield Query(text=other, relation=relation)

    def _numbers(self, text: str) -> Iterator[tuple[str, str]]:
        parts = phrase(text)
        if not self._options.numbers or not _NOUN.fullmatch(parts.head) or self._is_name(text):
            return
        if single := self._singular(parts.head):
            yield "singular", parts.with_head(single)
        elif many := self._plural(parts.head):
            yield "plural", parts.with_head(many)

    def _is_name(self, text: str) -> bool:
        """Whether it is a name, which has no plural: of a model with its number, or of a single thing."""
        if re.search(r"\d", text):
            return True
        found = self._synsets(text)
        return bool(found) and all(_names_one(synset, text) for synset in found)

    def _singular(self, word: str) -> str | None:
        """The singular of a plural; None for any other word."""
        told = tables()
        if word in told["plural_only"] or word in told["singular"] or word.endswith("ss"):
            return None
        if single := next((one for one, many in told["plurals"].items() if many == word != one), ""):
            return str(single)
        ends_so = bool(_PLURAL.search(word))
        if not ends_so and (self._known is None or (self._has(word) and not word.endswith("s"))):
            return None
        single = str(inflection().singular_noun(word) or "")
        if len(single) < 2 or single == word or (self._known is not None and not self._has(single)):
            return None
        return single

    def _plural(self, word: str) -> str | None:
        """The plural of a singular; None for what is not counted, and for what is no noun."""
        told = tables()
        if word in told["uncountable"] or word in told["plural_only"] or word.endswith("ing"):
            return None
        if self._known is None and word.endswith("s") and word not in told["singular"]:
            return None
        if self._known is not None and not self._is_counted(word):
            return None
        many = told["plurals"].get(word) or str(inflection().plural_noun(word))
        return None if many == word else many

    def _is_counted(self, word: str) -> bool:
        """Whether the lexicon has the noun, and in its usual sense as something that is counted."""
        if not self._has(word) or self._known is None:
            return False
        first = self._known.possible(word)[0]
        return MASSES.isdisjoint(self._known.words.closure(first))

    def _spellings(self, text: str) -> Iterator[tuple[str, str]]:
        if not self._options.spellings:
            return
        for found in _WORD.finditer(text):
            if other := _across(found[0].lower()):
                yield "spelling", f"{text[: found.start()]}{other}{text[found.end() :]}"
        for other in self._compounds(text):
            yield "spelling", other

    def _compounds(self, text: str) -> Iterator[str]:
        """A compound in one word, and in two, as far as the lexicon has both; of `t-shirt`, always."""
        if clipped := re.fullmatch(rf"([A-Za-z]{{1,{_CLIPPED}}})[- ]([a-z]{{3,}})", text):
            yield clipped[1] + clipped[2]
        squashed = _squashed(text)
        cuts = range(2, len(squashed) - 1) if " " not in text else ()
        for other in (squashed, *(f"{squashed[:cut]} {squashed[cut:]}" for cut in cuts)):
            for synset in self._synsets(other):
                yield from (lemma for lemma in synset.lemmas if _squashed(lemma) == squashed)

    def _synsets(self, text: str) -> list[Synset]:
        if self._known is None:
            return []
        return [self._known.words.synset(each) for each in self._known.words.synsets(text)]

    def _has(self, word: str) -> bool:
        """Whether the lexicon has a word as it stands, and not only its singular."""
        return any(lemma.lower() == word for synset in self._synsets(word) for lemma in synset.lemmas)


def _names_one(synset: Synset, text: str) -> bool:
    """Whether it is a single person, place or thing, or one word for it that begins with a capital."""
    own = next((lemma for lemma in synset.lemmas if folded(lemma) == folded(text)), "")
    return (own.istitle() and " " not in own) or any(kind == "@i" for kind, _ in synset.pointers)


def _across(word: str) -> str | None:
    """The British spelling of an American word, or the other way round; plurals too."""
    british: Mapping[str, str] = tables()["spellings"]
    american = {there: here for here, there in british.items()}
    for stem, end in ((word, ""), (word.removesuffix("s"), "s")):
        if stem + end == word and (other := british.get(stem) or american.get(stem)):
            return other + end
    return None


def _squashed(text: str) -> str:
    return folded(text).replace(" ", "")


def build(options: MorphologyOptions, models: Models) -> ExpandKeyword:
    """The expander with its options."""
    return Morphology(options, senses(models))


@hookimpl
def register_expanders() -> Iterator[Expander]:
    """The expander `morphology`."""
    yield Expander(
        name="morphology",
        summary="plurals and singulars, compounds in one word and in two, British and American spellings",
        options=MorphologyOptions,
        build=build,
        models=(WORDNET,),
        needs=lambda _: (),
        ranked=False,
    )
