"""Cookies of search engines, told apart by the list of public suffixes that comes with tldextract."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scrapy.downloadermiddlewares import cookies
from scrapy.downloadermiddlewares.cookies import CookiesMiddleware

if TYPE_CHECKING:
    from typing import Self

    from scrapy.crawler import Crawler


class LocalCookies(CookiesMiddleware):
    """Scrapy's middleware, which would download that list from a third party when it meets a first cookie."""

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        cookies._split_domain.suffix_list_urls = ()  # noqa: SLF001  # Scrapy has no setting for it
        return super().from_crawler(crawler)
