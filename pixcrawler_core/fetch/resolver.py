"""Looks up host names and gives out only addresses that may be asked: connections go to checked ones."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_address
from typing import Any

from aiohttp.abc import AbstractResolver, ResolveResult

from pixcrawler_core.fetch.addresses import AddressPolicy

AddressInfo = tuple[int, int, int, str, tuple[Any, ...]]
Lookup = Callable[[str, int, int], Awaitable[Sequence[AddressInfo]]]
"""From host, port and family (0 for both) to what `socket.getaddrinfo` answers."""

THREADS = 16
"""Lookups at once; `getaddrinfo` blocks, and asyncio's own pool is small and shared."""

REMEMBERED = 300.0
"""Seconds for which a checked name needs no second look (see `SafeResolver.check`)."""

_PERMANENT = frozenset((socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)))


class PrivateAddressError(OSError):
    """A name has an address that must not be asked."""


class UnknownHostError(OSError):
    """A name does not exist, or has no address."""


class SafeResolver(AbstractResolver):
    """Resolver of aiohttp that refuses a name when any of its addresses is not permitted.

    One private address among public ones is enough to refuse: that is how an answer made for rebinding
    looks. Names under `.localhost` are loopback without being asked for (RFC 6761, section 6.3). Raises
    PrivateAddressError, UnknownHostError, or another OSError for what may pass, such as a time-out.
    """

    def __init__(self, policy: AddressPolicy, *, timeout: float = 10.0, lookup: Lookup | None = None) -> None:
        self._policy = policy
        self._timeout = timeout
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="pixcrawler-dns")
        self._lookup = lookup or self._ask_system
        self._checked: dict[str, float] = {}

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The addresses of a name, all of them permitted."""
        infos = await self._infos(host, port, family)
        found = {info[4][0]: info[0] for info in infos if info[0] in (socket.AF_INET, socket.AF_INET6)}
        if not found:
            raise UnknownHostError(f"host {host} has no address")
        for text in found:
            if not self._policy.permits(host, ip_address(text)):
                raise PrivateAddressError(f"host {host} has the address {text}, which is not public")
        return [
            ResolveResult(
                hostname=host,
                host=text,
                port=port,
                family=family,
                proto=0,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for text, family in found.items()
        ]

    async def check(self, host: str, port: int) -> None:
        """Raise as `resolve` does unless the name may be asked; for requests that a proxy resolves."""
        now = time.monotonic()
        if self._checked.get(host, 0.0) > now:
            return
        await self.resolve(host, port)
        if len(self._checked) >= 10_000:
            self._checked.clear()
        self._checked[host] = now + REMEMBERED

    async def close(self) -> None:
        """Let go of the threads; lookups that hang are left to end by themselves."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def _infos(self, host: str, port: int, family: int) -> Sequence[AddressInfo]:
        if host == "localhost" or host.endswith(".localhost"):
            return _loopback(port, family)
        try:
            async with asyncio.timeout(self._timeout):
                return await self._lookup(host, port, family)
        except TimeoutError:
            raise OSError(f"looking up host {host} took longer than {self._timeout:g} s") from None
        except UnicodeError as error:
            raise UnknownHostError(f"host {host} is no name that can be looked up") from error
        except socket.gaierror as error:
            if error.errno in _PERMANENT:
                raise UnknownHostError(f"host {host} is unknown") from error
            raise

    async def _ask_system(self, host: str, port: int, family: int) -> Sequence[AddressInfo]:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(
            self._pool, socket.getaddrinfo, host, port, family, socket.SOCK_STREAM, 0, socket.AI_ADDRCONFIG
        )


def _loopback(port: int, family: int) -> list[AddressInfo]:
    both: list[AddressInfo] = [
        (socket.AF_INET, socket.SOCK_STREAM, 0, "", ("127.0.0.1", port)),
        (socket.AF_INET6, socket.SOCK_STREAM, 0, "", ("::1", port, 0, 0)),
    ]
    return [info for info in both if family in (0, info[0])]
