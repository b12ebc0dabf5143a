"""Asks each site once a day for its robots.txt and tdmrep.json, and keeps the rules."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from pixcrawler_core.config.fetch import FetchOptions
from pixcrawler_core.fetch import robots, tdmrep
from pixcrawler_core.fetch.client import Client
from pixcrawler_core.fetch.failure import Failure
from pixcrawler_core.fetch.files import SiteFile, read_file
from pixcrawler_core.fetch.origins import Answer, OriginCache
from pixcrawler_core.fetch.policies import FRESH_FOR, PolicyStore
from pixcrawler_core.fetch.retry import Retries
from pixcrawler_core.records import Stage

UNREACHABLE_FOR = 300.0
"""Seconds after which a robots.txt or tdmrep.json that could not be reached is asked for again."""

OWN_REASONS = frozenset(("private-address", "port", "unknown-host", "host-down"))
"""Failures of a request for robots.txt that say more than that it could not be reached."""

_PARSED = 30
"""Bytes of memory that a character of robots.txt takes when it is parsed, about."""

_LONG = 32 * 1024
"""Characters from which a robots.txt is parsed in a thread."""


class SiteRules:
    """What sites say of crawling, by origin (`https://example.com`); `clock` counts from the epoch."""

    def __init__(
        self,
        options: FetchOptions,
        client: Client,
        policies: PolicyStore,
        retries: Retries,
        clock: Callable[[], float],
    ) -> None:
        self._options = options
        self._client = client
        self._policies = policies
        self._retries = retries
        self._clock = clock
        self._agents = frozenset((robots.PRODUCT, robots.product_token(options.user_agent)))
        self._robots = OriginCache(self._ask_robots, clock)
        self._tdmrep = OriginCache(self._ask_tdmrep, clock)

    @property
    def agents(self) -> frozenset[str]:
        """The product tokens that mean us, in lower case."""
        return self._agents

    async def robots_txt(self, origin: str) -> robots.Robots | None:
        """The rules of robots.txt; None where there is none (4xx). Raises Failure when nobody can know."""
        answer = await self._robots.get(origin)
        if isinstance(answer, Failure):
            raise answer.copy()
        return answer

    async def reservations(self, origin: str) -> Sequence[tdmrep.Rule]:
        """The rules of tdmrep.json; none where the file is missing, unreadable or out of reach."""
        return await self._tdmrep.get(origin)

    async def close(self) -> None:
        """Stop asking."""
        await self._robots.close()
        await self._tdmrep.close()

    async def _ask_robots(self, origin: str) -> Answer[robots.Robots | Failure | None]:
        kept = await self._kept(origin, "robots")
        if kept is None:
            try:
                file = await self._read(f"{origin}/robots.txt", robots.MAX_BYTES, robots.MAX_REDIRECTS)
            except Failure as failure:
                return Answer(_unreachable(failure), self._clock() + UNREACHABLE_FOR)
            text = robots.decode(file.body) if file.status < 300 else None
            kept = await self._keep(origin, "robots", {"status": file.status, "text": text})
        text = kept.get("text")
        until = kept["fetched_at"] + FRESH_FOR
        if not text:
            return Answer(None, until)
        return Answer(await self._parsed(text), until, _PARSED * len(text))

    async def _ask_tdmrep(self, origin: str) -> Answer[Sequence[tdmrep.Rule]]:
        kept = await self._kept(origin, "tdmrep")
        if kept is None:
            try:
                file = await self._read(f"{origin}{tdmrep.PATH}", tdmrep.MAX_BYTES + 1, robots.MAX_REDIRECTS)
            except Failure:  # then the site does not take part in the protocol (section 4.2 of the report)
                return Answer((), self._clock() + UNREACHABLE_FOR)
            usable = file.status < 300 and len(file.body) <= tdmrep.MAX_BYTES
            text = file.body.decode("utf-8", "replace") if usable and tdmrep.parse(file.body) else None
            kept = await self._keep(origin, "tdmrep", {"status": file.status, "text": text})
        text = kept.get("text") or ""
        return Answer(tdmrep.parse(text) or (), kept["fetched_at"] + FRESH_FOR, len(text))

    async def _parsed(self, text: str) -> robots.Robots:
        if len(text) < _LONG:
            return robots.Robots(text, self._agents)
        return await asyncio.to_thread(robots.Robots, text, self._agents)

    def _read(self, url: str, max_bytes: int, max_redirects: int) -> Awaitable[SiteFile]:
        return self._retries.run(
            lambda: read_file(
                self._client,
                url,
                seconds=self._options.timeout,
                max_bytes=max_bytes,
                max_redirects=max_redirects,
            )
        )

    async def _kept(self, origin: str, name: str) -> dict[str, Any] | None:
        kept = (await self._policies.get(origin) or {}).get(name)
        fresh = kept is not None and 0 <= self._clock() - kept["fetched_at"] < FRESH_FOR
        return kept if fresh else None

    async def _keep(self, origin: str, name: str, policy: dict[str, Any]) -> dict[str, Any]:
        policy = policy | {"fetched_at": self._clock()}
        known = await self._policies.get(origin) or {}
        await self._policies.save(origin, known | {name: policy})
        return policy


def _unreachable(failure: Failure) -> Failure:
    """Complete disallow for now, as RFC 9309 (section 2.3.1.4) wants for a robots.txt out of reach."""
    if failure.reason in OWN_REASONS:
        return failure
    return Failure(
        "robots-unreachable",
        f"robots.txt could not be read, so nothing may be fetched: {failure.detail}",
        passing=True,
        again=False,
        stage=Stage.CONSENT,
        status=failure.status,
    )
