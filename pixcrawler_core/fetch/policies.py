"""Keeps what hosts said in robots.txt and tdmrep.json, so that a day passes before they are asked again."""

from __future__ import annotations

from typing import Any, Protocol

FRESH_FOR = 24 * 3600.0
"""Seconds; robots.txt is not to be cached for longer (RFC 9309, section 2.4), and tdmrep.json follows it."""


class PolicyStore(Protocol):
    """Remembers one small JSON mapping an origin. Its methods must not block the event loop."""

    async def get(self, host: str) -> dict[str, Any] | None:
        """What was saved for an origin such as `https://example.com`, or None."""
        ...

    async def save(self, host: str, policy: dict[str, Any]) -> None:
        """Replace what is kept for an origin."""
        ...


class MemoryPolicies:
    """A PolicyStore that lasts as long as the process."""

    def __init__(self) -> None:
        self._policies: dict[str, dict[str, Any]] = {}

    async def get(self, host: str) -> dict[str, Any] | None:
        """What was saved for an origin, or None."""
        return self._policies.get(host)

    async def save(self, host: str, policy: dict[str, Any]) -> None:
        """Replace what is kept for an origin."""
        self._policies[host] = policy
