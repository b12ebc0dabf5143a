from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from scrapy import Request
from scrapy.exceptions import IgnoreRequest
from scrapy.http import TextResponse

from pixcrawler_core.asking import check_status, complete, retry_after
from pixcrawler_core.crawl.plan import Page, Plan, Question, Stream
from pixcrawler_core.sources import Blocked, SourceOptions, SourceProblem, Throttled, Unreachable
from pixcrawler_core.spider import SourceSpider
from pixcrawler_core.testing.odd import Notebook

Answer = int | Exception


class Records(SourceSpider):
    name = "records"

    def parse_page(self, response: TextResponse, stream: Stream) -> Page:
        if response.text == "odd":
            raise KeyError("odd")
        return Page(candidates=[self.candidate(stream, f"{response.url}.jpg")])


STREAM = Stream(order=0, question=Question(category="c", engine="records", query="q"))


def read(*answers: Answer | str) -> list[str]:
    """The images of a page with a detail for each answer: a status, a body, or what the downloader raises."""

    async def download(request: Request) -> TextResponse:
        answer = answers[int(request.url[-1])]
        if isinstance(answer, Exception):
            raise answer
        status, body = (answer, b"") if isinstance(answer, int) else (200, answer.encode())
        return TextResponse(request.url, status=status, body=body)

    spider = Records()
    spider.options = SourceOptions()
    spider.session = Notebook(plan=Plan(wanted={}, default_wanted=None, questions=()))
    spider.crawler = SimpleNamespace(engine=SimpleNamespace(download_async=download))  # type: ignore[assignment]
    details = [Request(f"https://r.example/{number}") for number in range(len(answers))]
    page = asyncio.run(complete(spider, Page(candidates=(), details=details), STREAM))
    return [candidate.image_url[-5:] for candidate in page.candidates]


@pytest.mark.parametrize("answer", [404, OSError("reset"), "odd", 500])
def test_a_record_that_cannot_be_had_is_left_out(answer: Any) -> None:
    assert read(200, answer, 200, 200) == ["0.jpg", "2.jpg", "3.jpg"]


@pytest.mark.parametrize(
    ("answer", "problem"),
    [(429, Throttled), (403, Blocked), (IgnoreRequest("blocked: a captcha"), Blocked)],
)
def test_a_refusal_is_one_of_the_whole_page(answer: Any, problem: type[Exception]) -> None:
    with pytest.raises(problem):
        read(200, 200, 200, answer)


def test_a_page_without_most_of_its_records_is_asked_for_again() -> None:
    with pytest.raises(Unreachable):
        read(200, OSError("reset"), OSError("reset"))


@pytest.mark.parametrize(
    ("status", "problem"),
    [(302, SourceProblem), (401, Blocked), (404, SourceProblem), (408, Unreachable), (429, Throttled)],
)
def test_statuses(status: int, problem: type[Exception]) -> None:
    response = TextResponse("https://r.example/?key=secret", status=status)
    wait: Callable[[TextResponse], float | None] = retry_after
    with pytest.raises(problem) as caught:
        check_status(response, frozenset(), wait)
    assert type(caught.value) is problem
    assert "secret" not in str(caught.value)
    check_status(response, frozenset({status}), wait)
