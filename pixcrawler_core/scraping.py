"""Base of search engines that offer no interface to programs: off until a job accepts their terms."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar
from urllib.parse import unquote, urlsplit

from pixcrawler_core.browser import RenderedSpider
from pixcrawler_core.crawl.plan import Stream
from pixcrawler_core.errors import ConfigError
from pixcrawler_core.sources import Blocked, LayoutChanged, ScrapingOptions, place

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.http import Response, TextResponse

T = TypeVar("T")
Signs = tuple[tuple[str, re.Pattern[bytes]], ...]


def _signs(*signs: tuple[str, bytes]) -> Signs:
    return tuple((name, re.compile(pattern, re.IGNORECASE)) for name, pattern in signs)


CERTAIN = _signs(
    ("a Google captcha", rb"id=[\"']?captcha-form|id=[\"']?recaptcha\b|detected unusual traffic"),
    ("Google's question for consent", rb"action=[\"']?https?://consent\.(?:google|youtube)\."),
    ("a Yandex captcha", rb"action=[^>]{0,80}/checkcaptcha|CheckboxCaptcha|\"type\"\s*:\s*\"captcha\""),
    ("a Baidu captcha", "百度安全验证".encode() + rb"|passMod_dialog-wrapper|\"antiFlag\"\s*:\s*\"?1\b"),
    ("a Bing captcha", rb"class=[\"']?captcha(?:_header)?\b|verify that you are not a robot"),
    (
        "a Cloudflare challenge",
        rb"cf-turnstile-response|<title>\s*Just a moment|Error\s*(?:code:?\s*)?1020\b",
    ),
    ("a DuckDuckGo challenge", rb"challenge-form|action=[^>]{0,80}anomaly|bots use DuckDuckGo too"),
)
"""Marks that no page has but those that are shown to programs in the place of results."""
SIGNS = CERTAIN + _signs(
    ("Google's page for browsers without JavaScript", rb"/httpservice/retry/enablejs"),
    ("a reCAPTCHA", rb"data-sitekey="),
    ("a Yandex captcha", rb"/checkcaptcha|/showcaptcha"),
    ("a Cloudflare challenge", rb"/cdn-cgi/challenge"),
    ("a DataDome captcha", rb"captcha-delivery\.com|\"captchaUrl\""),
)
"""All marks; ordinary pages too may have the later ones, which tell nothing beside the engine's own words."""
CAPTCHA_PLACES = re.compile(
    r"/sorry/|//sorry\.google\.|wappass\.baidu\.com|/sp/captcha|//consent\.google\.|/showcaptcha|/checkcaptcha"
)
"""Parts of addresses to which such pages are redirected."""
HEAD = 400_000
"""Bytes of an answer that are looked through for signs."""
SMALL = 2_000
"""Bytes up to which a page that names `/sorry/` is nothing but the way there."""
COOKIES = "scrapy.downloadermiddlewares.cookies.CookiesMiddleware"
REMEMBERED = 300
"""Results of earlier pages that a cursor remembers."""


