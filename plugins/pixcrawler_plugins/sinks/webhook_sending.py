"""Posts an event to an address that was checked, signed, and again where that may help."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from datetime import datetime
from urllib.parse import urlsplit

from aiohttp import ClientError, ClientSession, ClientTimeout, DummyCookieJar, TCPConnector

from pixcrawler_core.catalog.fields import utc_now
from pixcrawler_core.config.fetch import FetchOptions
from pixcrawler_core.errors import PassingError, PixCrawlerError
from pixcrawler_core.events.event import Event
from pixcrawler_core.events.signing import headers
from pixcrawler_core.fetch.addresses import AddressPolicy, literal
from pixcrawler_core.fetch.causes import failure_of
from pixcrawler_core.fetch.resolver import SafeResolver
from pixcrawler_core.fetch.retry import retry_after
from pixcrawler_core.version import __version__

AGAIN = frozenset((408, 429, *range(500, 600)))
"""Statuses after which the same request may do better."""
FIRST_WAIT, LONGEST_WAIT = 0.5, 30.0
"""Seconds before a request is sent again: twice as many each time, or what the receiver asks for."""


class NotTaken(PixCrawlerError):
    """A webhook did not take an event, and would not take it later either."""


class NotAnswered(PassingError):
    """A webhook was not reached, or turned an event away for a time."""

    def __init__(self, why: str, seconds: float | None = None) -> None:
        super().__init__(why)
        self.seconds = seconds


class Webhook:
    """Sends events to `url`. Only addresses that `policy` permits are asked, and redirects are not followed.

    `timeout` is in seconds. Raises NotTaken and NotAnswered, which name the host and not the address: the
    path of one may be a secret.
    """

    def __init__(
        self,
        url: str,
        secret: bytes,
        *,
        policy: AddressPolicy,
        timeout: float,
        retries: int,
        now: Callable[[], datetime] = utc_now,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._url, self._secret, self._policy = url, secret, policy
        self._host = urlsplit(url).hostname or ""
        self._timeout, self._retries = timeout, retries
        self._now, self._sleep = now, sleep

    def __call__(self, event: Event, /) -> None:
        """Send an event, several times if need be, each time with the same id."""
        body = json.dumps(event.as_json()).encode()
        for tries in range(self._retries + 1):
            try:
                asyncio.run(self._sent(event.id, body))
            except NotAnswered as error:
                if tries == self._retries:
                    raise
                wait = FIRST_WAIT * 2**tries if error.seconds is None else error.seconds
                self._sleep(min(wait, LONGEST_WAIT))
            else:
                return

    async def _sent(self, message: str, body: bytes) -> None:
        address = literal(self._host)
        if address is not None and not self._policy.permits(self._host, address):
            raise NotTaken(f"the address {address} is not public; allow_private_hosts = true allows it")
        resolver = SafeResolver(self._policy, timeout=self._timeout)
        connector = TCPConnector(resolver=resolver, force_close=True)
        session = ClientSession(
            connector=connector, timeout=ClientTimeout(total=self._timeout), cookie_jar=DummyCookieJar()
        )
        try:
            async with session:
                await self._post(session, message, body)
        except (ClientError, TimeoutError, OSError) as error:
            raise self._named(error) from error
        finally:
            await resolver.close()

    def _named(self, error: Exception) -> PixCrawlerError:
        """What went wrong, in words that do not tell the address."""
        failure = failure_of(error, self._host, FetchOptions(timeout=self._timeout), proxied=False)
        hint = "; allow_private_hosts = true allows it" if failure.reason == "private-address" else ""
        kind = NotAnswered if failure.passing else NotTaken
        return kind(f"{failure.detail}{hint}")

    async def _post(self, session: ClientSession, message: str, body: bytes) -> None:
        sent = {
            "Content-Type": "application/json",
            "User-Agent": f"PixCrawler/{__version__}",
            **headers(self._secret, message, self._now(), body),
        }
        async with session.post(self._url, data=body, headers=sent, allow_redirects=False) as answer:
            if answer.status in AGAIN:
                seconds = retry_after(answer.headers.get("Retry-After"))
                raise NotAnswered(f"{self._host} answers with HTTP {answer.status}", seconds)
            if not 200 <= answer.status < 300:
                raise NotTaken(f"{self._host} answers with HTTP {answer.status}")
