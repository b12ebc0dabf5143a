"""The sources inaturalist, gbif, met and artic against their simulated counterparts, to the last page."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from pixcrawler_spiders import artic, gbif, inaturalist, met
from scrapy import Request
from scrapy.http import TextResponse

from pixcrawler_core.asking import check_status
from pixcrawler_core.crawl.plan import Page, Plan, Question, Stream
from pixcrawler_core.filters import Filters
from pixcrawler_core.licences import allows
from pixcrawler_core.records import Candidate
from pixcrawler_core.sources import Blocked, LayoutChanged, SourceProblem, Throttled
from pixcrawler_core.spider import SourceSpider
from pixcrawler_core.testing.odd import Notebook
from pixcrawler_core.testing.web import SimulatedWeb, client

MODULES = {"inaturalist": inaturalist, "gbif": gbif, "met": met, "artic": artic}
NAMES = sorted(MODULES)


def spider_for(name: str, web: SimulatedWeb, filters: Filters | None = None, **options: Any) -> SourceSpider:
    source = next(MODULES[name].register_sources())
    spider: SourceSpider = source.spider()
    spider.options = source.options(endpoint=web.engine_url(name), **options)
    plan = Plan(wanted={}, default_wanted=None, questions=(), filters=filters or Filters())
    spider.session = Notebook(plan=plan)
    return spider


def answer(spider: SourceSpider, request: Request, stream: Stream) -> Page:
    reply = client.get(request.url)
    response = TextResponse(request.url, status=reply.status, body=reply.body)
    check_status(response, spider.expected_status, spider.retry_after)
    return spider.parse_page(response, stream)


def pages(spider: SourceSpider, query: str) -> Iterator[list[Candidate]]:
    """The candidates of each page, its details among them."""
    stream = Stream(order=0, question=Question(category="c", engine=spider.name, query=query))
    for number in range(1, 100):
        stream.page = number
        page = answer(spider, spider.page_request(stream), stream)
        found = [list(answer(spider, each, stream).candidates) for each in page.details]
        yield [*page.candidates, *(each for several in found for each in several)]
        stream.cursor = json.loads(json.dumps(page.cursor))
        if page.done:
            return
    pytest.fail("there was no last page")


def everything(spider: SourceSpider, query: str) -> list[Candidate]:
    return [candidate for page in pages(spider, query) for candidate in page]


@pytest.mark.parametrize("name", NAMES)
def test_all_pages_together_give_every_image_once(name: str, web: SimulatedWeb) -> None:
    found = list(pages(spider_for(name, web, page_size=4), "mammals"))
    at_once = everything(spider_for(name, web, page_size=100), "mammals")
    urls = [each.image_url for page in found for each in page]
    assert len(found) > 2
    assert len(set(urls)) == len(urls) > 6
    assert set(urls) == {each.image_url for each in at_once}


@pytest.mark.parametrize("name", NAMES)
def test_the_images_are_there(name: str, web: SimulatedWeb) -> None:
    candidate = everything(spider_for(name, web), "castle")[0]
    for address in (candidate.image_url, candidate.thumbnail_url or candidate.image_url):
        reply = client.get(address)
        assert (reply.status, reply.headers["content-type"][:6]) == (200, "image/")
    assert candidate.title
    assert candidate.license
    assert candidate.creator


@pytest.mark.parametrize("name", NAMES)
def test_the_simulated_source_filters_licences(name: str, web: SimulatedWeb) -> None:
    found = everything(spider_for(name, web, Filters(license="public-domain")), "mammals")
    assert found
    assert all(allows(each.license, "public-domain") for each in found)


@pytest.mark.parametrize("name", ["inaturalist", "gbif"])
def test_the_simulated_source_filters_days(name: str, web: SimulatedWeb) -> None:
    filters = Filters(since=date(2010, 1, 1), until=date(2020, 1, 1))
    found = everything(spider_for(name, web, filters), "")
    assert 0 < len(found) < len(everything(spider_for(name, web), ""))
    assert all(filters.misfit(each) is None for each in found)


@pytest.mark.parametrize("name", NAMES)
def test_nothing_found(name: str, web: SimulatedWeb) -> None:
    assert list(pages(spider_for(name, web), "zyzzyva")) == [[]]


CASES: tuple[tuple[str, type[SourceProblem]], ...] = (
    ("block", Blocked),
    ("html", Blocked),
    ("layout", LayoutChanged),
    ("429", Throttled),
)


@pytest.mark.parametrize("name", NAMES)
def test_refusals_and_unknown_forms(name: str, web: SimulatedWeb) -> None:
    spider = spider_for(name, web)
    for how, problem in CASES:
        web.fail(name, 1, how=how)
        with pytest.raises(problem):
            list(pages(spider, "castle"))


def test_beyond_the_window_ids_go_on(web: SimulatedWeb, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = [each.image_url for each in everything(spider_for("inaturalist", web), "mammals")]
    monkeypatch.setattr(inaturalist, "WINDOW", 8)
    found = everything(spider_for("inaturalist", web, page_size=4), "mammals")
    assert [each.image_url for each in found] == whole


def test_works_of_a_search_without_images(web: SimulatedWeb) -> None:
    spider = spider_for("artic", web)
    stream = Stream(order=0, question=Question(category="c", engine="artic", query="castle"))
    page = answer(
        spider, Request(f"{web.engine_url('artic')}/api/v1/artworks/search?q=castle&limit=100"), stream
    )
    assert (list(page.candidates), len(page.details)) == ([], 1)
    found = answer(spider, page.details[0], stream).candidates
    assert {each.image_url for each in found} == {each.image_url for each in everything(spider, "castle")}


def test_the_older_search_of_the_met_gives_the_same(
    web: SimulatedWeb, monkeypatch: pytest.MonkeyPatch
) -> None:
    newer = {each.image_url for each in everything(spider_for("met", web), "castle")}
    monkeypatch.setattr(met, "NEWER", "v9")
    assert {each.image_url for each in everything(spider_for("met", web, page_size=2), "castle")} == newer
