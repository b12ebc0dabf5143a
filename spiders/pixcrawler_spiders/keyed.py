"""What sources with a key share: the key is kept out of what is said of them, a spent quota is told apart."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from pixcrawler_core.answers import json_object
from pixcrawler_core.refusals import ERRORS, message_of, problem_of, status_of
from pixcrawler_core.sources import SourceProblem, place
from pixcrawler_core.spider import SourceSpider

if TYPE_CHECKING:
    from scrapy.http import TextResponse

SPENT = re.compile(r"run out of|exhausted|per day|daily|month|hourly", re.IGNORECASE)
"""Words for a quota that does not come back while a run lasts."""
SPENT_WAIT = 3600.0


class KeyedSpider(SourceSpider):
    """Base of sources whose errors are JSON with a message that says more than the status."""

    expected_status = frozenset({400, 401, 402, 403, 422, 429})

    def message(self, body: dict[str, Any]) -> str | None:
        """The message of an answer that tells of an error; None for any other answer."""
        return message_of(body, ERRORS)

    def answer(self, response: TextResponse) -> dict[str, Any]:
        """The JSON object of an answer. Raises SourceProblem for one that tells of an error."""
        try:
            body = json_object(response)
        except SourceProblem:
            if response.status >= 400:
                raise self.problem(None, response) from None
            raise
        told = self.message(body) or message_of(body, ["detail"])
        if told or response.status >= 400:
            raise self.problem(told, response, status_of(body, response))
        return body

    def problem(self, told: str | None, response: TextResponse, status: int | None = None) -> SourceProblem:
        """The problem that a message or a status tells of, without the keys that may stand in it."""
        told = self.without_keys(told or f"HTTP {response.status} from {place(response.url)}")
        wait = self.retry_after(response)
        seconds = SPENT_WAIT if wait is None and SPENT.search(told) else wait
        return problem_of(told, status or response.status, seconds)

    def without_keys(self, told: str) -> str:
        """A text in which no key of this source stands."""
        for _, value in self.options:
            if isinstance(value, SecretStr) and value.get_secret_value():
                told = told.replace(value.get_secret_value(), "***")
        return told
