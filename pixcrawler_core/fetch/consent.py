"""The consent gate: judges whether an image may be taken before its bytes are read; keeps the evidence."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Protocol

from pixcrawler_core.config.fetch import FetchOptions
from pixcrawler_core.fetch import headers, tdmrep
from pixcrawler_core.fetch.failure import refusal
from pixcrawler_core.fetch.rules import SiteRules

NOT_ASKED = "not asked"

_QUOTED = 500
"""Characters of a header or policy that are kept as evidence."""

Evidence = dict[str, Any]
"""`robots_txt`, `x_robots_tag`, `tdm_reservation`, `tdm_policy`, `checked_at`, `user_agent`."""


class Headers(Protocol):
    """The part of a multi-valued header mapping that is needed here."""

    def get(self, key: str, /) -> str | None:
        """The first value."""
        ...

    def getall(self, key: str, default: list[str], /) -> list[str]:
        """All values."""
        ...


class ConsentGate:
    """Judges URLs by robots.txt and tdmrep.json, and responses by X-Robots-Tag and the TDMRep headers."""

    def __init__(self, options: FetchOptions, rules: SiteRules, clock: Callable[[], float]) -> None:
        self._options = options
        self._rules = rules
        self._clock = clock

    def evidence(self) -> Evidence:
        """What is known before anything is asked."""
        opt_out = None if self._options.opt_out else NOT_ASKED
        return {
            "robots_txt": NOT_ASKED,
            "x_robots_tag": opt_out,
            "tdm_reservation": opt_out,
            "tdm_policy": None,
            "checked_at": datetime.fromtimestamp(self._clock(), UTC).isoformat(timespec="seconds"),
            "user_agent": self._options.agent,
        }

    async def before(self, url: str, evidence: Evidence) -> float:
        """Judge a canonical URL before it is asked for; returns the host's Crawl-delay in seconds.

        Raises Failure for a refusal, and notes in `evidence` what was found.
        """
        origin = url[: url.index("/", 8)]
        spacing = 0.0
        if self._options.robots:
            spacing = await self._obey_robots(origin, url, evidence)
        if self._options.opt_out:
            await self._obey_tdmrep(origin, url, evidence)
        return spacing

    def after(self, headers_: Headers, evidence: Evidence) -> None:
        """Judge the headers of a response before its body is read; raises Failure for a refusal."""
        if not self._options.opt_out:
            return
        tags = headers_.getall("X-Robots-Tag", [])
        if tags:
            evidence["x_robots_tag"] = ", ".join(tags)[:_QUOTED]
            directive = headers.refusing_directive(tags, self._rules.agents)
            if directive is not None:
                raise refusal("x-robots-tag", f"the host's X-Robots-Tag header says {directive}")
        declared = headers.reservation(headers_.get("tdm-reservation"))
        if declared is not None:
            _note(evidence, declared, headers_.get("tdm-policy"))
            _refuse_reserved(evidence, "the host's tdm-reservation header")

    async def _obey_robots(self, origin: str, url: str, evidence: Evidence) -> float:
        robots = await self._rules.robots_txt(origin)
        if robots is None:
            evidence["robots_txt"] = "none"
            return 0.0
        if not robots.allows(url):
            evidence["robots_txt"] = "disallowed"
            raise refusal("robots", f"{origin}/robots.txt does not allow us to fetch this URL")
        evidence["robots_txt"] = "allowed"
        return robots.delay

    async def _obey_tdmrep(self, origin: str, url: str, evidence: Evidence) -> None:
        rules = await self._rules.reservations(origin)
        rule = tdmrep.rule_for(rules, url) if rules else None
        if rule is not None and rule.reservation is not None:
            _note(evidence, rule.reservation, rule.policy)
            _refuse_reserved(evidence, f"the host's {tdmrep.PATH}")


def _note(evidence: Evidence, reservation: int, policy: str | None) -> None:
    evidence["tdm_reservation"] = reservation
    evidence["tdm_policy"] = policy[:_QUOTED] if policy else None


def _refuse_reserved(evidence: Evidence, where: str) -> None:
    if evidence["tdm_reservation"] != 1:
        return
    policy = f" (its terms: {evidence['tdm_policy']})" if evidence["tdm_policy"] else ""
    raise refusal("tdm-reservation", f"{where} reserves the rights to text and data mining{policy}")
