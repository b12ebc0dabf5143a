"""What keywords would be widened to, with a score for each query, before any job is ordered."""

from __future__ import annotations

import asyncio
from typing import Any

from pydantic import Field

from pixcrawler_core.config.keywords import KeywordsTable
from pixcrawler_core.config.words import Words
from pixcrawler_core.errors import ConfigError, ModelError, PluginError
from pixcrawler_core.registry import Registry
from pixcrawler_server.bodies import Input, View
from pixcrawler_server.crawl_settings import CrawlTable
from pixcrawler_server.errors import Invalid, Unavailable

WAITING = 8
"""Questions that wait at most; each may take seconds of a model."""
LACKING = "its models are not on this server; whoever runs it fetches them with `pixcrawler models pull`"
KEYWORDS = 20
"""Keywords of a question at most."""


class Widen(Input):
    """What is to be widened."""

    keywords: Words = Field(min_length=1, max_length=KEYWORDS, description="As a job file has them.")
    expanders: Words = Field(min_length=1, max_length=10, description="Expanders that are asked.")
    most: int = Field(default=20, ge=0, le=100, description="Most queries for a keyword.")
    threshold: float = Field(default=0.0, ge=0, le=1, description="Least score of a query.")


class QueryView(View):
    """A query."""

    keyword: str
    text: str
    relation: str
    """What it is to the keyword, such as `synonym`; `given` for the keyword itself."""
    language: str
    detail: str | None
    origin: str
    """The expander that gave it; `job` for the keyword itself."""
    score: float | None
    """How near to the keyword it keeps, 0 to 1."""


class Widened(View):
    """What keywords would be widened to, the nearest first."""

    queries: list[QueryView]
    errors: dict[str, str]
    """Why an expander gave nothing, by its name."""


class Widening:
    """Asks expanders, one question at a time."""

    def __init__(self, registry: Registry, crawl: CrawlTable) -> None:
        self._registry, self._refused = registry, crawl.refused
        self._turn = asyncio.Lock()
        self._waiting = 0

    async def widen(self, wanted: Widen) -> Widened:
        """The queries. Raises Invalid, and Unavailable when too many wait."""
        for name in wanted.expanders:
            if name in self._refused:
                raise Invalid(f"{name!r} is not to be used on this server", details={"field": "expanders"})
        if self._waiting >= WAITING:
            raise Unavailable("too many keywords wait to be widened; ask again", headers={"Retry-After": "2"})
        self._waiting += 1
        try:
            async with self._turn:
                return await asyncio.to_thread(self._widened, wanted)
        finally:
            self._waiting -= 1

    def _widened(self, wanted: Widen) -> Widened:
        from pixcrawler_core.keywords.expanding import Expanders  # as all that opens models
        from pixcrawler_core.keywords.process import expand_keywords
        from pixcrawler_core.keywords.ranking import Ranker

        table = KeywordsTable(expanders=wanted.expanders, most=wanted.most, threshold=wanted.threshold)
        lacking = self._lacking(table)
        there = [name for name in wanted.expanders if name not in lacking]
        try:
            expanders = Expanders.build(self._registry, there)
            ranker = Ranker.of(lambda: self._registry.models)
            categories = {word: (word,) for word in wanted.keywords}
            found = expand_keywords(categories, table, expanders, ranker)
        except (ConfigError, ModelError) as error:
            raise Invalid(str(error)) from None
        return Widened(queries=[_view(each) for each in found.queries], errors={**found.errors, **lacking})

    def _lacking(self, table: KeywordsTable) -> dict[str, str]:
        """Expanders whose models are not here, and a sentence for people who cannot fetch them."""
        from pixcrawler_core.keywords.expanding import models_of

        told: dict[str, str] = {}
        for name in table.expanders:
            try:
                for model in models_of(self._registry, table.model_copy(update={"expanders": (name,)})):
                    self._registry.models.path(model)
            except ModelError:
                told[name] = LACKING
            except PluginError as error:
                raise Invalid(str(error), details={"field": "expanders"}) from None
        return told


def _view(query: Any) -> QueryView:
    return QueryView(**{name: getattr(query, name) for name in QueryView.model_fields})
