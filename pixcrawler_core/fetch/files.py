"""Reads a small file of a site, such as robots.txt, with its redirects."""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import ClientResponse

from pixcrawler_core.fetch.causes import status_failure
from pixcrawler_core.fetch.client import Budget, Client
from pixcrawler_core.fetch.failure import Failure
from pixcrawler_core.fetch.redirects import drain, is_redirect, redirect_target
from pixcrawler_core.fetch.retry import PASSING_STATUS


@dataclass(frozen=True, slots=True)
class SiteFile:
    """The answer to the request for a file: its status and, when that is 2xx, the first bytes of its body."""

    status: int
    body: bytes


async def read_file(
    client: Client, url: str, *, seconds: float, max_bytes: int, max_redirects: int
) -> SiteFile:
    """Ask for a file once. Too many redirects, or one that leads nowhere, count as 404.

    `seconds` bounds all hops together. Raises Failure when the file cannot be reached, also for 5xx
    and 429.
    """
    budget = Budget(seconds)
    for _ in range(max_redirects + 1):
        async with client.request(url, budget) as response:
            if is_redirect(response):
                await drain(response)
                try:
                    url = redirect_target(response, url)
                except Failure:
                    return SiteFile(404, b"")
                continue
            if response.status in PASSING_STATUS or response.status >= 500:
                raise status_failure(response)
            if not 200 <= response.status < 300:
                await drain(response)
                return SiteFile(response.status, b"")
            return SiteFile(response.status, await _first_bytes(response, max_bytes))
    return SiteFile(404, b"")


async def _first_bytes(response: ClientResponse, most: int) -> bytes:
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) >= most:
            break
    return bytes(body[:most])
