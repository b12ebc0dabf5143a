"""Asks the expanders of a job for more queries: what they say is made sound, what goes wrong is told."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Any

from pixcrawler_core.components import Expander, ExpandKeyword
from pixcrawler_core.errors import told
from pixcrawler_core.keywords.parsing import LONGEST
from pixcrawler_core.keywords.ranking import MODELS as RANKING
from pixcrawler_core.records import Keyword, Query
from pixcrawler_core.registry import Registry
from pixcrawler_core.words import tidy

if TYPE_CHECKING:
    from pixcrawler_core.config.keywords import KeywordsTable

MOST = 1000
"""Queries that are taken from one expander for one keyword."""
LONGEST_DETAIL = 300
_SLUG = re.compile(r"[a-z][a-z0-9-]{0,39}")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Step:
    name: str
    plugin: str
    expand: ExpandKeyword


class Expanders:
    """The expanders of a job, ready to be asked; those that failed are in `errors`."""

    def __init__(self, steps: Iterable[_Step] = ()) -> None:
        self._steps = tuple(steps)
        self.errors: dict[str, str] = {}
        """Why an expander gave nothing for some keyword, by its name: the first reason of each."""

    @classmethod
    def build(
        cls, registry: Registry, names: Iterable[str], tables: Mapping[str, Mapping[str, Any]] | None = None
    ) -> Expanders:
        """The expanders of these names, in this order, with their options from the job's `[keywords.NAME]`.

        Raises PluginError for a name that no plugin has and for options that do not fit, and ModelMissing.
        """
        given = tables or {}
        return cls(
            _Step(
                name=name,
                expand=registry.build(Expander, name, given.get(name, {})),
                plugin=registry.owner(Expander, name),
            )
            for name in names
        )

    def __bool__(self) -> bool:
        return bool(self._steps)

    def expand(self, keyword: Keyword, written: str) -> Iterator[Query]:
        """What the expanders give for a keyword, each signed with its name, in their order."""
        for step in self._steps:
            for query in self._found(step, keyword, written):
                yield replace(query, keyword=written, category=keyword.category, origin=step.name)

    def _found(self, step: _Step, keyword: Keyword, written: str) -> list[Query]:
        """What one expander gives, or gave until it failed."""
        found: list[Query] = []
        try:
            for query in islice(step.expand(keyword), MOST):
                found.append(sound(query))  # noqa: PERF401  # what came before an exception is kept
        except Exception as error:  # noqa: BLE001  # the code of a plugin: told in the manifest
            self._broken(step, written, error)
        return found

    def _broken(self, step: _Step, written: str, error: Exception) -> None:
        detail = f"expander {step.name!r} of plugin {step.plugin} failed for {written!r}: {told(error)}"
        if self.errors.setdefault(step.name, detail) == detail:
            logger.error("%s (further ones are not told; --debug tells where)", detail)
            logger.debug("the failure of expander %s", step.name, exc_info=error)


def models_of(registry: Registry, table: KeywordsTable) -> set[str]:
    """The models that the expanders of a job need, and that of ranking if one of them wants it.

    Raises PluginError for a name that no plugin has and for options that do not fit.
    """
    parts = [registry.get(Expander, name) for name in table.expanders]
    options = (registry.options(part, table.tables.get(part.name, {})) for part in parts)
    needed = {model for part, each in zip(parts, options, strict=True) for model in part.needed(each)}
    return needed | (set(RANKING) if any(part.ranked for part in parts) else set())


def sound(query: object) -> Query:
    """A query of an expander, on one line. Raises TypeError and ValueError for what none can be.

    Of a text that is too long to be asked no more is kept than tells that.
    """
    if not isinstance(query, Query):
        raise TypeError(f"an expander gives Querys, not {repr(query)[:80]}")
    text = tidy(query.text)[: LONGEST + 1]
    if not text:
        raise ValueError(f"the text of a query has something to be seen, unlike {query.text[:80]!r}")
    if not _SLUG.fullmatch(query.relation):
        raise ValueError(f"the relation of a query is a slug like 'synonym', not {query.relation[:80]!r}")
    if not _LANGUAGE.fullmatch(query.language):
        raise ValueError(f"the language of a query is a code like 'en', not {query.language[:80]!r}")
    detail = tidy(query.detail or "")[:LONGEST_DETAIL] or None
    return Query(text=text, relation=query.relation, language=query.language, detail=detail)
