"""Reads the many spellings of licences into one short code, and tells what a code allows."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

from pixcrawler_core.licensing.addresses import from_address, with_codes
from pixcrawler_core.licensing.names import code_of, understood
from pixcrawler_core.licensing.spellings import ALL_RIGHTS as ALL_RIGHTS
from pixcrawler_core.licensing.spellings import READ, UNREAD
from pixcrawler_core.licensing.terms import terms_of

Rights = Literal["any", "public-domain", "commercial", "modification", "commercial-modification"]


@lru_cache(maxsize=4096)
def licence_code(value: str | None) -> str | None:
    """A short code such as `cc-by-sa-4.0`, `cc0-1.0`, `pdm`, `all-rights-reserved` for a name or address.

    Without a version where none is told (`cc-by-nc`). A text is read as a whole: what has anything in it
    that is not known stays as it is, in small letters and with hyphens, at most 80 characters, so that it can
    be counted; None for nothing. The code of a code is the code itself.
    """
    told = (value or "").strip()
    if len(told) > READ:
        return UNREAD
    there = from_address(told)
    if there not in {None, UNREAD}:
        return there
    return understood(with_codes(told)) or there or code_of(told)


@lru_cache(maxsize=4096)
def licence_of(address: str | None, *names: str | None) -> str | None:
    """The code of a licence that has an address and names, of which the first one counts.

    A known address goes before a name that says the same, as it has a version. It does not mend a name that
    is not known, or says something else.
    """
    there = from_address(address or "")
    named = next((code for name in names if (code := licence_code(name))), None)
    if there is None or named is None:
        return there or named
    known, told = terms_of(there), terms_of(named)
    return there if known is None or (told and known.same_as(told)) else named


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
