"""Reads the rules file of the TDM Reservation Protocol (W3C Community Group final report, 2024)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import unquote, urlsplit

PATH = "/.well-known/tdmrep.json"

MAX_BYTES = 500 * 1024
"""Bytes; a longer file is no rules file (our own bound)."""

MAX_RULES = 1_000


@dataclass(frozen=True)
class Rule:
    """What a rightsholder says of the resources under a location."""

    location: str
    reservation: int | None
    """1: rights are reserved; 0: they are not; None: the value is none of the protocol's."""
    policy: str | None = None

    def matches(self, target: str) -> bool:
        """Whether a decoded path and query fall under the location; `*` and a final `$` as in robots.txt."""
        if len(self._parts) == 1:
            return target == self._parts[0] if self._anchored else target.startswith(self._parts[0])
        first, *middle, last = self._parts
        if not target.startswith(first):
            return False
        at = len(first)
        for part in middle:
            found = target.find(part, at)
            if found < 0:
                return False
            at = found + len(part)
        if self._anchored:
            return len(target) - len(last) >= at and target.endswith(last)
        return target.find(last, at) >= 0

    @cached_property
    def _anchored(self) -> bool:
        return self.location.endswith("$")

    @cached_property
    def _parts(self) -> list[str]:
        """The literal parts between the asterisks, decoded only now, so that `%2A` is a literal one."""
        return [unquote(part) for part in self.location.removesuffix("$").split("*")]


def parse(body: bytes | str) -> list[Rule] | None:
    """The rules of a tdmrep.json in their order; None if it is none (say, an HTML page)."""
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(data, list):
        return None
    return [_rule(entry) for entry in data[:MAX_RULES] if _is_rule(entry)]


def rule_for(rules: Sequence[Rule], url: str) -> Rule | None:
    """The rule for a URL: the first in the file that matches, as the report says (section 4.2)."""
    parts = urlsplit(url)
    target = unquote(f"{parts.path}?{parts.query}" if parts.query else parts.path)
    return next((rule for rule in rules if rule.matches(target)), None)


def _is_rule(entry: object) -> bool:
    return isinstance(entry, dict) and isinstance(entry.get("location"), str)


def _rule(entry: Mapping[str, Any]) -> Rule:
    value, policy = entry.get("tdm-reservation"), entry.get("tdm-policy")
    reservation = int(value) if value in (0, 1, "0", "1") and not isinstance(value, bool) else None
    return Rule(entry["location"], reservation, policy if isinstance(policy, str) else None)
