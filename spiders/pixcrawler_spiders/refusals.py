"""What interfaces without a key tell of errors in the bodies of their answers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pixcrawler_core.answers import first, mapping
from pixcrawler_core.sources import SourceProblem, Throttled, place

if TYPE_CHECKING:
    from scrapy.http import TextResponse

NAMES = ("reason", "error", "detail", "message")
"""Members that hold the message, or an object with one."""
THROTTLES = re.compile(r"throttl|too many (?:attempts|requests)|rate.?limit", re.IGNORECASE)


def message(body: Mapping[str, Any]) -> str | None:
    """The message of an answer that tells of an error."""
    told = (first(mapping(body.get(name)).get("message")) or first(body.get(name)) for name in NAMES)
    return next((each for each in told if each), None)


def check_error(body: Mapping[str, Any], response: TextResponse, seconds: float | None = None) -> None:
    """Raise Throttled (for `seconds`) or SourceProblem for an answer that tells of an error."""
    told = message(body)
    if told and THROTTLES.search(told):
        raise Throttled(told, seconds)
    if told or response.status >= 400:
        raise SourceProblem(told or f"HTTP {response.status} from {place(response.url)}")
