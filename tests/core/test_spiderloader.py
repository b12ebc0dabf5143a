from __future__ import annotations

import pytest
from scrapy import Request
from scrapy.settings import Settings
from scrapy.spiderloader import get_spider_loader

from pixcrawler_core.components import Source
from pixcrawler_core.registry import load
from pixcrawler_core.spiderloader import PluginSpiderLoader


@pytest.fixture
def loader() -> PluginSpiderLoader:
    return PluginSpiderLoader(load(installed=False))


def test_scrapy_takes_it_from_the_settings() -> None:
    settings = Settings()
    settings.setmodule("pixcrawler_core.settings")
    settings.set("PIXCRAWLER_BLOCKED_PLUGINS", "pixcrawler_spiders.wikimedia,other")
    found = get_spider_loader(settings)
    assert isinstance(found, PluginSpiderLoader)
    assert "openverse" in found.list()
    assert "wikimedia" not in found.list()


def test_it_knows_every_source(loader: PluginSpiderLoader) -> None:
    sources = load(installed=False).all(Source)
    assert loader.list() == list(sources)
    for name, source in sources.items():
        assert loader.load(name) is source.spider


def test_an_unknown_name_lists_the_sources(loader: PluginSpiderLoader) -> None:
    with pytest.raises(KeyError, match=r"no source is called 'opnverse' \(there are: artic, "):
        loader.load("opnverse")


def test_requests_are_told_by_host(loader: PluginSpiderLoader) -> None:
    assert loader.find_by_request(Request("http://nobody.example/")) == []
