"""Parses an answer of a source that lies in a file, as a spider would parse it on its way."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pydantic import ValidationError
from scrapy.http import HtmlResponse, TextResponse

from pixcrawler_core.asking import class_of
from pixcrawler_core.crawl.discovery import Survey
from pixcrawler_core.crawl.plan import Page, Plan, Question, Stream
from pixcrawler_core.errors import ConfigError
from pixcrawler_core.sources import PageClass, SourceProblem

if TYPE_CHECKING:
    from pixcrawler_core.components import Source


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What a saved answer is, and the candidates in it."""

    page_class: PageClass
    page: Page = field(default_factory=lambda: Page(candidates=()))
    problem: str | None = None


@dataclass(kw_only=True)
class _Saved:
    """What the spider works for: nobody."""

    plan: Plan
    records: bool = False

    @property
    def discovery(self) -> Survey:
        return Survey(self.plan)


def parse_saved(source: Source, body: bytes, url: str = "", query: str = "") -> Reading:
    """The candidates in an answer of a source: a page of results, a record, a feed.

    `url` is where it came from; the source's homepage if that is not known.
    """
    try:
        options = source.options()
    except ValidationError:
        raise ConfigError(f"source {source.name!r} has no answers that could be parsed") from None
    plan = Plan(wanted={}, default_wanted=None, questions=(), options={source.name: options})
    spider = source.spider()
    spider.options, spider.session = options, _Saved(plan=plan)
    stream = Stream(order=0, question=Question(category="", engine=source.name, query=query))
    kind: type[TextResponse] = HtmlResponse if body.lstrip()[:1] == b"<" else TextResponse
    response = kind(url or source.homepage or "https://example.org/", body=body)
    try:
        page = spider.parse_page(response, stream)
    except SourceProblem as problem:
        return Reading(page_class=problem.page_class, problem=str(problem))
    except Exception as error:  # noqa: BLE001  # what a parser does not expect is a layout it does not know
        return Reading(page_class=PageClass.CHANGED_LAYOUT, problem=f"{type(error).__name__}: {error}")
    return Reading(page_class=class_of(page), page=page)
