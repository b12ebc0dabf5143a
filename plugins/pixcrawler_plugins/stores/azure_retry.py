"""When a request to Azure is sent again: by the library's rules, when the service asks, and after 429."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from typing import Any

from azure.core.pipeline import PipelineRequest, PipelineResponse
from azure.storage.blob import ExponentialRetry

LONGEST_WAIT = 60.0
"""Seconds that are waited for at most, whatever is asked for."""
FIRST_WAIT = 0.5
"""Seconds before the first repetition, if the service names none; each further one waits twice as long."""
TOO_MANY = 429
"""The status that the library itself does not take for a passing one."""


class PatientRetry(ExponentialRetry):
    """The library's own policy, which knows neither Retry-After nor the status 429."""

    def __init__(self, retries: int) -> None:
        """Any request is repeated up to `retries` times, whatever it failed for."""
        super().__init__(retry_total=retries, retry_connect=retries, retry_read=retries, retry_status=retries)
        self._retries = retries

    def send(self, request: PipelineRequest[Any]) -> PipelineResponse[Any, Any]:
        """The answer, or the last of the failures."""
        send: Callable[[PipelineRequest[Any]], PipelineResponse[Any, Any]] = super().send
        response = send(request)
        for count in range(self._retries):
            if response.http_response.status_code != TOO_MANY:
                break
            time.sleep(wait(response.http_response, count))
            response = send(request)
        return response

    def get_backoff_time(self, settings: dict[str, Any]) -> float:
        """Seconds to wait, by what the last answer asks for."""
        last = settings["history"][-1].http_response if settings["history"] else None
        return wait(last, settings["count"] - 1)


def wait(response: Any, count: int) -> float:
    """Seconds until a request is sent for the `count + 2`th time (Retry-After: RFC 9110, 10.2.3)."""
    asked = _asked(response.headers.get("Retry-After", "").strip()) if response is not None else None
    if asked is not None:
        return min(asked, LONGEST_WAIT)
    longest: float = min(FIRST_WAIT * 2.0**count, LONGEST_WAIT)
    return longest * random.uniform(0.5, 1)


def _asked(value: str) -> float | None:
    if value.isascii() and value.isdigit():
        return float(value[:12])
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except ValueError:
        return None
