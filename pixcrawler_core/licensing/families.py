"""Licences of documents, data and software that images are under, too: GFDL, Free Art Licence, ODbL, MIT."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Family:
    """The versions of one licence."""

    called: str
    """A pattern of its names, as they stand in codes."""
    name: str
    """As people write it, without a version."""
    url: str
    """Where it can be read."""
    spdx: str
    """Its identifier, with `{}` for the version."""
    only: str | None = None
    """Its version, if there is but one."""
    attribution: bool = True
    share_alike: bool = False
    public_domain: bool = False
    later: bool = False
    """Whether its identifiers tell `-only` and `-or-later` apart."""


FAMILIES = (
    Family(
        "gfdl|gnu-fdl|gnu-free-documentation", "GFDL", "https://www.gnu.org/licenses/fdl.html",
        "GFDL-{}", share_alike=True, later=True,
    ),
    Family(
        "gpl|gnu-gpl|gnu-general-public", "GPL", "https://www.gnu.org/licenses/gpl.html",
        "GPL-{}", share_alike=True, later=True,
    ),
    Family(
        "lgpl|gnu-lgpl|gnu-lesser-general-public", "LGPL", "https://www.gnu.org/licenses/lgpl.html",
        "LGPL-{}", share_alike=True, later=True,
    ),
    Family(
        "agpl|gnu-agpl|gnu-affero-general-public", "AGPL", "https://www.gnu.org/licenses/agpl.html",
        "AGPL-{}", share_alike=True, later=True,
    ),
    Family(
        "fal|lal|free-art|licence-art-libre", "Free Art Licence", "https://artlibre.org/licence/lal/en/",
        "LAL-{}", share_alike=True,
    ),
    Family(
        "odbl|open-database|odc-odbl", "ODbL", "https://opendatacommons.org/licenses/odbl/1-0/",
        "ODbL-{}", only="1.0", share_alike=True,
    ),
    Family("odc-by", "ODC-By", "https://opendatacommons.org/licenses/by/1-0/", "ODC-By-{}", only="1.0"),
    Family(
        "pddl|odc-pddl", "PDDL", "https://opendatacommons.org/licenses/pddl/1-0/",
        "PDDL-{}", only="1.0", attribution=False, public_domain=True,
    ),
    Family(
        "ogl|ogl-uk|open-government", "Open Government Licence",
        "https://www.nationalarchives.gov.uk/doc/open-government-licence/", "OGL-UK-{}",
    ),
    Family(
        "etalab", "Licence Ouverte", "https://www.etalab.gouv.fr/licence-ouverte-open-licence/", "etalab-{}"
    ),
    Family("dl-de-by", "Datenlizenz Deutschland", "https://www.govdata.de/dl-de/by-2-0", "DL-DE-BY-{}"),
    Family(
        "dl-de-zero", "Datenlizenz Deutschland Zero", "https://www.govdata.de/dl-de/zero-2-0",
        "DL-DE-ZERO-{}", attribution=False,
    ),
    Family("mit|expat", "MIT licence", "https://opensource.org/license/mit", "MIT"),
    Family("apache", "Apache licence", "https://www.apache.org/licenses/", "Apache-{}"),
    Family("bsd-2-clause", "BSD 2-clause", "https://opensource.org/license/bsd-2-clause", "BSD-2-Clause"),
    Family("bsd-3-clause", "BSD 3-clause", "https://opensource.org/license/bsd-3-clause", "BSD-3-Clause"),
    Family("mpl|mozilla-public", "MPL", "https://www.mozilla.org/MPL/", "MPL-{}", share_alike=True),
    Family("wtfpl", "WTFPL", "http://www.wtfpl.net/", "WTFPL", attribution=False),
    Family(
        "unlicense", "Unlicense", "https://unlicense.org/", "Unlicense", attribution=False, public_domain=True
    ),
)  # fmt: skip
_PATTERNS = [
    (
        re.compile(
            rf"(?:the-)?(?:{each.called})(?:-licen[cs]e)?(?:-?v(?:ersion-)?|-)?(\d(?:\.\d)?)?"
            r"(\+|-or-later|-or-any-later-version|-only)?(?:-licen[cs]e)?"
        ),
        each,
    )
    for each in FAMILIES
]


def family_of(code: str) -> tuple[Family, str | None, str | None] | None:
    """The family that a code names, its version, and the identifier of SPDX that it should have.

    There is no identifier without a version, unless the licence has but one or none. What says neither
    `only` nor `or later` is taken for the stricter `only`, as SPDX reads its own older identifiers.
    """
    for pattern, family in _PATTERNS:
        if found := pattern.fullmatch(code):
            return _versioned(family, found[1], found[2])
    return None


def _versioned(family: Family, told: str | None, suffix: str | None) -> tuple[Family, str | None, str | None]:
    if "{}" not in family.spdx:
        return family, None, family.spdx
    version = family.only if told is None else told if "." in told else f"{told}.0"
    if version is None:
        return family, None, None
    ending = "-only" if suffix in {None, "-only"} else "-or-later"
    return family, version, f"{family.spdx.format(version)}{ending if family.later else ''}"
