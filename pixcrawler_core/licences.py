"""Reads the many spellings of licences into one short code, and tells what a code allows."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal

Rights = Literal["any", "public-domain", "commercial", "modification", "commercial-modification"]

LONGEST = 300
"""Characters of a licence that are read: longer texts are no names of licences."""
PUBLIC_DOMAIN = frozenset({"cc0", "pdm", "us-gov", "no-known-restrictions"})
"""Codes that mean: no copyright is claimed (a version may follow)."""
OWN = frozenset({"unsplash", "pexels", "pixabay"})
"""Licences of sites that allow commercial use and modification."""
ALL_RIGHTS = "all-rights-reserved"
_URL = re.compile(
    r"creativecommons\.org/(?:licenses|publicdomain)/([a-z+-]+)(?:/(\d\.\d))?(?:/|$|[?#\s])?", re.IGNORECASE
)
_STATEMENT = re.compile(r"rightsstatements\.org/(?:vocab|page)/([A-Za-z-]+)", re.IGNORECASE)
_CODE = re.compile(
    r"^(?:cc|creative commons)[\s_-]*(by(?:[\s_-]+(?:nc|nd|sa))*)(?:[\s_-]*(\d(?:[._]\d){0,2}))?"
    r"(?:[\s_-].*)?$|^(by(?:[\s_-](?:nc|nd|sa)){0,2})(?:[\s_-]?(\d[._]\d))?$",
    re.IGNORECASE,
)
_ZERO = re.compile(
    r"^(?:cc|creative commons)[\s_-]*(?:0|zero)(?:[\s_-]*(\d[._]\d))?(?:[\s_-].*)?$", re.IGNORECASE
)
_NOT_FREE = (
    *("all rights reserved", "in copyright", "copyrighted", "permission"),
    *("not in the public", "non-public"),
)
_ATTRIBUTION = re.compile(r"attribution\b.*(?:licen[cs]e|alike|deriv|\d\.\d)")
_WORDS = (
    ("attribution", "by"), ("noncommercial", "nc"), ("non-commercial", "nc"), ("non commercial", "nc"),
    ("sharealike", "sa"), ("share-alike", "sa"), ("share alike", "sa"),
    ("noderiv", "nd"), ("no derivative", "nd"), ("no-derivative", "nd"),
)  # fmt: skip
_STATEMENTS = {
    "inc": ALL_RIGHTS,
    "noc-us": "no-copyright-us",
    "nkc": "no-known-restrictions",
    "noc-nc": "no-copyright-non-commercial",
}


@lru_cache(maxsize=4096)
def licence_code(value: str | None) -> str | None:
    """A short code such as `cc-by-sa-4.0`, `cc0-1.0`, `pdm`, `all-rights-reserved` for a name or address.

    Without a version where none is told (`cc-by-nc`). What is not known stays as it is, in small letters
    and with hyphens, so that it can be counted; None for nothing.
    """
    told = (value or "").strip()[:LONGEST]
    if not told:
        return None
    return _from_url(told) or _from_code(told) or _from_words(told.lower()) or _slug(told)


@lru_cache(maxsize=4096)
def licence_of(address: str | None, *names: str | None) -> str | None:
    """The code of a licence that has an address and names: a known address counts first, it has a version."""
    codes = (licence_code(name) for name in names)
    return _from_url(address or "") or next((code for code in codes if code), None)


def allows(code: str | None, rights: Rights) -> bool:
    """Whether a licence code allows what is asked; a missing or unknown licence allows nothing."""
    if code is None or code == ALL_RIGHTS:
        return False
    if rights == "any":
        return True
    if any(code == free or code.startswith(f"{free}-") for free in PUBLIC_DOMAIN):
        return True
    if rights == "public-domain" or not (code.startswith("cc-by") or code in OWN):
        return False
    parts = set(code.split("-"))
    refused = {"commercial": {"nc"}, "modification": {"nd"}, "commercial-modification": {"nc", "nd"}}
    return not parts & refused[rights]


def _from_url(told: str) -> str | None:
    if found := _URL.search(told):
        return _joined(found[1].lower(), found[2])
    if found := _STATEMENT.search(told):
        name = found[1].lower()
        return _STATEMENTS.get(name, f"rs-{name}")
    return None


def _from_code(told: str) -> str | None:
    if found := _ZERO.match(told):
        return _joined("zero", found[1])
    if found := _CODE.match(told):
        return _joined(re.sub(r"[\s_-]+", "-", (found[1] or found[3]).lower()), found[2] or found[4])
    return None


def _from_words(told: str) -> str | None:
    """What a sentence means; in doubt it is not free."""
    if any(words in told for words in _NOT_FREE):
        return ALL_RIGHTS
    if re.search(r"\bcc[\s-]?(?:0|zero)\b", told):
        return "cc0"
    if told in {"pd", "pdm", "mark"} or re.search(r"^(?:in the )?public[ -]domain\b", told):
        return "pdm"
    if "no known" in told and ("restriction" in told or "copyright" in told):
        return "no-known-restrictions"
    if "creative commons" not in told and not re.match(
        r"attribution\b.*(?:licen[cs]e|alike|deriv|\d\.\d)", told
    ):
        return None
    parts = [short for word, short in _WORDS if word in told]
    found = re.search(r"\b(\d\.\d)\b", told)
    return _joined("-".join(dict.fromkeys(parts)), found[1] if found else None) if "by" in parts else None


def _joined(name: str, version: str | None) -> str:
    name = {"zero": "cc0", "cc0": "cc0", "mark": "pdm", "pdm": "pdm", "publicdomain": "pdm"}.get(name, name)
    if name == "pdm":
        return "pdm"
    code = name if name == "cc0" else f"cc-{name}"
    return f"{code}-{version.replace('_', '.')}" if version else code


def _slug(told: str) -> str | None:
    return re.sub(r"[^a-z0-9+.]+", "-", told.lower()).strip("-")[:80] or None
