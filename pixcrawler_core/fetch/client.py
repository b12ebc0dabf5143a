"""Sends one GET request: to a checked address, in the host's turn, within time; names what went wrong."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from types import TracebackType

from aiohttp import (
    ClientError,
    ClientResponse,
    ClientSession,
    ClientTimeout,
    DummyCookieJar,
    TCPConnector,
)
from aiohttp.abc import AbstractResolver
from yarl import URL

from pixcrawler_core.config.fetch import FetchOptions
from pixcrawler_core.fetch.addresses import AddressPolicy, literal
from pixcrawler_core.fetch.causes import failure_of, is_unreachable, unsafe
from pixcrawler_core.fetch.failure import Failure, refusal
from pixcrawler_core.fetch.hosts import Hosts, Slot
from pixcrawler_core.fetch.resolver import SafeResolver
from pixcrawler_core.fetch.retry import THROTTLING_STATUS, retry_after

DNS_FOR = 300
"""Seconds for which an address that was looked up is used."""

IDLE_FOR = 5.0
"""Seconds for which an unused connection is kept; many hosts with one image each would use up the files."""


@dataclass(slots=True)
class Budget:
    """Seconds that an attempt may still spend on the network, over all its redirects."""

    left: float


class Client:
    """The HTTP client of the fetch stage; an async context manager."""

    def __init__(self, options: FetchOptions, hosts: Hosts, *, resolver: SafeResolver | None = None) -> None:
        self._options = options
        self._hosts = hosts
        self._policy = AddressPolicy(options.allow_private_hosts)
        self._resolver = resolver or SafeResolver(self._policy, timeout=options.connect_timeout)
        self._proxies = tuple(URL(proxy.get_secret_value()) for proxy in options.proxies)
        self._turn = itertools.cycle(self._proxies or (None,))
        self._room = asyncio.Semaphore(options.concurrency)

    async def __aenter__(self) -> Client:
        self._proxy_resolver = SafeResolver(AddressPolicy(allowed=True)) if self._proxies else None
        resolver: AbstractResolver = self._proxy_resolver or self._resolver
        self._session = ClientSession(
            connector=TCPConnector(
                limit=0, ttl_dns_cache=DNS_FOR, resolver=resolver, keepalive_timeout=IDLE_FOR
            ),
            cookie_jar=DummyCookieJar(),
            auto_decompress=False,
            headers={
                "User-Agent": self._options.agent,
                "Accept": "image/*,*/*;q=0.5",
                "Accept-Encoding": "identity",
            },
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()
        await self._resolver.close()
        if self._proxy_resolver is not None:
            await self._proxy_resolver.close()

    @asynccontextmanager
    async def request(self, url: str, budget: Budget, spacing: float = 0.0) -> AsyncIterator[ClientResponse]:
        """The response to a canonical URL, its body not yet read; redirects are not followed.

        `spacing` is the host's own Crawl-delay in seconds. Time spent waiting for the host's turn is not
        taken from the budget. Raises Failure for everything that goes wrong until the context is left.
        """
        target = URL(url, encoded=True)
        host = target.raw_host or ""
        await self._check(target, host)
        loop = asyncio.get_running_loop()
        async with self._hosts.slot(host, spacing) as slot, self._room:
            started = loop.time()
            try:
                async with self._session.get(
                    target,
                    allow_redirects=False,
                    timeout=self._timeout(budget),
                    proxy=next(self._turn),
                ) as response:
                    _learn(slot, response)
                    yield response
            except (ClientError, TimeoutError, OSError) as error:
                if not self._proxies and is_unreachable(error):
                    slot.unreachable()
                raise failure_of(error, host, self._options, proxied=bool(self._proxies)) from error
            finally:
                budget.left -= loop.time() - started

    async def _check(self, target: URL, host: str) -> None:
        if self._options.ports is not None and target.port not in self._options.ports:
            ports = ", ".join(map(str, self._options.ports))
            raise refusal("port", f"port {target.port} of {host} is none of the allowed ones ({ports})")
        address = literal(host)
        if address is not None:
            if not self._policy.permits(host, address):
                raise refusal("private-address", f"the address {address} is not public")
        elif self._proxies:
            try:
                await self._resolver.check(host, target.port or 0)
            except OSError as error:
                raise unsafe(error, host) from error

    def _timeout(self, budget: Budget) -> ClientTimeout:
        if budget.left <= 0:
            raise Failure("timeout", f"took longer than {self._options.timeout:g} s", passing=True)
        return ClientTimeout(
            total=budget.left, connect=self._options.connect_timeout, sock_read=self._options.read_timeout
        )


def _learn(slot: Slot, response: ClientResponse) -> None:
    if response.status in THROTTLING_STATUS:
        slot.throttled(retry_after(response.headers.get("Retry-After")))
    elif response.status < 500:
        slot.answered()
