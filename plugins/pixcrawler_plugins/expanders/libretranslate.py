"""Asks a translation service with LibreTranslate's protocol: `POST {url}/translate`, JSON in and out.

https://docs.libretranslate.com/api/operations/translate/ describes it.
"""

from __future__ import annotations

import http.client
import json
import os
import time
import urllib.request
from collections.abc import Callable, Mapping
from email.message import Message
from typing import IO, Any
from urllib.error import HTTPError

from pixcrawler_core.errors import PassingError, told
from pixcrawler_core.keywords.parsing import LONGEST
from pixcrawler_core.words import tidy

MOST_BYTES = 1 << 16
"""Of an answer that are read; no translation of a keyword has as many."""
FIRST_WAIT, LONGEST_WAIT = 1.0, 30.0
"""Seconds before a request is sent again: twice as many each time, or what the service asks for."""
CODES = {"no": "nb"}
"""Languages that LibreTranslate calls otherwise; `zh` and `zh-Hant` it takes."""


class TranslationFailed(PassingError):
    """A translation service was not reached, or did not answer as its protocol says."""


class _Again(Exception):
    """A failure that may pass, and the seconds that the service asks to wait."""

    def __init__(self, why: str, seconds: float | None = None) -> None:
        super().__init__(why)
        self.seconds = seconds


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirect is an answer, and none that is asked for: keys go nowhere else."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Message, newurl: str
    ) -> None:
        """Never another request."""


class LibreTranslate:
    """A service that translates from English. May be used by many threads."""

    def __init__(
        self,
        url: str,
        *,
        key_env: str,
        timeout: float,
        retries: int,
        environment: Mapping[str, str] = os.environ,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`timeout` is in seconds; the variable `key_env` of the environment may hold a key."""
        self._url, self._timeout, self._retries = url.rstrip("/"), timeout, retries
        self._key = environment.get(key_env)
        self._sleep = sleep
        self._opener = urllib.request.build_opener(_NoRedirects)

    def translate(self, text: str, language: str) -> str:
        """A text in another language. Raises TranslationFailed."""
        asked = {"q": text, "source": "en", "target": CODES.get(language, language), "format": "text"}
        body = self._posted({**asked, "api_key": self._key} if self._key else asked)
        return self._read(body, text, language)

    def _posted(self, asked: Mapping[str, str]) -> bytes:
        for tries in range(self._retries + 1):
            try:
                return self._once(asked)
            except _Again as error:
                if tries == self._retries:
                    raise self._failed(str(error)) from error
                wait = FIRST_WAIT * 2**tries if error.seconds is None else error.seconds
                self._sleep(min(wait, LONGEST_WAIT))
        raise AssertionError("the last try returns or raises")

    def _once(self, asked: Mapping[str, str]) -> bytes:
        request = urllib.request.Request(  # noqa: S310  # the options take http and https alone
            f"{self._url}/translate",
            data=json.dumps(asked).encode(),
            headers={"Content-Type": "application/json", "Accept": "application/json"},
        )
        try:
            with self._opener.open(request, timeout=self._timeout) as answer:
                body: bytes = answer.read(MOST_BYTES + 1)
        except HTTPError as error:
            raise self._refused(error) from error
        except (OSError, http.client.HTTPException) as error:
            raise _Again(told(getattr(error, "reason", None) or error)) from error
        if len(body) > MOST_BYTES:
            raise self._failed(f"it answers with more than {MOST_BYTES} bytes")
        return body

    def _refused(self, error: HTTPError) -> Exception:
        """What follows from a status that is no success; the service's own words come with it."""
        with error:
            reason = _message(error.read(MOST_BYTES))
        why = f"HTTP {error.code}{f' ({reason})' if reason else ''}"
        if error.code != 429 and error.code < 500:
            return self._failed(why)
        seconds = error.headers.get("Retry-After", "")
        return _Again(why, float(seconds) if seconds.isascii() and seconds.isdigit() else None)

    def _read(self, body: bytes, text: str, language: str) -> str:
        try:
            found = json.loads(body)["translatedText"]
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise self._failed("it did not answer with a translation") from error
        if not isinstance(found, str) or not tidy(found) or len(found) > LONGEST:
            raise self._failed(
                f"its translation of {text!r} to {language!r} is no text of 1 to {LONGEST} characters"
            )
        return tidy(found)

    def _failed(self, why: str) -> TranslationFailed:
        return TranslationFailed(f"the translation service at {self._url} failed: {why}")


def _message(body: bytes) -> str:
    """The `error` that the service tells, if it does."""
    try:
        found: Any = json.loads(body)["error"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""
    return tidy(found)[:200] if isinstance(found, str) else ""
