from __future__ import annotations

from typing import Any

import pytest
from scrapy.http import TextResponse

from pixcrawler_core.refusals import UNEXPLAINED, check_error, message_of, problem_of
from pixcrawler_core.sources import Blocked, SourceProblem, Throttled

URL = "https://source.example/search?key=secret"


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"error": "No such page"}, "No such page"),
        ({"error": {"code": "NO_PAGE", "message": "No such page"}}, "NO_PAGE: No such page"),
        ({"error": {"code": 5, "msg": "No such page"}}, "No such page"),
        ({"errors": ["One", {"detail": "Two"}, "One"]}, "One; Two"),
        ({"error": "Bad Request", "detail": "The <b>page</b> is\n0"}, "Bad Request; The page is 0"),
        ({"error": {"code": 5}}, UNEXPLAINED),
        ({"errors": [[], {}]}, UNEXPLAINED),
        ({"error": True}, UNEXPLAINED),
        ({"error": None, "errors": [], "message": ""}, None),
        ({"message": {"message": {"message": "deep"}}}, None),
        ({"results": [], "title": "A page"}, None),
        ({}, None),
    ],
)
def test_the_message(body: Any, told: str | None) -> None:
    assert message_of(body) == told


def test_only_the_named_members_count() -> None:
    assert message_of({"error": "x", "message": "content found"}, ["detail"]) is None


def test_a_thousand_errors_are_not_all_told() -> None:
    assert len(message_of({"errors": [f"error {number}" for number in range(1000)]}) or "") < 1000


@pytest.mark.parametrize(
    ("status", "told", "problem"),
    [
        (None, "Request was throttled.", Throttled),
        (400, "TOO_MANY_REQUESTS", Throttled),
        (403, "dailyLimitExceeded", Throttled),
        (503, "Sorry", Throttled),
        (None, "Access denied", Blocked),
        (402, "Sorry", Blocked),
        (None, "Your api_key is unknown", Blocked),
        (None, "should have required property 'keys'", SourceProblem),
        (400, "Too many words in the query", SourceProblem),
        (500, "Sorry", SourceProblem),
    ],
)
def test_the_problem(status: int | None, told: str, problem: type[SourceProblem]) -> None:
    found = problem_of(told, status, 7)
    assert (type(found), str(found)) == (problem, told)
    assert not isinstance(found, Throttled) or found.seconds == 7


@pytest.mark.parametrize(
    ("status", "body", "problem", "words"),
    [
        (200, {"message": "Sorry", "status": 429}, Throttled, "Sorry"),
        (200, {"error": {"code": "403", "message": "Sorry"}}, Blocked, "Sorry"),
        (400, {"error": "Sorry", "httpStatus": 403}, SourceProblem, "Sorry"),
        (200, {"statusCode": 401}, Blocked, "HTTP 401 from https://source.example/search"),
        (404, {}, SourceProblem, "HTTP 404 from https://source.example/search"),
    ],
)
def test_an_error(status: int, body: Any, problem: type[SourceProblem], words: str) -> None:
    with pytest.raises(SourceProblem) as caught:
        check_error(body, TextResponse(URL, status=status))
    assert (type(caught.value), str(caught.value)) == (problem, words)


@pytest.mark.parametrize("body", [{}, {"results": {}}, {"status": 200}, {"code": 7}, {"status": "published"}])
def test_no_error(body: Any) -> None:
    check_error(body, TextResponse(URL))
