"""Fetches images: the face of the fetch stage."""

from __future__ import annotations

import asyncio
import random as _random
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from pixcrawler_core.config.fetch import FetchOptions
from pixcrawler_core.fetch.body import read_image
from pixcrawler_core.fetch.causes import status_failure
from pixcrawler_core.fetch.client import Budget, Client
from pixcrawler_core.fetch.consent import NOT_ASKED, ConsentGate, Evidence
from pixcrawler_core.fetch.failure import Failure, NotFetched
from pixcrawler_core.fetch.hosts import Hosts, HostStatus
from pixcrawler_core.fetch.policies import PolicyStore
from pixcrawler_core.fetch.redirects import drain, is_redirect, redirect_target
from pixcrawler_core.fetch.resolver import SafeResolver
from pixcrawler_core.fetch.retry import Retries
from pixcrawler_core.fetch.rules import SiteRules
from pixcrawler_core.fetch.store import ImageSink
from pixcrawler_core.records import Outcome, Stage, State
from pixcrawler_core.urls import canonical_url

if TYPE_CHECKING:
    from aiohttp import ClientResponse

    from pixcrawler_core.blobs.store import BlobStore
    from pixcrawler_core.records import Candidate

__all__ = ["Fetched", "Fetcher", "NotFetched"]

THREADS = 4
"""Threads that write files; more would wait for the same disk."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Fetched:
    """An image whose original bytes are in the blob store."""

    sha256: str
    size: int
    """Bytes."""
    path: Path
    http_status: int
    final_url: str
    consent: Mapping[str, Any]
    """What was asked about consent and answered, as JSON values."""

    def outcome(self) -> Outcome:
        """The record for the ledger."""
        return Outcome(
            state=State.FETCHED,
            stage=Stage.FETCH,
            sha256=self.sha256,
            size=self.size,
            http_status=self.http_status,
            final_url=self.final_url,
            consent=self.consent,
        )


class Fetcher:
    """Fetches images politely and safely; an async context manager, to be used from one event loop.

    `fetch` may be called many times at once; `options.concurrency` bounds what is on the network. `stats`
    counts images by `fetched` or the reason why not, `bytes_fetched` what was stored. `clock` tells the time
    since the epoch, `random` draws from 0 to 1.
    """

    def __init__(
        self,
        options: FetchOptions,
        blobs: BlobStore,
        *,
        policies: PolicyStore,
        resolver: SafeResolver | None = None,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        random: Callable[[], float] = _random.random,
    ) -> None:
        self.stats: Counter[str] = Counter()
        self.bytes_fetched = 0
        self._options = options
        self._blobs = blobs
        self._hosts = Hosts(per_host=options.per_host, delay=options.delay, max_wait=options.max_wait)
        self._client = Client(options, self._hosts, resolver=resolver)
        self._retries = Retries(
            retries=options.retries,
            backoff=options.backoff,
            max_wait=options.max_wait,
            sleep=sleep,
            random=random,
        )
        self._rules = SiteRules(options, self._client, policies, self._retries, clock)
        self._gate = ConsentGate(options, self._rules, clock)
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="pixcrawler-blobs")

    async def __aenter__(self) -> Fetcher:
        await self._client.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._rules.close()
        await self._client.__aexit__(kind, error, trace)
        self._threads.shutdown(wait=True)

    async def fetch(self, candidate: Candidate) -> Fetched:
        """Fetch the image of a candidate.

        Raises NotFetched with the outcome for the ledger, and WorkspaceError when the blob store cannot be
        written, which no other image will fare better with.
        """
        try:
            url = _canonical(candidate.image_url)
            fetched = await self._retries.run(lambda: self._attempt(url, candidate.expected_sha256))
        except Failure as failure:
            self.stats[failure.reason] += 1
            raise NotFetched(failure.outcome()) from failure
        self.stats["fetched"] += 1
        self.bytes_fetched += fetched.size
        return fetched

    async def consent(self, candidate: Candidate) -> Evidence:
        """What the site says of an image whose bytes are at hand, so that they are not asked for again.

        Raises NotFetched for a refusal. A site that cannot be asked leaves what is not known as it is.
        """
        evidence = self._gate.evidence() | {"x_robots_tag": NOT_ASKED}
        try:
            await self._gate.before(_canonical(candidate.image_url), evidence)
        except Failure as failure:
            failure.consent = evidence
            if failure.outcome().state is State.REFUSED:
                self.stats[failure.reason] += 1
                raise NotFetched(failure.outcome()) from failure
        return evidence

    def hosts(self) -> dict[str, HostStatus]:
        """How things stand with each host that was asked lately."""
        return self._hosts.status()

    async def _attempt(self, url: str, expected: str | None) -> Fetched:
        budget = Budget(self._options.timeout)
        seen: set[str] = set()
        for _ in range(self._options.max_redirects + 1):
            seen.add(url)
            result = await self._hop(url, budget, expected)
            if isinstance(result, Fetched):
                return result
            if result in seen:
                raise Failure("redirect-loop", f"redirects lead back to {result[:200]}")
            url = result
        raise Failure("too-many-redirects", f"more than {self._options.max_redirects} redirects")

    async def _hop(self, url: str, budget: Budget, expected: str | None) -> Fetched | str:
        """Ask for one URL: the image, or the URL to which it redirects."""
        evidence = self._gate.evidence()
        sink = ImageSink(self._blobs, self._threads, expected)
        try:
            spacing = await self._gate.before(url, evidence)
            async with self._client.request(url, budget, spacing) as response:
                status = response.status
                target = await self._receive(response, url, sink, evidence)
            if target is not None:
                return target
            blob = await sink.commit()
        except Failure as failure:
            failure.url, failure.consent = url, evidence
            raise
        finally:
            await sink.discard()
        return Fetched(
            sha256=blob.sha256,
            size=blob.size,
            path=blob.path,
            http_status=status,
            final_url=url,
            consent=evidence,
        )

    async def _receive(
        self, response: ClientResponse, url: str, sink: ImageSink, evidence: Evidence
    ) -> str | None:
        """Judge a response and read its body; returns the target of a redirect."""
        self._gate.after(response.headers, evidence)
        if is_redirect(response):
            await drain(response)
            return redirect_target(response, url)
        if response.status not in (200, 203):
            await drain(response)
            raise status_failure(response)
        await read_image(response, sink, self._options.max_bytes)
        return None


def _canonical(url: str) -> str:
    try:
        return canonical_url(url)
    except ValueError as error:
        raise Failure("bad-url", str(error)) from error
