from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import HtmlResponse
from scrapy.settings import Settings

from pixcrawler_core import browser
from pixcrawler_core.browser import HANDLER
from pixcrawler_core.crawl.plan import Page, Plan, Question, Stream
from pixcrawler_core.errors import ConfigError
from pixcrawler_core.scraping import REMEMBERED, ScrapingSpider, reaching, remembered
from pixcrawler_core.sources import Blocked, LayoutChanged, ScrapingOptions
from pixcrawler_core.testing.odd import Notebook

PROXIES = ("http://one.example:8080", "http://ann:p%40ss@two.example:8080")


class ToySpider(ScrapingSpider):
    """Each `<b>` is a result; `<i>nothing</i>` is the mark of no results."""

    name = "toy"
    Options = ScrapingOptions

    def page_request(self, stream: Stream) -> Request:
        return Request(f"https://toy.example/search?q={stream.query}&page={stream.page}")

    def parse_page(self, response: Any, stream: Stream) -> Page:
        found = response.xpath("//b/text()").getall()
        if not found:
            self.nothing_found(response, empty=b"<i>nothing</i>" in response.body)
        return Page(candidates=[self.candidate(stream, each) for each in found], done=not found)


def toy(**options: Any) -> ToySpider:
    spider = ToySpider()
    spider.options = ScrapingOptions(accept_terms=True, **options)
    plan = Plan(wanted={}, default_wanted=None, questions=(), options={"toy": spider.options})
    spider.session = Notebook(plan=plan)
    return spider


def stream(order: int = 0) -> Stream:
    return Stream(order=order, question=Question(category="c", engine="toy", query="q"))


def page(body: str | bytes, url: str = "https://toy.example/search", **more: Any) -> HtmlResponse:
    body = body if isinstance(body, bytes) else body.encode()
    return HtmlResponse(
        url, body=b"<html><head><title>x</title></head><body>" + body, encoding="utf-8", **more
    )


def sent(spider: ToySpider, order: int = 0) -> Request:
    return spider.prepared(spider.of_stream(spider.page_request(stream(order)), stream(order)))


BLOCKS = {
    "google captcha": "<form id='captcha-form' action=index><div id=recaptcha></div></form>",
    "google captcha without quotes": "<form id=captcha-form action=index>",
    "google words": "<p>Our systems have Detected Unusual Traffic from your network</p>",
    "google without scripts": "<noscript><iframe src='/httpservice/retry/enablejs?s=1'></iframe></noscript>",
    "google consent": "<form action='https://consent.google.com/save' method=POST>",
    "the way to google's captcha": "<a href='https://www.google.com/sorry/index?continue=x'>here</a>",
    "recaptcha": "<div class=g-recaptcha data-sitekey='abc'></div>",
    "yandex": "<form method=POST action='/checkcaptcha?key=1'>",
    "yandex box": "<div class='CheckboxCaptcha'></div>",
    "yandex json": '{"type" : "captcha", "captcha": {}}',
    "baidu": "<title>百度安全验证</title>",
    "baidu dialog": "<div class='passMod_dialog-wrapper'></div>",
    "baidu json": '{"antiFlag":1,"message":"Forbid spider access"}',
    "bing": "<div class='captcha'></div>",
    "bing header": "<div class='captcha_header'>One last step</div>",
    "cloudflare": "<input type=hidden name=cf-turnstile-response>",
    "cloudflare title": "<title>Just a moment...</title>",
    "cloudflare script": "<script src='/cdn-cgi/challenge-platform/h/b/orchestrate/chl_page/v1'></script>",
    "cloudflare refusal": "<span>Error code: 1020</span>",
    "duckduckgo": "<form id='challenge-form' method=POST>",
    "duckduckgo form": "<form action='//duckduckgo.com/anomaly.js?sv=html'>",
    "duckduckgo words": "<p>Unfortunately, bots use DuckDuckGo too.</p>",
    "datadome": "<script src='https://ct.captcha-delivery.com/c.js'></script>",
    "datadome json": '{"captchaUrl":"https://geo.captcha.example/"}',
}
"""Our own short pages, one for each sign."""
PLACES = (
    "https://www.google.com/sorry/index?continue=x",
    "https://sorry.google.com/x",
    "https://consent.google.com/m?continue=x",
    "https://wappass.baidu.com/static/captcha/x",
    "https://www.startpage.com/sp/captcha",
    "https://yandex.com/showcaptcha?retpath=x",
)


