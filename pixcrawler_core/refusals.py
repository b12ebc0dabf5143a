"""What answers of sources tell of errors in their bodies, and the problem that each of them means.

Many interfaces answer an error with JSON, some of them with the status 200. The usual way in `parse_page`,
where an answer holds no results, is `check_error(body, response, self.retry_after(response))`, and behind it
LayoutChanged. A source with a form of its own reads the message itself and raises `problem_of` it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from pixcrawler_core.answers import mapping, number, plain, several, texts
from pixcrawler_core.sources import Blocked, SourceProblem, Throttled, place

if TYPE_CHECKING:
    from scrapy.http import TextResponse

ERRORS = ("error", "errors")
"""Members that only an error has."""
NAMES = (*ERRORS, "reason", "detail", "message")
"""Members of an answer without results that tell why there are none."""
PARTS = ("reason", "message", "msg", "detail")
"""Members of an object that is an error, beside its code."""
MOST = 20
"""Errors of one answer that are told."""
STATUSES = ("status", "code", "statusCode", "httpStatus")
"""Members that repeat the status of HTTP, or tell it beside a 200."""
UNEXPLAINED = "an error without a reason"
THROTTLES = re.compile(
    r"throttl|too.many.(?:attempts|calls|queries|requests|searches)|rate.?limit|rate.?exceeded"
    r"|limit.?exceeded|slow.?down|overload|throughput|quota|run out of|exhausted",
    re.IGNORECASE,
)
REFUSALS = re.compile(
    r"unauthori[sz]ed|not authori[sz]ed|forbidden|permission|denied|disallowed|blocked|disabled"
    r"|api.?key|wskey|oauth|access.?token|subscription|not.?configured|not enough credits",
    re.IGNORECASE,
)


def message_of(body: Mapping[str, Any], names: Iterable[str] = NAMES) -> str | None:
    """What an answer tells of an error: all different texts of the members `names`; None if there is none.

    A member may be a text, an object with a message, or a list of either.
    """
    values = {name: body.get(name) for name in names}
    told = dict.fromkeys(each for value in values.values() for each in _errors(value))
    return "; ".join(told) or (UNEXPLAINED if any(values.get(name) for name in ERRORS) else None)


def status_of(body: Mapping[str, Any], response: TextResponse) -> int | None:
    """The status of an error (400 to 599): that of the answer, else the one that its body tells."""
    holders = (body, mapping(body.get("error")))
    told = (response.status, *(number(holder.get(name)) for holder in holders for name in STATUSES))
    return next((status for status in told if status and 400 <= status < 600), None)


def problem_of(told: str, status: int | None = None, seconds: float | None = None) -> SourceProblem:
    """The problem that a message or a status tells of: Throttled for `seconds`, Blocked, or another."""
    if status in (429, 503) or THROTTLES.search(told):
        return Throttled(told, seconds)
    return Blocked(told) if status in (401, 402, 403) or REFUSALS.search(told) else SourceProblem(told)


def check_error(body: Mapping[str, Any], response: TextResponse, seconds: float | None = None) -> None:
    """Raise the problem that an answer without results tells of; nothing if it tells of none.

    `seconds` are those for which a source that throttles is left alone, None if it does not say.
    """
    told, status = message_of(body), status_of(body, response)
    if told or status:
        raise problem_of(told or f"HTTP {status} from {place(response.url)}", status, seconds)


def _errors(value: Any) -> Iterator[str]:
    """The words of each error; of codes, those that are words."""
    for each in several(value)[:MOST]:
        about = mapping(each)
        code = plain(about.get("code")) or ""
        parts = [None if code.isdecimal() else code, *map(about.get, PARTS)] if about else [each]
        if told := ": ".join(texts(parts)):
            yield told
