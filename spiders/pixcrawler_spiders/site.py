"""The images of web pages that the user names, of the pages that these link to, and of sitemaps.

Formats: HTML, see `page_images`; JSON-LD, see `linked_data`; sitemaps, see `sitemaps`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, Literal
from urllib.parse import urljoin, urlsplit

from pydantic import AfterValidator, Field, StringConstraints
from scrapy.http import HtmlResponse, TextResponse
from scrapy.linkextractors import IGNORED_EXTENSIONS

from pixcrawler_core import hookimpl
from pixcrawler_core.browser import RenderedSpider
from pixcrawler_core.components import Source
from pixcrawler_core.errors import ConfigError
from pixcrawler_core.fetch.sniff import image_format, looks_like
from pixcrawler_core.scraping import SIGNS
from pixcrawler_core.sources import Blocked, LayoutChanged, SourceProblem, place
from pixcrawler_spiders.finds import Found
from pixcrawler_spiders.markup import host_of, parse_html, path_of, resolved, root_name
from pixcrawler_spiders.page_images import PageReader
from pixcrawler_spiders.page_rules import page_rules
from pixcrawler_spiders.sitemaps import is_sitemap, read_sitemap, sitemaps_in
from pixcrawler_spiders.walking import Visit, WalkingSpider, WalkOptions, text_of

if TYPE_CHECKING:
    from scrapy import Request

    from pixcrawler_core.crawl.plan import Stream

LONGEST_ADDRESS = 1_000
"""Characters of an address to which the user's patterns are applied."""
ROBOTS, SITEMAP = "/robots.txt", "/sitemap.xml"
FEEDS, FEED = frozenset(("rss", "rdf", "feed")), "a feed (which the source 'feed' reads)"
FILES = frozenset(IGNORED_EXTENSIONS) | {"css", "js", "json", "xml", "rss", "atom", "woff2", "webmanifest"}
"""Endings of addresses that are no web pages."""


def _readable(pattern: str) -> str:
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"it is no regular expression: {error}") from None
    return pattern


Pattern = Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(_readable)]
Host = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9.-]{1,253}$")]


class SiteOptions(WalkOptions):
    """Where to begin, and how far to go from there."""

    depth: int = Field(
        default=1, ge=0, le=50, description="Links that are followed one after another; 0: none at all."
    )
    same_host: bool = Field(
        default=True, description="Whether only pages on the hosts of `start` and in `hosts` are visited."
    )
    hosts: tuple[Host, ...] = Field(
        default=(), description="Further hosts whose pages are visited, with their subdomains."
    )
    include: tuple[Pattern, ...] = Field(
        default=(), description="Regular expressions; links are followed whose address has one of them."
    )
    exclude: tuple[Pattern, ...] = Field(
        default=(), description="Regular expressions; links are not followed whose address has one of them."
    )
    sitemaps: bool = Field(
        default=False,
        description="Whether also the sitemaps are read that `robots.txt` names, and `/sitemap.xml`; their "
        "pages count as linked from the start.",
    )
    render: Literal["http", "browser"] = Field(
        default="http", description="Ask with plain HTTP, or with a headless browser (scrapy-playwright)."
    )