class TestTerms:
    def test_off_until_they_are_accepted(self) -> None:
        with pytest.raises(ConfigError, match=r"\[sources.toy\] accept_terms = true"):
            ToySpider.check(ScrapingOptions())
        ToySpider.check(ScrapingOptions(accept_terms=True))

    def test_a_browser_must_be_there(self, monkeypatch: pytest.MonkeyPatch) -> None:
        options = ScrapingOptions(accept_terms=True, render="browser")
        monkeypatch.setattr(browser, "find_spec", lambda name: None)
        with pytest.raises(ConfigError, match="pip install 'pixcrawler\\[browser\\]'"):
            ToySpider.check(options)
        monkeypatch.setattr(browser, "find_spec", lambda name: object())
        ToySpider.check(options)


class TestRequests:
    def test_robots_are_not_asked_again(self) -> None:
        assert sent(toy()).meta["dont_obey_robotstxt"] is True
        assert "playwright" not in sent(toy()).meta

    def test_cookies_belong_to_the_query(self) -> None:
        spider = toy()
        assert [sent(spider, order).meta["cookiejar"] for order in (0, 1, 0)] == ["toy-0", "toy-1", "toy-0"]
        settings = Settings({"COOKIES_ENABLED": False})
        ToySpider.update_settings(settings)
        assert settings.getbool("COOKIES_ENABLED")

    def test_no_proxy_by_default(self) -> None:
        assert "proxy" not in sent(toy()).meta

    def test_proxies_take_turns_by_the_queries_of_this_source(self) -> None:
        """The orders of streams count the queries to other sources too: with two sources, every second."""
        spider = toy(proxies=PROXIES)
        orders = (0, 2, 4, 2, 0, 6)
        asked = [sent(spider, order).meta["proxy"] for order in orders]
        assert asked == [PROXIES[0], PROXIES[1], PROXIES[0], PROXIES[1], PROXIES[0], PROXIES[1]]

    def test_the_user_agent(self) -> None:
        assert "User-Agent" not in sent(toy()).headers
        assert sent(toy(user_agent="Mine/1.0")).headers["User-Agent"] == b"Mine/1.0"
        own = toy(user_agent="Mine/1.0").prepared(
            Request("https://toy.example", headers={"User-Agent": "Own"})
        )
        assert own.headers["User-Agent"] == b"Own"

    def test_a_browser_has_the_same_cookies_and_proxies(self) -> None:
        spider = toy(render="browser", proxies=PROXIES)
        first, second = sent(spider, 0).meta, sent(spider, 5).meta
        assert first["playwright"] is True
        assert first["playwright_context"] == "toy-0"
        assert first["playwright_context_kwargs"] == {"proxy": {"server": "http://one.example:8080"}}
        assert second["playwright_context_kwargs"]["proxy"] == {
            "server": "http://two.example:8080",
            "username": "ann",
            "password": "p@ss",
        }
        assert sent(toy(render="browser")).meta["playwright_context_kwargs"] == {}

    @pytest.mark.parametrize("render", ["http", "browser"])
    def test_who_sends_the_requests(self, render: str) -> None:
        session = toy(render=render).session
        crawler = Crawler(ToySpider, Settings({"DOWNLOAD_HANDLERS": {"file": None}}))
        spider = ToySpider.from_crawler(crawler, session=session)
        spider.closed("finished")
        handlers = crawler.settings.getdict("DOWNLOAD_HANDLERS")
        assert handlers["file"] is None
        assert [handlers.get(each) for each in ("http", "https")] == [
            HANDLER if render == "browser" else None
        ] * 2


