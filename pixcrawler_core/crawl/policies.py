"""Keeps what hosts said about crawling (robots.txt, TDMRep) in the catalog, so that runs do not ask again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pixcrawler_core.catalog.writer import LedgerWriter


class LedgerPolicies:
    """A policy store (see `pixcrawler_core.fetch.policies`) over the catalog."""

    def __init__(self, ledger: LedgerWriter) -> None:
        self.ledger = ledger
        self._known: dict[str, dict[str, Any]] = {}

    async def load(self) -> None:
        """Read what is known, once."""
        self._known = await self.ledger.call(self.ledger.ledger.load_policies)

    async def get(self, host: str, /) -> dict[str, Any] | None:
        """What was saved for an origin, or None."""
        return self._known.get(host)

    async def save(self, host: str, policy: dict[str, Any], /) -> None:
        """Replace what is kept for an origin."""
        self._known[host] = policy
        await self.ledger.call(self.ledger.ledger.save_policy, host, policy)
