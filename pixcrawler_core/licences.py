"""Reads the many spellings of licences into one short code, and tells what a code allows."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

from pixcrawler_core.licensing.addresses import from_address
from pixcrawler_core.licensing.spellings import ALL_RIGHTS as ALL_RIGHTS
from pixcrawler_core.licensing.spellings import LONGEST, UNREAD, folded, from_words
from pixcrawler_core.licensing.terms import terms_of

Rights = Literal["any", "public-domain", "commercial", "modification", "commercial-modification"]


@lru_cache(maxsize=4096)
def licence_code(value: str | None) -> str | None:
    """A short code such as `cc-by-sa-4.0`, `cc0-1.0`, `pdm`, `all-rights-reserved` for a name or address.

    Without a version where none is told (`cc-by-nc`). What is not known stays as it is, in small letters
    and with hyphens, at most 80 characters, so that it can be counted; None for nothing. The code of a code
    is the code itself.
    """
    told = (value or "").strip()
    if code := from_address(told):
        return code
    slug = folded(told)
    cut = slug[:LONGEST].strip("-")
    if code := from_words(slug):
        return code
    # What was cut off may have been what made it unknown.
    return UNREAD if cut != slug and from_words(cut) else cut or None


@lru_cache(maxsize=4096)
def licence_of(address: str | None, *names: str | None) -> str | None:
    """The code of a licence that has an address and names: a known address counts first, it has a version."""
    codes = (licence_code(name) for name in names)
    return from_address(address or "") or next((code for code in codes if code), None)


def allows(code: str | None, rights: Rights) -> bool:
    """Whether a licence allows what is asked, by its code or name; a missing one allows nothing.

    `any` asks no more than that there is one that does not reserve all rights; everything else must be
    known of it (`pixcrawler_core.licensing.terms`).
    """
    named = licence_code(code)
    if named is None or named == ALL_RIGHTS:
        return False
    terms = terms_of(named)
    if terms is None or rights == "any":
        return rights == "any"
    asked = {
        "public-domain": terms.public_domain,
        "commercial": terms.commercial,
        "modification": terms.modification,
        "commercial-modification": terms.commercial and terms.modification,
    }
    return asked[rights]
