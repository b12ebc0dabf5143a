"""Names the same thing in other languages, by data that is made of things and not of words.

Unicode's CLDR names what emoji show, OpenStreetMap's editor what stands on maps: each thing has one name in
each language, so that no other meaning of an English word slips in. Where an English name may mean something
else, the meaning that the keyword has in WordNet must fit the thing. A service that speaks the protocol of
LibreTranslate may be asked for what neither has.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Annotated

from pydantic import Field, StringConstraints

from pixcrawler_core import hookimpl
from pixcrawler_core.components import Expander, ExpandKeyword, Models
from pixcrawler_core.errors import PluginError
from pixcrawler_core.imagenet import WORDNET
from pixcrawler_core.keywords.parsing import LONGEST
from pixcrawler_core.keywords.senses import PHYSICAL, Senses
from pixcrawler_core.records import Keyword, Query
from pixcrawler_core.text_embedding import MODEL, TOKENIZER
from pixcrawler_core.wordnet import Synset
from pixcrawler_core.words import folded, singular, tidy
from pixcrawler_plugins.expanders.libretranslate import LibreTranslate
from pixcrawler_plugins.expanders.names import Names, Thing, names
from pixcrawler_plugins.services import ServiceOptions

SOURCES = ("names-cldr", "names-osm")
"""Models with names of things; what the first has, the second is not asked for."""
DEFAULT = ("de", "es", "fr", "it", "ja", "pt", "ru", "zh")
SORTS = (
    frozenset({15388}),
    frozenset({7846}),
    frozenset({17222, 12992868, 13086908, 21265, 7555863, 7881800}),
    frozenset({21939}),
    frozenset({9287968, 9225146, 27167, 9334396}),
)
"""Synsets of WordNet below which things are of one sort: animals; persons; plants, fungi and what is eaten
and drunk, so that a pear may be a tree; artefacts; formations of the ground, waters, places and land."""
MOST_RIVALS = 5
"""Meanings of a name, the most plausible ones, that a thing is compared with."""
SERVICE = "LibreTranslate"
_CODE = r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$"

Language = Annotated[str, StringConstraints(pattern=_CODE)]


class TranslationsOptions(ServiceOptions):
    """Options of the expander `translations`."""

    languages: tuple[Language, ...] = Field(
        default=DEFAULT,
        min_length=1,
        max_length=100,
        description="Languages to ask in, by their codes as in ISO 639-1; keywords are English.",
    )
    url: str | None = Field(
        default=None,
        pattern=r"^https?://[^\s/]+(/\S*)?$",
        max_length=500,
        description="Address of a service that speaks the protocol of LibreTranslate, without `/translate`; "
        "asked for what the data does not have. Not given: none is.",
    )
    key_env: str = Field(
        default="PIXCRAWLER_TRANSLATE_KEY",
        pattern="^[A-Za-z_][A-Za-z0-9_]*$",
        description="Environment variable that holds the key, if the service wants one.",
    )


class Translations:
    """Translates keywords: first by data, then, if there is one, by a service."""

    def __init__(
        self,
        languages: Sequence[str],
        sources: Sequence[Names],
        senses: Senses,
        service: LibreTranslate | None = None,
    ) -> None:
        self._languages = languages
        self._sources, self._senses, self._service = sources, senses, service

    def __call__(self, keyword: Keyword, /) -> Iterator[Query]:
        """A query for each language, in their order; none where a language has the keyword's own word.

        Raises TranslationFailed when the service gives no sound answer.
        """
        own = tidy(f"{keyword.text} {keyword.hint}")
        things = list(self._things(keyword))
        for language in self._languages:
            thing = next((each for each in things if language in each.names), None)
            text, detail = (
                (thing.names[language], thing.about) if thing else (self._asked(own, language), SERVICE)
            )
            if text and folded(text) not in {folded(own), folded(keyword.text)} and len(text) <= LONGEST:
                yield Query(text=text, relation="translation", language=language, detail=detail)

    def _asked(self, text: str, language: str) -> str | None:
        return self._service.translate(text, language) if self._service and text else None

    def _things(self, keyword: Keyword) -> Iterator[Thing]:
        """What the keyword means, as each of the sources has it.

        Where nothing tells the meaning, the first source is believed: by its name alone, a leopard is an
        animal, while WordNet has its pelt as well.
        """
        sense = self._senses.meant(keyword)
        doubted = sense if _is_told(keyword) else None
        for source in self._sources:
            against = doubted if source is self._sources[0] else sense
            found = (
                self._fitting(source.called(text), text, against) for text in self._english(keyword, sense)
            )
            if thing := next(filter(None, found), None):
                yield thing

    def _english(self, keyword: Keyword, sense: Synset | None) -> Iterator[str]:
        """The keyword, then other names of what it means that mostly mean nothing else."""
        if keyword.hint:
            yield f"{keyword.hint} {keyword.text}"
            yield f"{keyword.text} {keyword.hint}"
        if sense or not keyword.hint:
            yield keyword.text
        for lemma in sense.lemmas if sense else ():
            if self._senses.possible(lemma)[:1] == [sense.offset]:  # type: ignore[union-attr]
                yield lemma

    def _fitting(self, things: Sequence[Thing], text: str, sense: Synset | None) -> Thing | None:
        """The first thing that the sense fits: no likelier one of another sort does, and none does better."""
        if sense is None:
            return next(iter(things), None)
        closure = self._senses.words.closure
        rivals = [each for each in self._senses.possible(text)[:MOST_RIVALS] if PHYSICAL in closure(each)]
        for thing in things:
            best = max(rivals, key=partial(self._support, thing), default=sense.offset)
            if _sort(closure(best)) == _sort(closure(sense.offset)):
                return thing
        return None

    def _support(self, thing: Thing, sense: int) -> int:
        """How many words about the thing are names of what the sense is a kind of."""
        words = self._senses.words
        kinds = {folded(lemma) for each in words.closure(sense) for lemma in words.synset(each).lemmas}
        return len(thing.words & kinds)


def _is_told(keyword: Keyword) -> bool:
    """Whether there is more than the keyword itself that tells what it means."""
    others = (keyword.hint, keyword.category, *keyword.context)
    return not {_stem(each) for each in others} <= {"", _stem(keyword.text)}


def _stem(text: str) -> str:
    return " ".join(singular(word) for word in folded(text).split())


def _sort(closure: frozenset[int]) -> frozenset[int] | None:
    return next((each for each in SORTS if not each.isdisjoint(closure)), None)


def build(options: TranslationsOptions, models: Models) -> ExpandKeyword:
    """The expander. Raises PluginError for a language that is not in the data, without a service."""
    sources = [names(models.path(name)) for name in SOURCES]
    known = frozenset[str]().union(*(source.languages for source in sources))
    if options.url is None and (unknown := [code for code in options.languages if code not in known]):
        raise PluginError(
            f"expander 'translations' has no names in the language {unknown[0]!r}: name others "
            f"({', '.join(sorted(known))}), or a service that translates with url"
        )
    service = None
    if options.url is not None:
        service = LibreTranslate(
            options.url, key_env=options.key_env, timeout=options.timeout, retries=options.retries
        )
    return Translations(options.languages, sources, Senses.of(models), service)


@hookimpl
def register_expanders() -> Iterator[Expander]:
    """The expander `translations`."""
    yield Expander(
        name="translations",
        summary="the same thing in other languages, by its names in CLDR and OpenStreetMap or by a service",
        options=TranslationsOptions,
        build=build,
        models=(*SOURCES, WORDNET, MODEL, TOKENIZER),
    )
