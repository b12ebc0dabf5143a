"""Stores of models, for expanders that know more with WordNet than without."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from pixcrawler_core.components import Expander, ExpandKeyword, Models
from pixcrawler_core.keywords.parsing import parse_keyword
from pixcrawler_core.models.store import ModelStore
from pixcrawler_core.records import Query
from pixcrawler_core.registry import load
from pixcrawler_core.testing.contracts import ExpanderContract

EMPTY = ModelStore(Path("/nonexistent"))
"""A store that has no models."""


class WithoutModels(ExpanderContract):
    """The contract of an expander that does without the models it names."""

    def models(self) -> Models:
        return EMPTY


class WithModels(ExpanderContract):
    """The same with all models."""

    stored: ModelStore

    @pytest.fixture(autouse=True)
    def _with_models(self, models: ModelStore) -> None:
        self.stored = models

    def models(self) -> Models:
        return self.stored


def expander(name: str, models: Models, **options: Any) -> ExpandKeyword:
    """The expander of this name, as the registry builds it, with these models."""
    registry = load(installed=False)
    part = registry.get(Expander, name)
    return part.build(registry.options(part, options), models)


def asked(expand: ExpandKeyword, written: str, category: str = "") -> Sequence[Query]:
    """What an expander gives for a keyword as a person writes it."""
    return list(expand(parse_keyword(written, category)))


def texts(expand: ExpandKeyword, written: str) -> Mapping[str, str]:
    """The queries, each with its relation."""
    return {query.text: query.relation for query in asked(expand, written)}