class SiteSpider(RenderedSpider, WalkingSpider):
    """Visits pages breadth first and takes the images on them; robots.txt and page directives are obeyed."""

    name = "site"
    Options = SiteOptions

    @classmethod
    def check(cls, options: Any) -> None:
        super().check(options)
        if len(options.start) > options.max_pages:
            raise ConfigError(
                f"source {cls.name!r}: max_pages is {options.max_pages}, "
                f"but start has {len(options.start)} addresses; raise max_pages"
            )

    def beginnings(self) -> list[str]:
        found = super().beginnings()
        if self.options.sitemaps:
            roots = dict.fromkeys(urljoin(url, "/") for url in self.options.start)
            found += [urljoin(root, path) for path in (ROBOTS, SITEMAP) for root in roots]
        return found

    def page_request(self, stream: Stream) -> Request:
        request = super().page_request(stream)
        if self._is_robots(request.url):
            return request.replace(meta={"dont_obey_robotstxt": True})  # it says itself what is allowed
        return request

    def visit(self, response: TextResponse, url: str, depth: int) -> Visit:
        if depth and host_of(response.url) != host_of(url) and not self._hosted(response.url):
            raise SourceProblem(f"{place(url)} leads to another host, {host_of(response.url)}")
        if image_format(response.body[:64]):
            address = resolved(url, response.url)
            return Visit(found=[Found(url=address)] if address else ())
        if self._is_robots(url):
            named = (resolved(url, each) for each in sitemaps_in(response.body.decode("utf-8", "replace")))
            return Visit(links=[(each, depth) for each in named if each])
        content = text_of(response)
        if is_sitemap(content):
            return self._map(content, response.url, depth)
        if _is_page(response, content) and path_of(url) != SITEMAP:
            return self._page_visit(response, content, depth)
        if depth:
            return Visit()
        kind = FEED if root_name(content) in FEEDS else looks_like(response.body[:2048])
        where = place(response.url)
        raise LayoutChanged(f"neither a web page nor a sitemap nor an image, but {kind} from {where}")

    def _page_visit(self, response: TextResponse, content: str, depth: int) -> Visit:
        root = parse_html(content)
        if root is None:
            raise LayoutChanged(f"an empty page from {place(response.url)}")
        headers = response.headers.getlist("X-Robots-Tag")
        rules = page_rules(root, [each.decode("latin-1") for each in headers])
        page = PageReader(root, response.url, self.options.min_side).read()
        links = self._links(page.links if rules.follow else (), response.url, depth + 1)
        if rules.refusal is not None:
            told = f"{place(response.url)} asks with {rules.refusal} not to take its images"
            return Visit(links=links, problem=Blocked(told))
        if not len(page.found) and not page.links:
            _check_signs(response)
        if page.found.left_out:
            self.logger.warning("%s: %d further images", place(response.url), page.found.left_out)
        return Visit(found=page.found, title=page.title, page_url=response.url, links=links)

    def _map(self, content: str, url: str, depth: int) -> Visit:
        listed = read_sitemap(content, url)
        pages = self._links(listed.pages, url, depth + 1)
        found = [each for each in listed.found if not each.page_url or self._allowed(each.page_url)]
        return Visit(found=found, links=[*((each, depth) for each in listed.maps), *pages])

    # Which links are followed.

    def _links(self, urls: Iterable[str], page: str, depth: int) -> list[tuple[str, int]]:
        """Those addresses on a page to which the user lets us go; on the page's own host we are already."""
        if depth > self.options.depth:
            return []
        here = host_of(page)
        return [
            (url, depth)
            for url in urls
            if (host_of(url) == here or self._hosted(url)) and self._allowed(url) and not _is_file(url)
        ]

    def _hosted(self, url: str) -> bool:
        if not self.options.same_host:
            return True
        host = host_of(url)
        return host in self._starts or any(
            host == each or host.endswith(f".{each}") for each in self._further
        )

    def _allowed(self, url: str) -> bool:
        told = url[:LONGEST_ADDRESS]
        if any(re.search(pattern, told) for pattern in self.options.exclude):
            return False
        include = self.options.include
        return not include or any(re.search(pattern, told) for pattern in include)

    @cached_property
    def _starts(self) -> frozenset[str]:
        return frozenset(host_of(url) for url in self.options.start)

    @cached_property
    def _further(self) -> frozenset[str]:
        return frozenset(host.lower().removeprefix("www.") for host in self.options.hosts)

    def _is_robots(self, url: str) -> bool:
        return bool(self.options.sitemaps) and path_of(url) == ROBOTS and not urlsplit(url).query


def _is_page(response: TextResponse, content: str) -> bool:
    root = root_name(content)
    if root in FEEDS or root == "svg":
        return False
    told = looks_like(content[:2048].encode("utf-8", "replace"))
    return root == "html" or isinstance(response, HtmlResponse) or told == "an HTML page"


def _is_file(url: str) -> bool:
    name, _, ending = path_of(url).rpartition("/")[2].rpartition(".")
    return bool(name) and ending.lower() in FILES


def _check_signs(response: TextResponse) -> None:
    """Raise Blocked for a page without anything on it that is shown to programs."""
    told: Iterable[str] = (name for name, pattern in SIGNS if pattern.search(response.body[:400_000]))
    if name := next(iter(told), None):
        raise Blocked(f"{name} in the place of {place(response.url)}")


@hookimpl
def register_sources() -> Iterator[Source]:
    yield Source(
        name="site",
        summary="Web pages that you name, the pages they link to, and sitemaps",
        spider=SiteSpider,
        options=SiteOptions,
        licences=True,
        limits="none of its own; robots.txt, nofollow, noindex, noimageindex and noai are obeyed",
    )
