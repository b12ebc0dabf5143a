"""Core of PixCrawler: records, hooks, catalog, stages of a crawl. Plugins import `hookimpl` from here."""

from pixcrawler_core.hookspecs import hookimpl
from pixcrawler_core.version import __version__

__all__ = ["__version__", "hookimpl"]
