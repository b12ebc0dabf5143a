"""Asks the URLs of a dataset's images again: which still give the bytes that are in it."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from pixcrawler_core.blobs.store import BlobStore
from pixcrawler_core.fetch.fetcher import Fetcher, NotFetched
from pixcrawler_core.fetch.policies import MemoryPolicies
from pixcrawler_core.records import Candidate, State

if TYPE_CHECKING:
    from pixcrawler_core.config.fetch import FetchOptions
    from pixcrawler_core.records import Outcome

GONE = frozenset({"http-404", "http-410", "unknown-host"})
SHUT = frozenset({"http-401", "http-402", "http-403", "http-451"})
OTHER = frozenset({"sha256-mismatch", "not-an-image", "empty-body", "too-large"})
"""Reasons of a fetch that tell of bytes that are not those of the dataset."""
SAME, MOVED = "same", "moved"
STATES = (SAME, MOVED, "changed", "gone", "refused", "failed")
"""`moved` still gives the same bytes, from another address than then; `failed` may pass."""


class Asked(NamedTuple):
    """An image whose URL is to be asked: what the manifest says of it."""

    path: str
    sha256: str
    url: str
    final_url: str | None


class Link(NamedTuple):
    """How a URL answered: one of `STATES`, with the reason and the sentence of the fetch that failed."""

    path: str
    url: str
    state: str
    reason: str | None = None
    detail: str | None = None
    final_url: str | None = None

    def as_json(self) -> dict[str, Any]:
        """The link as a JSON object."""
        return self._asdict()


def ask_links(images: Iterable[Asked], options: FetchOptions) -> Iterator[Link]:
    """How the URLs answer now, in the order in which they do; nothing is kept of what they send.

    They are asked as a crawl asks, with the same politeness, consent and limits. Raises WorkspaceError when
    the temporary folder has no room.
    """
    with tempfile.TemporaryDirectory(prefix="pixcrawler-verify-") as folder, asyncio.Runner() as runner:
        fetcher = Fetcher(options, BlobStore(Path(folder)), policies=MemoryPolicies())
        runner.run(fetcher.__aenter__())
        try:
            links: asyncio.Queue[Link | None] = asyncio.Queue(options.concurrency)
            asking = runner.get_loop().create_task(_ask(iter(images), fetcher, links, options.concurrency))
            while (link := runner.run(links.get())) is not None:
                yield link
            runner.run(_end(asking))
        finally:
            runner.run(fetcher.__aexit__(None, None, None))


async def _ask(
    images: Iterator[Asked], fetcher: Fetcher, links: asyncio.Queue[Link | None], most: int
) -> None:
    async def work() -> None:
        for image in images:  # which the workers share
            await links.put(await _link(image, fetcher))

    try:
        await asyncio.gather(*(work() for _ in range(most)))
    finally:
        await links.put(None)


async def _end(asking: asyncio.Task[None]) -> None:
    await asking


async def _link(image: Asked, fetcher: Fetcher) -> Link:
    candidate = Candidate(
        image_url=image.url, engine="verify", query="", category="", expected_sha256=image.sha256
    )
    try:
        fetched = await fetcher.fetch(candidate)
    except NotFetched as error:
        return _lost(image, error.outcome)
    fetched.path.unlink(missing_ok=True)
    moved = image.final_url is not None and fetched.final_url != image.final_url
    return Link(image.path, image.url, MOVED if moved else SAME, final_url=fetched.final_url)


def _lost(image: Asked, outcome: Outcome) -> Link:
    reason = outcome.reason or ""
    state = state_of(outcome.state, reason)
    return Link(image.path, image.url, state, reason, outcome.detail, outcome.final_url)


def state_of(state: State, reason: str) -> str:
    """The one of `STATES` for an image that was not fetched, from its state in a ledger and the reason."""
    if state is State.REFUSED or reason in SHUT:
        return "refused"
    if reason in GONE:
        return "gone"
    return "changed" if reason in OTHER else "failed"