class ScrapingSpider(RenderedSpider):
    """A source whose answers are made for people. Captchas are told, never solved.

    Each query has a cookie jar of its own and, where proxies are given, the next of them; both change when
    the query ends.
    """

    official = False
    Options: ClassVar[type[ScrapingOptions]] = ScrapingOptions
    options: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._turns: dict[int, int] = {}

    @classmethod
    def update_settings(cls, settings: Any) -> None:
        super().update_settings(settings)
        settings.set("COOKIES_ENABLED", True, priority="spider")
        middlewares = settings.getdict("DOWNLOADER_MIDDLEWARES")
        middlewares |= {COOKIES: None, "pixcrawler_core.cookies.LocalCookies": 700}
        settings.set("DOWNLOADER_MIDDLEWARES", middlewares, priority="spider")

    @classmethod
    def check(cls, options: Any) -> None:
        super().check(options)
        if not options.accept_terms:
            raise ConfigError(
                f"source {cls.name!r} is a search engine whose terms and robots.txt may forbid what a "
                f"crawler does; read them, and say so in the job: [sources.{cls.name}] accept_terms = true"
            )

    def prepared(self, request: Request) -> Request:
        """The terms were accepted by name, so robots.txt is not asked on top of them."""
        asked = request.replace(meta={"dont_obey_robotstxt": True, **request.meta})
        if self.options.user_agent:
            asked.headers.setdefault("User-Agent", self.options.user_agent)
        return super().prepared(asked)

    def of_stream(self, request: Request, stream: Stream) -> Request:
        """The request with the cookies and the proxy of its query."""
        jar = f"{self.name}-{stream.order}"
        proxy = self._proxy(stream)
        meta: dict[str, Any] = {"cookiejar": jar} | ({"proxy": proxy} if proxy else {})
        if self.options.render == "browser":
            meta["playwright_context"] = jar
            meta["playwright_context_kwargs"] = {"proxy": _browser_proxy(proxy)} if proxy else {}
        return request.replace(meta={**meta, **request.meta})

    def retry_after(self, response: TextResponse) -> float | None:
        """Seconds to wait; a captcha is no matter of waiting, whatever its status, but raises Blocked."""
        if sign := _refusal(response, CERTAIN):
            raise Blocked(f"{sign}, HTTP {response.status}")
        return super().retry_after(response)

    def nothing_found(self, response: TextResponse, *, empty: bool) -> None:
        """Judge an answer without a single result; `empty`: whether it has the engine's mark of no results.

        Raises Blocked for a captcha or another page for programs, else LayoutChanged unless it is empty.
        Not asked where there are results: ordinary pages may load the same scripts.
        """
        if sign := _refusal(response, CERTAIN if empty else SIGNS):
            raise Blocked(f"{sign} in the place of results")
        if not empty:
            raise LayoutChanged(f"neither results nor the mark of an empty page from {place(response.url)}")

    def _proxy(self, stream: Stream) -> str | None:
        """The proxy whose turn it was when the query began; `stream.order` counts other sources' too."""
        turn = self._turns.setdefault(stream.order, len(self._turns))
        proxies = self.options.proxies
        return str(proxies[turn % len(proxies)].get_secret_value()) if proxies else None


def reaching(since: date | None, words: Mapping[int, T]) -> T | None:
    """An engine's word for the shortest time, told in days, that reaches back to a day; None if none does."""
    if since is None:
        return None
    days = (datetime.now(UTC).date() - since).days
    return next((words[most] for most in sorted(words) if days < most), None)


def remembered(seen: Any, names: Iterable[str | None]) -> tuple[list[int], bool]:
    """What a cursor remembers of the results so far, and whether there was a new one among `names`.

    Engines repeat their last page for ever; a page without anything new is the end.
    """
    before = [mark for mark in seen if isinstance(mark, int)] if isinstance(seen, list) else []
    now = dict.fromkeys(zlib.crc32(name.encode("utf-8", "replace")) for name in names if name)
    known = set(before)
    fresh = [mark for mark in now if mark not in known]
    return [*before, *fresh][-REMEMBERED:], bool(fresh)


def _refusal(response: Response, signs: Signs) -> str | None:
    """What an answer is, if it is one for programs."""
    where = place(response.url)
    if CAPTCHA_PLACES.search(where):
        return f"the page {where}"
    if (response.headers.get("x-yandex-captcha") or b"").strip() == b"captcha":
        return "a Yandex captcha"
    if len(response.body) < SMALL and b"/sorry/" in response.body:
        return "the way to a Google captcha"
    head = response.body[:HEAD]
    return next((name for name, pattern in signs if pattern.search(head)), None)


def _browser_proxy(proxy: str) -> dict[str, str]:
    """A proxy's address as a browser takes it: the password beside it."""
    parts = urlsplit(proxy)
    told = {"server": f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"}
    if parts.username:
        told |= {"username": unquote(parts.username), "password": unquote(parts.password or "")}
    return told
