"""Opt-outs in the headers of a response: X-Robots-Tag and TDMRep."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

REFUSING = frozenset(("noai", "noimageai", "noindex", "noimageindex", "none"))
"""`none`, `noindex`, `noimageindex`: Google's "Robots meta tag, data-nosnippet, and X-Robots-Tag
specifications"; `noai`, `noimageai`: introduced by DeviantArt in 2022 against use for machine learning."""

_WITH_VALUE = frozenset(("unavailable_after", "max-snippet", "max-image-preview", "max-video-preview"))
_AGENT = re.compile(r"\s*([A-Za-z0-9._*-]+)\s*:")


def refusing_directive(values: Iterable[str], agents: Collection[str]) -> str | None:
    """The first directive of X-Robots-Tag headers that forbids us to keep the image, or None.

    `values` are the headers in order, `agents` our product tokens in lower case. A header may name an agent
    first (`googlebot: noindex`); its directives then hold for that agent alone, up to the next agent that is
    named in the same header.
    """
    for value in values:
        for_us = True
        for part in value.split(","):
            named = _AGENT.match(part)
            if named and named[1].lower() in _WITH_VALUE:
                continue
            if named:
                for_us = named[1] == "*" or named[1].lower() in agents
            directive = part[named.end() if named else 0 :].strip().lower()
            if for_us and directive in REFUSING:
                return directive
    return None


def reservation(value: str | None) -> int | None:
    """The value of a `tdm-reservation` header: 0, 1, or None for anything else (TDMRep, section 4.1)."""
    text = (value or "").strip()
    return int(text) if text in ("0", "1") else None
