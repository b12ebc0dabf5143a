"""A registry with small plugins, so that these tests need none of the real ones."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pluggy
import pytest
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from pixcrawler_core import hookimpl, hookspecs
from pixcrawler_core.components import Deduper, Exporter, Labeler, Source, Tier, Validator
from pixcrawler_core.config.sources import DEFAULT_ENGINES
from pixcrawler_core.registry import Registry

ANY: Any = cast("Any", object)


class Options(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SearchOptions(Options):
    page_size: int = Field(default=20, ge=1, le=500, description="Results a page.")


class KeyedOptions(Options):
    api_key: SecretStr = Field(description="Key of the account.")


class ListOptions(Options):
    file: Path = Field(description="The list.")
    url_column: str = "url"


class Rule(Options):
    name: str
    inner: Rule | None = None


class SizeOptions(Options):
    min_width: int = Field(default=1, ge=1)
    rules: tuple[Rule, ...] = ()


class Plugins:
    @hookimpl
    def register_sources(self) -> Iterator[Source]:
        for name in DEFAULT_ENGINES:
            yield Source(name=name, summary=name, spider=ANY, options=SearchOptions)
        yield Source(name="keyed", summary="needs a key", spider=ANY, options=KeyedOptions)
        yield Source(name="urls", summary="lists", spider=ANY, options=ListOptions, searches=False)

    @hookimpl
    def register_validators(self) -> Iterator[Validator]:
        yield Validator(name="size", summary="size", build=ANY, options=SizeOptions)
        yield Validator(name="blur", summary="blur", build=ANY, options=Rule, tier=Tier.MEDIUM)
        yield Validator(name="plain", summary="no options", build=ANY)

    @hookimpl
    def register_dedupers(self) -> Iterator[Deduper]:
        yield Deduper(name="sha256", summary="bytes", build=ANY)

    @hookimpl
    def register_labelers(self) -> Iterator[Labeler]:
        yield Labeler(name="category", summary="category", build=ANY)
        yield Labeler(name="sizes", summary="sizes", build=ANY, options=SizeOptions)

    @hookimpl
    def register_exporters(self) -> Iterator[Exporter]:
        yield Exporter(name="zip", summary="archive", build=ANY, options=SizeOptions, suffix=".zip")


@pytest.fixture(scope="session")
def registry() -> Registry:
    manager = pluggy.PluginManager("pixcrawler")
    manager.add_hookspecs(hookspecs)
    manager.register(Plugins())
    return Registry(manager, defaults={})
