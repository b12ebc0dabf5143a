"""What sources with a key share: their refusals told apart, and the key kept out of what is said of them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from pixcrawler_core.answers import json_object, text
from pixcrawler_core.sources import Blocked, SourceProblem, Throttled, place
from pixcrawler_core.spider import SourceSpider

if TYPE_CHECKING:
    from scrapy.http import TextResponse

THROTTLES = re.compile(
    r"throttl|rate.?limit|limit.?exceeded|throughput|too many|quota|run out of|exhausted", re.IGNORECASE
)
REFUSALS = re.compile(
    r"api.?key|wskey|unauthori[sz]ed|not authori[sz]ed|forbidden|permission|subscription|"
    r"not.?configured|not enough credits",
    re.IGNORECASE,
)
SPENT = re.compile(r"run out of|exhausted|per day|daily|month|hourly", re.IGNORECASE)
"""Words for a quota that does not come back while a run lasts."""
SPENT_WAIT = 3600.0


class KeyedSpider(SourceSpider):
    """Base of sources whose errors are JSON with a message that says more than the status."""

    expected_status = frozenset({400, 401, 402, 403, 422, 429})

    def message(self, body: dict[str, Any]) -> str | None:
        """The message of an answer that tells of an error; None for any other answer."""
        raise TypeError(f"source {self.name!r} must override message")

    def answer(self, response: TextResponse) -> dict[str, Any]:
        """The JSON object of an answer. Raises SourceProblem for one that tells of an error."""
        try:
            body = json_object(response)
        except SourceProblem:
            self._refuse(response, None)
            raise
        self._refuse(response, self.message(body) or text(body.get("detail")))
        return body

    def _refuse(self, response: TextResponse, message: str | None) -> None:
        """Raise the problem that a status or a message tells of, if any."""
        status = response.status
        if message is None and status < 400:
            return
        told = self._without_keys(message or f"HTTP {status} from {place(response.url)}")
        if status == 429 or THROTTLES.search(told):
            wait = self.retry_after(response)
            raise Throttled(told, SPENT_WAIT if wait is None and SPENT.search(told) else wait)
        raise Blocked(told) if status in (401, 402, 403) or REFUSALS.search(told) else SourceProblem(told)

    def _without_keys(self, told: str) -> str:
        for _, value in self.options:
            if isinstance(value, SecretStr) and value.get_secret_value():
                told = told.replace(value.get_secret_value(), "***")
        return told
