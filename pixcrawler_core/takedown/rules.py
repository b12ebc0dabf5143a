"""What a takedown names: a rule, checked and in its one spelling."""

from __future__ import annotations

import enum
import re
import unicodedata
from dataclasses import dataclass
from urllib.parse import urlsplit

from pixcrawler_core.errors import ConfigError
from pixcrawler_core.urls import canonical_url

RADIUS = 4
"""Bits of a perceptual hash that may differ unless another number is asked: scaled and recompressed copies
mostly differ in 0 to 4, different pictures in 20 to 44."""
MOST = 10
"""The greatest radius; beyond it, other pictures would go as well."""
LONGEST = 500
"""Characters of a creator's name that are compared."""
_SHA256, _PHASH = re.compile(r"[0-9a-f]{64}"), re.compile(r"[0-9a-f]{16}")


class Kind(enum.StrEnum):
    """By what images are recognised that were taken down."""

    URL = "url"
    HOST = "host"
    SHA256 = "sha256"
    PHASH = "phash"
    CREATOR = "creator"


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """A kind and its value, as `rule` spells it; for PHASH also how many bits may differ."""

    kind: Kind
    value: str
    radius: int = 0

    def __str__(self) -> str:
        return f"{self.kind.value} {self.value}"


def rule(kind: Kind, text: str, radius: int = RADIUS) -> Rule:
    """The rule for what a person wrote. Raises ConfigError for what cannot be one."""
    spelled = _spelled(kind, text)
    if not spelled:
        raise ConfigError(f"--{kind.value} {text[:80]!r}: {_WANTED[kind]}")
    return Rule(kind=kind, value=spelled, radius=radius if kind is Kind.PHASH else 0)


def one_url(text: str | None) -> str | None:
    """The one spelling of an address; None for what is none."""
    try:
        return canonical_url(text or "")
    except ValueError:
        return None


def host_of(text: str | None) -> str | None:
    """The host of an address, in small letters; None for what has none."""
    return urlsplit(address).hostname if (address := one_url(text)) else None


def one_name(text: str | None) -> str | None:
    """A name without regard to case, width and spaces (Unicode NFKC); None for none."""
    spaced = " ".join(unicodedata.normalize("NFKC", (text or "")[:LONGEST]).split())
    return spaced.casefold() or None


def _spelled(kind: Kind, text: str) -> str | None:
    match kind:
        case Kind.URL:
            return one_url(text)
        case Kind.HOST:
            return _host(text)
        case Kind.SHA256 | Kind.PHASH:
            told = text.strip().lower()
            return told if (_SHA256 if kind is Kind.SHA256 else _PHASH).fullmatch(told) else None
        case Kind.CREATOR:
            return one_url(text) or one_name(text)


def _host(text: str) -> str | None:
    return None if "/" in text else host_of(f"https://{text.strip()}/")


_WANTED = {
    Kind.URL: "give an http or https address",
    Kind.HOST: "give the name of a host, such as example.org",
    Kind.SHA256: "give 64 hex digits, as the manifest has them",
    Kind.PHASH: "give 16 hex digits, as the manifest has them",
    Kind.CREATOR: "give a name or an address, as the manifest has them",
}
