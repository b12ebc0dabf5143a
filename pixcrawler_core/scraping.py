"""Base of search engines that offer no interface to programs: off until a job accepts their terms."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar

from pixcrawler_core.crawl.plan import Stream
from pixcrawler_core.errors import ConfigError
from pixcrawler_core.sources import Blocked, LayoutChanged, ScrapingOptions, place
from pixcrawler_core.spider import SourceSpider

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.http import TextResponse

SIGNS: tuple[tuple[str, re.Pattern[bytes]], ...] = tuple(
    (name, re.compile(pattern, re.IGNORECASE))
    for name, pattern in (
        ("a Google captcha", rb"id=[\"']?captcha-form|id=[\"']?recaptcha|detected unusual traffic"),
        ("Google's page for browsers without JavaScript", rb"/httpservice/retry/enablejs"),
        ("a reCAPTCHA", rb"data-sitekey="),
        ("a Yandex captcha", rb"/checkcaptcha|CheckboxCaptcha|\"type\"\s*:\s*\"captcha\""),
        ("a Baidu captcha", "百度安全验证".encode() + rb"|passMod_dialog-wrapper|\"antiFlag\"\s*:\s*\"?1"),
        (
            "a Cloudflare challenge",
            rb"cf-turnstile-response|/cdn-cgi/challenge|<title>Just a moment",
        ),
        (
            "a DuckDuckGo challenge",
            rb"challenge-form|action=[^>]{0,80}anomaly|bots use DuckDuckGo too",
        ),
        ("a DataDome captcha", rb"captcha-delivery\.com|\"captchaUrl\""),
    )
)
"""Marks of pages that are shown to programs in the place of results."""
CAPTCHA_PLACES = re.compile(
    r"/sorry/|//sorry\.google\.|wappass\.baidu\.com|/sp/captcha|//consent\.google\.|/showcaptcha|/checkcaptcha"
)
"""Parts of addresses to which such pages are redirected."""


class ScrapingSpider(SourceSpider):
    """A source whose answers are made for people. Captchas are told, never solved.

    Each query has a cookie jar of its own and, where proxies are given, the next of them; both change when
    the query ends.
    """

    official = False
    Options: ClassVar[type[ScrapingOptions]] = ScrapingOptions
    options: Any

    @classmethod
    def update_settings(cls, settings: Any) -> None:
        super().update_settings(settings)
        settings.set("COOKIES_ENABLED", True, priority="spider")

    @classmethod
    def check(cls, options: Any) -> None:
        if not options.accept_terms:
            raise ConfigError(
                f"source {cls.name!r} is a search engine whose terms and robots.txt may forbid what a "
                f"crawler does; read them, and say so in the job: [sources.{cls.name}] accept_terms = true"
            )

    def prepared(self, request: Request) -> Request:
        """The terms were accepted by name, so robots.txt is not asked on top of them."""
        meta: dict[str, Any] = {"dont_obey_robotstxt": True}
        if self.options.render == "browser":
            meta["playwright"] = True
        asked = request.replace(meta={**meta, **request.meta})
        if self.options.user_agent:
            asked.headers.setdefault("User-Agent", self.options.user_agent)
        return super().prepared(asked)

    def of_stream(self, request: Request, stream: Stream) -> Request:
        """The request with the cookies and the proxy of its query."""
        meta: dict[str, Any] = {"cookiejar": f"{self.name}-{stream.order}"}
        if self.options.proxies:
            meta["proxy"] = self.options.proxies[stream.order % len(self.options.proxies)]
        return request.replace(meta={**meta, **request.meta})

    def nothing_found(self, response: TextResponse, *, empty: bool) -> None:
        """Judge an answer without a single result; `empty`: whether it has the engine's mark of no results.

        Raises Blocked for a captcha or another page for programs, else LayoutChanged unless it is empty.
        Not asked where there are results: ordinary pages may load the same scripts.
        """
        if CAPTCHA_PLACES.search(place(response.url)):
            raise Blocked(f"sent to {place(response.url)}")
        head = response.body[:400_000]
        for name, pattern in SIGNS:
            if pattern.search(head):
                raise Blocked(f"{name} in the place of results")
        if not empty:
            raise LayoutChanged(f"neither results nor the mark of an empty page from {place(response.url)}")
