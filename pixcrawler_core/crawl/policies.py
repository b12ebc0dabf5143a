"""Keeps what hosts said about crawling (robots.txt, TDMRep) in the catalog, so that runs do not ask again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pixcrawler_core.catalog.writer import LedgerWriter


class LedgerPolicies:
    """A policy store (see `pixcrawler_core.fetch.policies`) over the catalog."""

    def __init__(self, ledger: LedgerWriter) -> None:
        self.ledger = ledger

    async def get(self, host: str, /) -> dict[str, Any] | None:
        """What was saved for an origin, or None."""
        return await self.ledger.call(self.ledger.ledger.policy, host)

    async def save(self, host: str, policy: dict[str, Any], /) -> None:
        """Replace what is kept for an origin."""
        await self.ledger.call(self.ledger.ledger.save_policy, host, policy)
