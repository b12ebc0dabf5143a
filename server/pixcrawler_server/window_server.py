"""Moving windows of rate limits in a Redis or Valkey server, which all machines share."""

from __future__ import annotations

import logging

from limits.aio.storage import RedisStorage
from redis.exceptions import RedisError

from pixcrawler_core.errors import ConfigError

logger = logging.getLogger(__name__)
SCHEMES = {"redis": "redis", "rediss": "rediss", "valkey": "redis", "valkeys": "rediss"}
"""Schemes of URLs, and what the library calls them: both servers speak one protocol."""


class ServerWindows(RedisStorage):
    """Windows at a URL; connects when it is first asked. Raises ConfigError for another URL."""

    STORAGE_SCHEME: list[str] = []  # noqa: RUF012  # as the library has it

    def __init__(self, url: str) -> None:
        scheme, _, place = url.partition("://")
        if scheme not in SCHEMES:
            raise ConfigError(f"[limits] storage is no URL of {', '.join(SCHEMES)}: {scheme[:20]!r}")
        super().__init__(f"{SCHEMES[scheme]}://{place}", implementation="redispy", wrap_exceptions=True)
        self._answered = True

    async def check(self) -> bool:
        """Whether the server answers, and does what it is asked; the log says why not, once."""
        try:
            await self.bridge.get_connection().ping()  # type: ignore[attr-defined]  # of redis-py
        except (RedisError, OSError) as error:
            if self._answered:
                logger.warning("the server of rate limits does not answer: %s", error)
            self._answered = False
            return False
        self._answered = True
        return True

    async def aclose(self) -> None:
        """Let go of the connections."""
        await self.bridge.get_connection().aclose()  # type: ignore[attr-defined]  # of redis-py
