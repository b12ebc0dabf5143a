"""What is known of licences: name, address, SPDX identifier, what they allow and what they ask.

Sources: the deeds at https://creativecommons.org/licenses/, the statements at
https://rightsstatements.org/page/1.0/, the licences of Unsplash, Pexels and Pixabay on their sites, the list
at https://spdx.org/licenses/.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from operator import attrgetter

from pixcrawler_core.licensing.families import family_of
from pixcrawler_core.licensing.spdx import identifier
from pixcrawler_core.licensing.spellings import ALL_RIGHTS, PORTS

MARK = "pdm-1.0"
"""The Public Domain Mark itself; the code `pdm` stands for any statement that there is no copyright."""
_CC = re.compile(r"cc((?:-(?:by|nc|nd|sa))+)(?:-(\d\.\d)(?:-([a-z]{2}|igo|scotland))?)?")
_VERSIONS = frozenset({"1.0", "2.0", "2.1", "2.5", "3.0", "4.0"})
_ORG = "https://creativecommons.org"


_ALLOWED = attrgetter("licensed", "commercial", "modification", "attribution", "share_alike", "public_domain")


@dataclass(frozen=True, kw_only=True, slots=True)
class Terms:
    """What a licence, or a statement about rights, allows and asks."""

    code: str
    """As `pixcrawler_core.licences.licence_code` gives it."""
    name: str
    """As people write it: `CC BY-SA 4.0`."""
    url: str | None = None
    """Its own address; None for one without a version, and where there is none."""
    spdx: str | None = None
    """Its identifier in the list of SPDX; None where it has none, as without a version."""
    licensed: bool = True
    """Whether anything is allowed at all."""
    commercial: bool = False
    """Whether works may be used commercially."""
    modification: bool = False
    """Whether changed works may be passed on."""
    attribution: bool = False
    """Whether the maker must be named."""
    share_alike: bool = False
    """Whether changed works must be under the same licence."""
    public_domain: bool = False
    """Whether no copyright is claimed."""

    def same_as(self, other: Terms) -> bool:
        """Whether another licence allows and asks the same."""
        return _ALLOWED(self) == _ALLOWED(other)


def _free(code: str, name: str, url: str | None = None, spdx: str | None = None) -> Terms:
    return Terms(
        code=code, name=name, url=url, spdx=spdx, commercial=True, modification=True, public_domain=True
    )


def _of_site(code: str, url: str) -> Terms:
    return Terms(code=code, name=f"{code.capitalize()} licence", url=url, commercial=True, modification=True)


def _statement(name: str, title: str, *, licensed: bool) -> Terms:
    code = {"NoC-US": "no-copyright-us", "NoC-NC": "no-copyright-non-commercial"}.get(name)
    url = f"https://rightsstatements.org/vocab/{name}/1.0/"
    # Nothing says that the maker need not be named.
    return Terms(code=code or f"rs-{name.lower()}", name=title, url=url, licensed=licensed, attribution=True)


_KNOWN = {
    each.code: each
    for each in (
        _free("cc0", "CC0 1.0", f"{_ORG}/publicdomain/zero/1.0/", "CC0-1.0"),
        _free("cc0-1.0", "CC0 1.0", f"{_ORG}/publicdomain/zero/1.0/", "CC0-1.0"),
        _free("pdm", "Public domain"),
        _free(MARK, "Public Domain Mark 1.0", f"{_ORG}/publicdomain/mark/1.0/", "CC-PDM-1.0"),
        _free("us-gov", "United States government work", "https://www.usa.gov/government-copyright"),
        _free("no-known-restrictions", "No known copyright restrictions"),
        _of_site("unsplash", "https://unsplash.com/license"),
        _of_site("pexels", "https://www.pexels.com/license/"),
        _of_site("pixabay", "https://pixabay.com/service/license-summary/"),
        Terms(code=ALL_RIGHTS, name="All rights reserved", licensed=False, attribution=True),
        Terms(code="rights-not-evaluated", name="Rights not evaluated", licensed=False, attribution=True),
        _statement("InC-OW-EU", "In copyright, EU orphan work", licensed=False),
        _statement("InC-EDU", "In copyright, educational use permitted", licensed=True),
        _statement("InC-NC", "In copyright, non-commercial use permitted", licensed=True),
        _statement("InC-RUU", "In copyright, rights-holders not found", licensed=False),
        _statement("NoC-CR", "No copyright, contractual restrictions", licensed=True),
        _statement("NoC-NC", "No copyright, non-commercial use only", licensed=True),
        _statement("NoC-OKLR", "No copyright, other legal restrictions", licensed=True),
        _statement("NoC-US", "No copyright, United States", licensed=True),
        _statement("CNE", "Copyright not evaluated", licensed=False),
        _statement("UND", "Copyright undetermined", licensed=False),
        *(
            Terms(code=f"cc-{name}-1.0", name=f"CC {name} 1.0", url=f"{_ORG}/licenses/{name}/1.0/",
                  attribution=True)
            for name in ("sampling", "sampling+", "nc-sampling+")
        ),
        Terms(code="cc-devnations-2.0", name="CC DevNations 2.0", url=f"{_ORG}/licenses/devnations/2.0/",
              attribution=True),
    )
}  # fmt: skip


@lru_cache(maxsize=4096)
def terms_of(code: str) -> Terms | None:
    """What is known of the licence with this code; None for one that is not known."""
    if known := _KNOWN.get(code):
        return known
    if found := _CC.fullmatch(code):
        return _creative_commons(code, found[1].removeprefix("-"), found[2], found[3])
    if re.match(r"(?:nc-)?sampling", code):
        return replace(known, code=code) if (known := _KNOWN.get(f"cc-{code}")) else None
    return _of_family(code)


def _creative_commons(code: str, elements: str, version: str | None, port: str | None) -> Terms | None:
    parts = set(elements.split("-"))
    if {"nd", "sa"} <= parts or ("by" not in parts and version != "1.0") or version not in {*_VERSIONS, None}:
        return None
    if port and (port not in PORTS or version == "4.0"):
        return None
    # The first version put the elements into another order.
    path = elements.replace("nc-nd", "nd-nc") if version == "1.0" else elements
    return Terms(
        code=code,
        name=" ".join(filter(None, ["CC", elements.upper(), version, port and port.upper()])),
        url="/".join(filter(None, [_ORG, "licenses", path, version, port, ""])) + "/" if version else None,
        spdx=identifier(code) if version else None,
        commercial="nc" not in parts,
        modification="nd" not in parts,
        attribution="by" in parts,
        share_alike="sa" in parts,
    )


def _of_family(code: str) -> Terms | None:
    if (found := family_of(code)) is None:
        return None
    family, version, spdx = found
    return Terms(
        code=code,
        name=f"{family.name} {version}" if version else family.name,
        url=family.url,
        spdx=identifier(spdx) if spdx else None,
        commercial=True,
        modification=True,
        attribution=family.attribution,
        share_alike=family.share_alike,
        public_domain=family.public_domain,
    )
