"""Every spelling of a licence that sources were seen to give has its code, and its SPDX identifier."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pixcrawler_core.licences import allows, licence_code
from pixcrawler_core.licensing.readings import readings_of, spdx_of, unread_address
from pixcrawler_core.policies import POLICIES

CC = "creativecommons.org"
SPELLINGS = [
    # as answers of sources have them
    ("CC0", "cc0", "CC0-1.0"),
    ("cc0", "cc0", "CC0-1.0"),
    ("cc-by", "cc-by", None),
    ("cc-by-nc", "cc-by-nc", None),
    ("cc-by-nc-nd", "cc-by-nc-nd", None),
    ("cc-by-nc-sa", "cc-by-nc-sa", None),
    ("pd", "pdm", None),
    ("Public domain", "pdm", None),
    ("by 2.0", "cc-by-2.0", "CC-BY-2.0"),
    ("by-nc 2.0", "cc-by-nc-2.0", "CC-BY-NC-2.0"),
    ("by-nc-sa 2.0", "cc-by-nc-sa-2.0", "CC-BY-NC-SA-2.0"),
    ("by-sa 2.0", "cc-by-sa-2.0", "CC-BY-SA-2.0"),
    ("cc0 1.0", "cc0-1.0", "CC0-1.0"),
    ("CC_BY_NC_4_0", "cc-by-nc-4.0", "CC-BY-NC-4.0"),
    ("cc-by-sa-3.0-de", "cc-by-sa-3.0-de", "CC-BY-SA-3.0-DE"),
    ("CC BY-SA 3.0 de", "cc-by-sa-3.0-de", "CC-BY-SA-3.0-DE"),
    ("Creative Commons Attribution-Share Alike 3.0 de", "cc-by-sa-3.0-de", "CC-BY-SA-3.0-DE"),
    ("Creative Commons Attribution-Share Alike 4.0", "cc-by-sa-4.0", "CC-BY-SA-4.0"),
    ("No known restrictions on publication.", "no-known-restrictions", None),
    ("No Known Copyright Restrictions", "no-known-restrictions", None),
    (f"http://{CC}/licenses/by/4.0/legalcode", "cc-by-4.0", "CC-BY-4.0"),
    (f"http://{CC}/licenses/by-nc/4.0/legalcode", "cc-by-nc-4.0", "CC-BY-NC-4.0"),
    (f"https://{CC}/licenses/by-sa/3.0/de/deed.en", "cc-by-sa-3.0-de", "CC-BY-SA-3.0-DE"),
    (f"https://{CC}/licenses/by-sa/4.0", "cc-by-sa-4.0", "CC-BY-SA-4.0"),
    (f"https://{CC}/licenses/by/2.0/?ref=openverse", "cc-by-2.0", "CC-BY-2.0"),
    (f"https://{CC}/publicdomain/zero/1.0/", "cc0-1.0", "CC0-1.0"),
    (f"https://{CC}/publicdomain/mark/1.0/deed.fi", "pdm", None),
    (f"http://{CC}/licenses/publicdomain/", "pdm", None),
    (f"https://{CC}/share-your-work/public-domain/cc0/", "cc0", "CC0-1.0"),
    ("https://www.pexels.com/license/", "pexels", None),
    ("https://pixabay.com/service/license-summary/", "pixabay", None),
    ("https://unsplash.com/license", "unsplash", None),
    ("https://www.flickr.com/commons/usage/", "no-known-restrictions", None),
    ("https://www.usa.gov/government-copyright", "us-gov", None),
    # ported ones, of which SPDX has few; the first version has an order of its own
    (f"https://{CC}/licenses/by/3.0/us/", "cc-by-3.0-us", "CC-BY-3.0-US"),
    (f"https://{CC}/licenses/by-sa/3.0/lu/", "cc-by-sa-3.0-lu", None),
    ("CC BY-SA 3.0 IGO", "cc-by-sa-3.0-igo", "CC-BY-SA-3.0-IGO"),
    (f"https://{CC}/licenses/by/4.0/de/", "cc-by-4.0", "CC-BY-4.0"),
    (f"https://{CC}/licenses/by-nd-nc/1.0/", "cc-by-nc-nd-1.0", "CC-BY-NC-ND-1.0"),
    ("cc-by-sa-4.0,3.0,2.5", "cc-by-sa-4.0", "CC-BY-SA-4.0"),
    ("CC BY 4", "cc-by-4.0", "CC-BY-4.0"),
    ("CC-BY-9.9", "cc-by-9.9", None),
    ("CC SA 1.0", "cc-sa-1.0", "CC-SA-1.0"),
    ("sampling+-1.0", "sampling+-1.0", None),
    (f"https://{CC}/licenses/sampling+/1.0/", "cc-sampling+-1.0", None),
    # statements, marks and sites
    ("http://rightsstatements.org/vocab/InC/1.0/", "all-rights-reserved", None),
    ("https://rightsstatements.org/page/InC-EDU/1.0/?language=en", "rs-inc-edu", None),
    ("http://rightsstatements.org/vocab/NoC-NC/1.0/", "no-copyright-non-commercial", None),
    ("http://rightsstatements.org/vocab/NoC-US/1.0/", "no-copyright-us", None),
    ("http://rightsstatements.org/vocab/NKC/1.0/", "no-known-restrictions", None),
    ("http://rightsstatements.org/vocab/CNE/1.0/", "rs-cne", None),
    ("U.S. Government Works", "us-gov", None),
    ("Unsplash License", "unsplash", None),
    ("Pixabay Content License", "pixabay", None),
    ("Unsplash+ License", "unsplash+-license", None),
    # others
    ("GFDL", "gfdl", None),
    ("GFDL 1.2+", "gfdl-1.2+", "GFDL-1.2-or-later"),
    ("GNU Free Documentation License 1.3", "gnu-free-documentation-license-1.3", "GFDL-1.3-only"),
    ("https://www.gnu.org/licenses/fdl-1.3.html", "gfdl-1.3", "GFDL-1.3-only"),
    ("GPLv3", "gplv3", "GPL-3.0-only"),
    ("LGPL-2.1-or-later", "lgpl-2.1-or-later", "LGPL-2.1-or-later"),
    ("FAL", "fal", None),
    ("FAL 1.3", "fal-1.3", "LAL-1.3"),
    ("Free Art License", "free-art-license", None),
    ("ODbL", "odbl", "ODbL-1.0"),
    ("https://opendatacommons.org/licenses/by/1-0/", "odc-by-1.0", "ODC-By-1.0"),
    ("OGL 3", "ogl-3", "OGL-UK-3.0"),
    ("ogl", "ogl", None),
    (
        "http://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/",
        "ogl-uk-3.0",
        "OGL-UK-3.0",
    ),
    ("MIT", "mit", "MIT"),
    ("MIT License", "mit-license", "MIT"),
    ("https://opensource.org/licenses/MIT", "mit", "MIT"),
    ("Apache License, Version 2.0", "apache-license-version-2.0", "Apache-2.0"),
    ("https://www.apache.org/licenses/LICENSE-2.0.txt", "apache-2.0", "Apache-2.0"),
    ("BSD-3-Clause", "bsd-3-clause", "BSD-3-Clause"),
    ("DL-DE->BY-2.0", "dl-de-by-2.0", "DL-DE-BY-2.0"),
    ("https://spdx.org/licenses/CC-BY-SA-4.0.html", "cc-by-sa-4.0", "CC-BY-SA-4.0"),
    ("all-rights-reserved", "all-rights-reserved", None),
]  # fmt: skip
NOT_UNDERSTOOD = [
    "flickr-17",
    "Usage conditions apply",
    "Publication may be restricted.",
    "Zero",
    "Attribution",
    "https://support.vecteezy.com/en_us/new-vecteezy-licensing-ByHivesvt",
    "../../etc",
    "\u8457\u4f5c\u6a29",
    "CC BY courtesy of the museum",
    "CC BY \u0430nd more",
    "CC0 for non-commercial use",
    "Public domain (NC)",
    "cc-by-nd-sa-4.0",
    "cc-nc-4.0",
    "CC BY-N\u0421 4.0",
    f"https://{CC}/licenses/by_nc/4.0/",
    "by-n-c",
    f"https://{CC}/licenses/by%252Dnc/4.0/",
    f"https://{CC}//licenses/by/4.0/",
    "rightsstatements.org/vocab/X",
    "Public domain " + "x " * 60 + "non-commercial",
    "CC BY 4.0 " + "x " * 2000,
    "mit or not",
    "gfdl-1.2-x",
]
NOT_COMMERCIAL = [
    "CC BY 4.0 NC",
    "CC BY (non-commercial)",
    "CC-BY 4.0, no commercial use",
    "ccbync",
    "CC BYNC-SA 4.0",
    "cc\u2013by\u2013nc",
    "\uff23\uff23 \uff22\uff39\uff0d\uff2e\uff23",
    "CC BY-N\u200bC 4.0",
    "cc by/nc/3.0",
    "CC NC BY",
    "Attribution 4.0 International for private use",
    "NC-BY",
    "CC BY-NC-SA 3.0 de",
    f"http://{CC}/licenses/by/4.0/ (NC)",
    f"https://{CC}/licenses/by/nc/4.0/",
    "CC BY 2.0 nichtkommerziell",
    f"https://{CC}/licenses/by/2.0/ https://{CC}/licenses/by-nc/2.0/",
    "CC BY 4.0 editorial use only",
    f"https://{CC}/licenses/by%2Dnc/4.0/",
    f"https://{CC}/licenses/NC-BY/2.0/",
    "CC.BY.NC",
    f"https://{CC}/licenses/by/ncv3",
    f"https://{CC}/licenses/by\u2010nc/4.0/",
    f"https://{CC}/licenses/nc-sampling+/1.0/",
]
ELEMENTS = st.lists(st.sampled_from(["by", "nd", "sa"]), min_size=1, unique=True)
JOINTS = st.text(st.sampled_from(list(" -_/.,+\u2013\u2014\u00a0\u200b\u202e\u00ad\t")), max_size=3)


def spdx(told: object, address: object = None) -> str | None:
    """The identifier for a name and an address."""
    return spdx_of({"licence": told, "licence_url": address})


@pytest.mark.parametrize(("told", "code", "identifier"), SPELLINGS)
def test_spellings(told: str, code: str, identifier: str | None) -> None:
    assert licence_code(told) == code
    assert licence_code(code) == code
    assert spdx(told) == identifier
    (reading,) = readings_of({"licence": told})
    assert reading.terms is not None or code in {"cc-by-9.9", "unsplash+-license"}


@pytest.mark.parametrize("told", NOT_UNDERSTOOD)
def test_what_is_not_understood_allows_nothing(told: str) -> None:
    assert spdx(told) is None
    assert all(each.terms is None for each in readings_of({"licence": told}))
    assert all(policy.why_not({"licence": told}) for policy in POLICIES.values())
    assert not allows(told, "modification")


@pytest.mark.parametrize("told", NOT_COMMERCIAL)
def test_no_spelling_hides_that_commercial_use_is_forbidden(told: str) -> None:
    for licence in (told, licence_code(told)):
        assert POLICIES["commercial"].why_not({"licence": licence})
        assert not allows(licence, "commercial")


@pytest.mark.parametrize(
    ("name", "address", "identifier"),
    [
        ("cc-by", f"https://{CC}/licenses/by/2.0/", "CC-BY-2.0"),
        ("cc-by-sa-3.0", f"https://{CC}/licenses/by-sa/3.0/de/", "CC-BY-SA-3.0-DE"),
        ("pdm", f"https://{CC}/publicdomain/mark/1.0/", "CC-PDM-1.0"),
        (None, f"https://{CC}/publicdomain/mark/1.0/", "CC-PDM-1.0"),
        ("gfdl-1.2+", "https://www.gnu.org/copyleft/fdl.html", "GFDL-1.2-or-later"),
        ("cc-by-4.0", "https://photos.example/terms", "CC-BY-4.0"),
        ("cc-by-4.0", f"https://{CC}/licenses/by/3.0/", None),
        ("cc-by-4.0", f"https://{CC}/licenses/by-nc/4.0/", None),
        ("by courtesy", f"https://{CC}/licenses/by/4.0/", None),
        ("cc-by-4.0", f"https://{CC}/licenses/unheard-of/4.0/", None),
        (7, None, None),
        (None, None, None),
    ],
)
def test_name_and_address_together(name: object, address: str | None, identifier: str | None) -> None:
    assert spdx(name, address) == identifier


@given(st.text(max_size=400) | st.lists(st.sampled_from([told for told, *_ in SPELLINGS])).map(" ".join))
@example("public-domain " + "a" * 66 + " - non commercial")
@example("a" * 79 + " b")
def test_a_code_is_its_own_code(told: str) -> None:
    code = licence_code(told)
    assert licence_code(code) == code
    assert code is None or (0 < len(code) <= 80 and code.isascii() and code == code.lower())


@given(
    ELEMENTS,
    st.permutations(range(4)),
    st.lists(JOINTS, min_size=6, max_size=6),
    st.sampled_from(["", "4.0", "3.0 de", "2.5", "4.0 International", "v3", "4_0"]),
    st.sampled_from(["CC", "cc", "Creative Commons", "", f"https://{CC}/licenses/"]),
    st.sampled_from(["nc", "NC", "NonCommercial", "Non-Commercial", "non commercial", "\uff2e\uff23"]),
)
def test_nc_is_never_lost(
    elements: list[str], order: list[int], joints: list[str], version: str, begin: str, nc: str
) -> None:
    words = [*elements, nc]
    words = [words[place] for place in order if place < len(words)]
    told = begin + "".join(f"{joint}{word}" for joint, word in zip(joints, words, strict=False))
    for spelled in (f"{told}{joints[5]}{version}", f"{told}/{version}/"):
        for entry in ({"licence": spelled}, {"licence_url": spelled}, {"licence": licence_code(spelled)}):
            assert POLICIES["commercial"].why_not(entry)
        assert not allows(spelled, "commercial")


@given(st.none() | st.text() | st.integers() | st.lists(st.text(max_size=3)), st.none() | st.text())
def test_no_entry_is_too_odd(licence: Any, address: str | None) -> None:
    entry = {"licence": licence, "licence_url": address}
    assert spdx_of(entry) is None or unread_address(entry) or POLICIES["any"].why_not(entry) is None
