"""What a web page says about its use by programs: robots metadata and the reservation of rights.

Directives: https://developers.google.com/search/docs/crawling-indexing/robots-meta-tag; `noai`, `noimageai`:
DeviantArt, 2022; `tdm-reservation`: the TDM Reservation Protocol of the W3C community group, section 4.3.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from pixcrawler_core.fetch.headers import REFUSING, refusing_directive
from pixcrawler_core.fetch.robots import PRODUCT

ADDRESSED = frozenset(("robots", PRODUCT))
"""Names of the metadata that speaks to us."""
_PARTS = re.compile(r"[,\s]+")
_STAY = frozenset(("nofollow", "none"))


@dataclass(frozen=True, kw_only=True)
class PageRules:
    """What may be done with a page."""

    refusal: str | None = None
    """The directive that keeps us from taking its images."""
    follow: bool = True
    """Whether its links may be followed."""


def page_rules(root: Any, headers: Iterable[str]) -> PageRules:
    """The rules in the metadata of a page, and in the values of its X-Robots-Tag headers."""
    values = list(headers)
    told = {part for content in _contents(root) for part in _PARTS.split(content.lower())}
    refusal = refusing_directive(values, (PRODUCT,)) or next(iter(sorted(told & REFUSING)), None)
    if refusal is None and _reserved(root):
        refusal = "tdm-reservation"
    sent = {part.strip().lower() for value in values for part in re.split(r"[,:]", value)}
    return PageRules(refusal=refusal, follow=not (told | sent) & _STAY)


def _contents(root: Any) -> Iterator[str]:
    for meta in root.iter("meta"):
        if (meta.get("name") or "").strip().lower() in ADDRESSED:
            yield (meta.get("content") or "")[:1_000]


def _reserved(root: Any) -> bool:
    return any(
        (meta.get("name") or "").strip().lower() == "tdm-reservation"
        and (meta.get("content") or "").strip() == "1"
        for meta in root.iter("meta")
    )
