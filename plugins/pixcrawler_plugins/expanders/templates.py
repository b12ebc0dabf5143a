"""Puts keywords into contexts in which such things are photographed: viewpoints, light, seasons, weather."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from importlib.resources import files
from itertools import chain, zip_longest
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from pixcrawler_core import hookimpl
from pixcrawler_core.components import Expander, ExpandKeyword, Models
from pixcrawler_core.imagenet import WORDNET
from pixcrawler_core.keywords.senses import Senses
from pixcrawler_core.records import Keyword, Query
from pixcrawler_core.text_embedding import MODEL, TOKENIZER
from pixcrawler_core.words import folded, singular, tidy
from pixcrawler_plugins.expanders.lexicon import meant, senses
from pixcrawler_plugins.expanders.nouns import phrase

SLOT = "{keyword}"
"""Stands in a template for the keyword."""
Domain = Literal[
    "auto", "general", "animal", "plant", "flower", "fungus", "vehicle", "food", "place", "building",
    "person", "clothing", "object",
]  # fmt: skip
Set = Literal["viewpoints", "lighting", "seasons", "weather", "contexts", "states"]
SETS: tuple[Set, ...] = ("viewpoints", "lighting", "contexts", "seasons", "weather", "states")
GENERAL = "general"
DOMAINS: tuple[tuple[str, frozenset[int]], ...] = (
    ("person", frozenset({7846})),
    ("animal", frozenset({15388})),
    ("food", frozenset({21265, 7555863, 7881800, 7705931})),
    ("fungus", frozenset({12992868})),
    ("flower", frozenset({11669921, 11669335})),
    ("plant", frozenset({17222, 8436759})),
    ("vehicle", frozenset({4524313, 3100490})),
    ("clothing", frozenset({3051540, 3381126, 3502509})),
    ("building", frozenset({2913152})),
    ("place", frozenset({4341686, 9287968, 9225146, 27167, 9334396, 8438533})),
    ("object", frozenset({3575240, 21939})),
)
"""Synsets of WordNet below which things are of a domain; the first that fits counts. Structures such as
bridges are places, and so are forests; trains are vehicles, footwear and headgear are clothing."""
_GLUE = frozenset({"a", "at", "from", "in", "its", "of", "on", "the", "under", "with", "without"})


def _checked(template: str) -> str:
    """A template on one line. Raises ValueError for one that does not say where the keyword goes."""
    text = tidy(template)
    if text.count(SLOT) != 1 or not set("{}").isdisjoint(text.replace(SLOT, "")):
        raise ValueError(f"template {text!r} must have {SLOT} once, and no other braces")
    if not any(letter.isalnum() for letter in text.replace(SLOT, "")):
        raise ValueError(f"template {text!r} has no word beside {SLOT}")
    return text


Template = Annotated[str, StringConstraints(min_length=1, max_length=150), AfterValidator(_checked)]


class TemplatesOptions(BaseModel):
    """Options of the expander `templates`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    domain: Domain = Field(
        default="auto",
        description="What the keywords are, which chooses the built-in templates; `auto` asks WordNet, and "
        "takes `general` for what it does not know.",
    )
    sets: tuple[Set, ...] = Field(default=SETS, description="Which built-in templates are used.")
    templates: tuple[Template, ...] = Field(
        default=(),
        max_length=200,
        description="Your own, which come first; `{keyword}` stands for the keyword.",
    )


@cache
def built_in() -> Mapping[str, Mapping[str, Sequence[str]]]:
    """The built-in templates, by domain and set."""
    return tomllib.loads(files(__package__).joinpath("templates.toml").read_text("utf-8"))


class Templates:
    """Puts keywords into templates; without `known`, the domain `auto` is `general`."""

    def __init__(self, options: TemplatesOptions, known: Senses | None) -> None:
        self._options, self._known = options, known

    def __call__(self, keyword: Keyword, /) -> Iterator[Query]:
        """One's own templates first, then one of each set in turn.

        Templates that add nothing to the keyword are left out: `dog in the snow` is in the snow already.
        """
        own = tidy(f"{keyword.text} {keyword.hint}")
        words = {singular(word) for word in folded(own).split()}
        if not words:
            return
        for template in dict.fromkeys((*self._options.templates, *self._built_in(keyword))):
            added = folded(template.replace(SLOT, " ")).split()
            if not {singular(word) for word in added}.difference(words, _GLUE):
                continue
            yield Query(text=template.replace(SLOT, own), relation="template", detail=template)

    def _built_in(self, keyword: Keyword) -> Iterator[str]:
        domain = self._options.domain
        sets = built_in()[self._domain(keyword) if domain == "auto" else domain]
        chosen = [sets.get(name, ()) for name in self._options.sets]
        return filter(None, chain.from_iterable(zip_longest(*chosen)))

    def _domain(self, keyword: Keyword) -> str:
        head = replace(keyword, text=phrase(keyword.text).head)
        sense = meant(self._known, keyword) or meant(self._known, head)
        if sense is None or self._known is None:
            return GENERAL
        closure = self._known.words.closure(sense.offset)
        return next((name for name, kinds in DOMAINS if not kinds.isdisjoint(closure)), GENERAL)


def build(options: TemplatesOptions, models: Models) -> ExpandKeyword:
    """The expander with its options."""
    return Templates(options, senses(models) if options.domain == "auto" else None)


@hookimpl
def register_expanders() -> Iterator[Expander]:
    """The expander `templates`."""
    yield Expander(
        name="templates",
        summary="the keyword in contexts: viewpoints, light, seasons, weather",
        options=TemplatesOptions,
        build=build,
        models=(WORDNET, MODEL, TOKENIZER),
        needs=lambda _: (),
        ranked=False,
    )