class TestNothingFound:
    @pytest.mark.parametrize("name", BLOCKS)
    def test_pages_for_programs(self, name: str) -> None:
        with pytest.raises(Blocked):
            toy().parse_page(page(BLOCKS[name]), stream())

    @pytest.mark.parametrize("url", PLACES)
    def test_places_of_such_pages(self, url: str) -> None:
        for body in ("", "<i>nothing</i>"):
            with pytest.raises(Blocked) as caught:
                toy().parse_page(page(body, url), stream())
            assert "?" not in str(caught.value)

    def test_a_header_of_yandex(self) -> None:
        with pytest.raises(Blocked, match="Yandex"):
            toy().parse_page(page("", headers={"X-Yandex-Captcha": "captcha"}), stream())

    @pytest.mark.parametrize("name", BLOCKS)
    def test_no_alarm_where_there_are_results(self, name: str) -> None:
        """Ordinary pages load the same scripts, and results may be about captchas."""
        found = toy().parse_page(page(f"<b>https://a.example/1.jpg</b>{BLOCKS[name]}"), stream())
        assert len(found.candidates) == 1

    @pytest.mark.parametrize("name", ["google without scripts", "recaptcha", "cloudflare script", "datadome"])
    def test_no_alarm_for_scripts_beside_the_mark_of_no_results(self, name: str) -> None:
        assert toy().parse_page(page(f"<i>nothing</i>{BLOCKS[name]}"), stream()).done

    @pytest.mark.parametrize(
        "name", ["google captcha", "baidu json", "duckduckgo", "cloudflare title", "yandex"]
    )
    def test_a_captcha_tells_more_than_the_mark_of_no_results(self, name: str) -> None:
        with pytest.raises(Blocked):
            toy().parse_page(page(f"<i>nothing</i>{BLOCKS[name]}"), stream())

    @pytest.mark.parametrize(
        "body",
        [
            "",
            "<p>Hello</p>",
            '{"antiFlag":0,"type":"images"}',
            "<a href='https://shop.example/captcha-cards'>Captcha cards</a>",
            "<a href='https://a.example/sorry/'>sorry</a>" + "x" * 3000,
            "<p>order code 1020</p>",
            "<div class='captcharino'></div>",
        ],
    )
    def test_another_page_is_a_new_layout(self, body: str) -> None:
        with pytest.raises(LayoutChanged, match=r"from https://toy\.example/search$"):
            toy().parse_page(page(body, "https://toy.example/search?key=secret"), stream())

    def test_an_empty_page(self) -> None:
        assert toy().parse_page(page("<i>nothing</i>"), stream()).done

    def test_large_pages_are_judged_quickly(self) -> None:
        body = (b"<form action=" + b"a" * 70) * 40_000
        with pytest.raises(LayoutChanged):
            toy().parse_page(page(b"<p>" + body), stream())


class TestThrottling:
    """A status of throttling leads to another try, except where the page is a captcha."""

    @staticmethod
    async def ending(spider: ToySpider, response: HtmlResponse) -> list[Any]:
        return [step async for step in spider.on_page(response, stream(), 0)]

    async def test_a_captcha_is_not_waited_for(self) -> None:
        spider = toy()
        answer = page(BLOCKS["google captcha"], status=429, headers={"Retry-After": "1"})
        assert await self.ending(spider, answer) == []
        (failure,) = spider.session.failures  # type: ignore[attr-defined]  # a notebook
        assert failure.startswith("blocked: a Google captcha")

    async def test_being_throttled_is(self) -> None:
        spider = toy()
        spider._resume_at = 0.0  # noqa: SLF001  # as `start` sets it
        (again,) = await self.ending(spider, page("slow down", status=429, headers={"Retry-After": "0"}))
        assert again.url == "https://toy.example/search?q=q&page=1"


def ages() -> Iterator[tuple[int, str | None]]:
    yield from ((-5, "day"), (0, "day"), (1, "week"), (6, "week"), (7, "month"), (29, "month"), (30, None))


@pytest.mark.parametrize(("days", "word"), list(ages()))
def test_the_shortest_time_that_reaches_back(days: int, word: str | None) -> None:
    since = datetime.now(UTC).date() - timedelta(days=days)
    assert reaching(since, {30: "month", 1: "day", 7: "week"}) == word
    assert reaching(None, {1: "day"}) is None


def test_what_a_cursor_remembers() -> None:
    seen, fresh = remembered(None, ["a", None, "b", "a"])
    assert (len(seen), fresh) == (2, True)
    assert remembered(seen, ["b", "a"]) == (seen, False)
    more, fresh = remembered(seen, ["b", "c"])
    assert (more[:2], len(more), fresh) == (seen, 3, True)
    assert remembered("odd", []) == ([], False)
    assert remembered([None, "x", 7], []) == ([7], False)
    many, _ = remembered(seen, [str(each) for each in range(1000)])
    assert len(many) == REMEMBERED
