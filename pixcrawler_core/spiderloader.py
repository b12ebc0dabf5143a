"""Lets `scrapy list` and `scrapy crawl NAME` find the spider of every plugin."""

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING

from pixcrawler_core.components import Source
from pixcrawler_core.registry import Registry, load

if TYPE_CHECKING:
    from typing import Self

    from scrapy import Request, Spider
    from scrapy.settings import BaseSettings


class PluginSpiderLoader:
    """Scrapy's SpiderLoaderProtocol over the plugins' sources, instead of walking SPIDER_MODULES."""

    def __init__(self, registry: Registry) -> None:
        self.sources = registry.all(Source)

    @classmethod
    def from_settings(cls, settings: BaseSettings) -> Self:
        """Read which plugins are blocked."""
        return cls(load(blocked=settings.getlist("PIXCRAWLER_BLOCKED_PLUGINS")))

    def load(self, spider_name: str) -> type[Spider]:
        """The spider class of a source; KeyError lists the sources there are."""
        if spider_name not in self.sources:
            raise KeyError(f"no source is called {spider_name!r} (there are: {', '.join(self.sources)})")
        return self.sources[spider_name].spider

    def list(self) -> builtins.list[str]:
        """Names of all sources."""
        return list(self.sources)

    def find_by_request(self, request: Request) -> builtins.list[str]:
        """Names of the sources that handle this request's host."""
        return [name for name, source in self.sources.items() if source.spider.handles_request(request)]
