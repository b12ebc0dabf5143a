"""Asks with a headless Chromium through scrapy-playwright: which one, and what it may not load."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pixcrawler_core.browser_gate import Gate
from pixcrawler_core.errors import ConfigError
from pixcrawler_core.fetch.addresses import AddressPolicy
from pixcrawler_core.spider import SourceSpider, Step

if TYPE_CHECKING:
    from typing import Self

    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.settings import BaseSettings

HANDLER = "scrapy_playwright.handler.ScrapyPlaywrightDownloadHandler"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
"""Browsers of the system that are taken, the first that is there; else the one that Playwright installs."""
ARGUMENTS = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
HEAVY = frozenset({"image", "media", "font"})
"""Kinds of things in a page that say nothing about the addresses of its images."""


class RenderedSpider(SourceSpider):
    """A source that has the option `render`: with `"browser"`, Chromium asks instead of Scrapy."""

    gate: Gate | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        spider = super().from_crawler(crawler, *args, **kwargs)
        if spider.options.render == "browser":
            spider.gate = use_browser(crawler.settings)
        return spider

    async def start(self) -> AsyncIterator[Step]:
        if self.gate is not None:
            await self.gate.open()
        async for step in super().start():
            yield step

    def closed(self, reason: str) -> None:
        """Scrapy's call when the spider has ended."""
        if self.gate is not None:
            self.gate.close()

    @classmethod
    def check(cls, options: Any) -> None:
        super().check(options)
        if options.render == "browser" and find_spec("scrapy_playwright") is None:
            raise ConfigError(
                f"source {cls.name!r} is to be asked with a browser, for which scrapy-playwright is missing: "
                "pip install 'pixcrawler[browser]'"
            )

    def prepared(self, request: Request) -> Request:
        if self.options.render == "browser":
            request = request.replace(meta={"playwright": True, **request.meta})
        return super().prepared(request)


def use_browser(settings: BaseSettings) -> Gate:
    """Let http and https requests that have `playwright` in their meta go through a browser.

    Returns the gate through which the browser goes; whoever runs the spider opens and closes it.
    """
    handlers = settings.getdict("DOWNLOAD_HANDLERS") | {"http": HANDLER, "https": HANDLER}
    allowed = settings["PIXCRAWLER_ALLOW_PRIVATE_HOSTS"]
    policy = AddressPolicy(allowed if allowed is True else settings.getlist("PIXCRAWLER_ALLOW_PRIVATE_HOSTS"))
    gate = Gate(policy)
    ours = {
        "DOWNLOAD_HANDLERS": handlers,
        "PLAYWRIGHT_BROWSER_TYPE": "chromium",
        "PLAYWRIGHT_LAUNCH_OPTIONS": {**launch_options(), "proxy": {"server": gate.url}},
        "PLAYWRIGHT_ABORT_REQUEST": unwanted,
        "PLAYWRIGHT_DEFAULT_NAVIGATION_TIMEOUT": settings.getfloat("DOWNLOAD_TIMEOUT") * 1000,
    }
    for name, value in ours.items():
        settings.set(name, value, priority="spider")
    return gate


def launch_options() -> dict[str, Any]:
    """Playwright's: the system's Chromium if there is one; without its sandbox only where root runs it."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    root = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    return {"args": [*ARGUMENTS, *root], **({"executable_path": found} if found else {})}


async def unwanted(request: Any) -> bool:
    """Whether a request of a page is not made: heavy things, and schemes that lead out of the web."""
    scheme = urlsplit(request.url).scheme
    return request.resource_type in HEAVY or scheme not in {"http", "https", "data", "blob", "about"}
