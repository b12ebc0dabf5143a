"""What a job may be made of on this server: sources, checks, expanders and formats, and why some are off."""

from __future__ import annotations

from typing import Any

from pixcrawler_core.components import Expander, Exporter, Part, Source, Tier, Validator
from pixcrawler_core.config.sources import DEFAULT_ENGINES
from pixcrawler_core.registry import Registry
from pixcrawler_core.secrets import Secrets
from pixcrawler_server.bodies import View
from pixcrawler_server.crawl_settings import CrawlTable


class SourceView(View):
    """A source that can be searched."""

    name: str
    summary: str
    homepage: str
    licences: bool
    """Whether it tells licences."""
    limits: str
    """Its own, in a short sentence; empty where none are known."""
    terms: str
    """Why a job has to say `accept_terms`; empty where it need not."""
    keyed: bool
    """Whether it needs a key."""
    default: bool
    """Whether jobs ask it that name no sources."""
    why_not: str
    """Why jobs cannot ask it on this server; empty where they can."""


class PartView(View):
    """A check, an expander or a format."""

    name: str
    summary: str
    level: str | None = None
    """Of a check: the cheapest level at which it is made."""
    why_not: str
    """Why jobs cannot use it on this server; empty where they can."""


class Choices(View):
    """All that jobs may name."""

    sources: list[SourceView]
    checks: list[PartView]
    expanders: list[PartView]
    formats: list[PartView]
    keywords: int
    """Keywords of a job at most."""


def choices(registry: Registry, crawl: CrawlTable, secrets: Secrets) -> Choices:
    """What there is."""
    sources = (source for source in registry.all(Source).values() if source.searches)
    return Choices(
        sources=[_source(each, crawl, secrets) for each in sources],
        checks=[
            _part(each, crawl, level=Tier(each.tier).name.lower())
            for each in registry.all(Validator).values()
        ],
        expanders=_parts(registry, Expander, crawl),
        formats=_parts(registry, Exporter, crawl),
        keywords=crawl.keywords,
    )


def _parts(registry: Registry, kind: type[Part[Any]], crawl: CrawlTable) -> list[PartView]:
    return [_part(each, crawl) for each in registry.all(kind).values()]


def _part(part: Part[Any], crawl: CrawlTable, level: str | None = None) -> PartView:
    refused = "whoever runs this server has switched it off" if part.name in crawl.refused else ""
    return PartView(name=part.name, summary=part.summary, level=level, why_not=refused)


def _source(source: Source, crawl: CrawlTable, secrets: Secrets) -> SourceView:
    return SourceView(
        name=source.name,
        summary=source.summary,
        homepage=source.homepage,
        licences=source.licences,
        limits=source.limits,
        terms=source.terms,
        keyed=bool(source.secrets),
        default=source.name in DEFAULT_ENGINES,
        why_not=_why_not(source, crawl, secrets),
    )


def _why_not(source: Source, crawl: CrawlTable, secrets: Secrets) -> str:
    if source.name in crawl.refused:
        return "whoever runs this server has switched it off"
    if source.secrets and source.name not in crawl.keyed:
        return "it needs a key, and is not among those of [crawl] keyed in server.toml"
    if missing := secrets.missing(source):
        return f"it needs a key: {', '.join(missing)} is not set"
    if source.terms and source.name not in crawl.accept_terms:
        return "its terms may forbid it, and it is not among those of [crawl] accept_terms in server.toml"
    return ""
