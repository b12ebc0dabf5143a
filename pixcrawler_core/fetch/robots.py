"""Reads robots.txt as RFC 9309 says."""

from __future__ import annotations

import math
import re
from collections.abc import Collection

from protego import Protego

MAX_BYTES = 500 * 1024
"""Bytes that are read of a robots.txt; the rest is ignored (RFC 9309, section 2.5)."""

MAX_REDIRECTS = 5
"""Redirects that are followed for it (RFC 9309, section 2.3.1.2)."""

MAX_DELAY = 60.0
"""Seconds; a longer Crawl-delay counts as this one."""

PRODUCT = "pixcrawler"
"""The product token under which robots.txt and X-Robots-Tag can name us, in lower case."""

_AGENT_LINE = re.compile(r"(?im)^([ \t]*user[- ]?agent[ \t]*:?)[ \t]*([^#\n]*)")
_TOKEN = re.compile(r"[a-z_-]+", re.IGNORECASE)
_NOBODY = "somebody-else"


class Robots:
    """The rules of one robots.txt, as far as they are for us.

    `agents` are our product tokens in lower case. Groups for any of them are merged; without one, the group
    for `*` holds.
    """

    def __init__(self, text: str, agents: Collection[str]) -> None:
        lines = "\n".join(text.removeprefix("\ufeff").splitlines())
        named = _AGENT_LINE.sub(lambda match: f"{match[1]} {_group(match[2], agents)}", lines)
        self._rules = Protego.parse(named)

    def allows(self, url: str) -> bool:
        """Whether we may ask for a canonical URL of this origin."""
        return self._rules.can_fetch(url, PRODUCT)

    @property
    def delay(self) -> float:
        """Seconds between requests that the host asks for (Crawl-delay, no part of the RFC); 0 to 60."""
        delay = self._rules.crawl_delay(PRODUCT)
        return min(float(delay), MAX_DELAY) if delay is not None and math.isfinite(delay) else 0.0


def product_token(user_agent: str) -> str:
    """The product token of a User-Agent header, in lower case: letters, `_` and `-` (RFC 9309, 2.2.1)."""
    found = _TOKEN.match(user_agent)
    return found[0].lower() if found else PRODUCT


def decode(body: bytes) -> str:
    """The text of a robots.txt; what is no UTF-8 is replaced, so that the other lines still count."""
    return body[:MAX_BYTES].decode("utf-8", "replace")


def _group(value: str, agents: Collection[str]) -> str:
    """The one name that a User-agent line has for us: ours, everybody's or somebody else's."""
    if value.startswith("*"):
        return "*"
    token = _TOKEN.match(value)
    return PRODUCT if token and token[0].lower() in agents else _NOBODY
