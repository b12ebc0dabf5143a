"""A licence is read as a whole or not at all: whatever is said beside it makes it no freer."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pixcrawler_core.licences import licence_code
from pixcrawler_core.licensing.readings import readings_of
from pixcrawler_core.policies import POLICIES
from tests.core.licensing.test_spellings import CC, SPELLINGS

TITLES = [
    ("CC0 1.0 Universal", "cc0-1.0"),
    ("CC0 1.0 Universal (CC0 1.0) Public Domain Dedication", "cc0-1.0"),
    ("Creative Commons Zero v1.0 Universal", "cc0-1.0"),
    ("Creative Commons Zero, Public Domain Dedication", "cc0"),
    ("CC0: Public Domain", "cc0"),
    ("Public Domain Mark 1.0", "pdm"),
    ("CC-PDM-1.0", "pdm"),
    ("This work is in the public domain.", "pdm"),
    ("Domaine public", "pdm"),
    ("Creative Commons Attribution-ShareAlike 4.0 International Public License", "cc-by-sa-4.0"),
    ("Attribution 4.0 International (CC BY 4.0)", "cc-by-4.0"),
    ("Attribution-NonCommercial-NoDerivs 2.0 Generic", "cc-by-nc-nd-2.0"),
    ("Attribution-NonCommercial License", "cc-by-nc"),
    ("Creative Commons Attribution License", "cc-by"),
    ("Creative Commons Attribution-No Derivative Works 3.0 Germany", "cc-by-nd-3.0-de"),
    ("Attribution 2.5 UK: Scotland", "cc-by-2.5-scotland"),
    ("Attribution 2.0 UK: England & Wales", "cc-by-2.0-uk"),
    ("CC BY 3.0 (Unported)", "cc-by-3.0"),
    ("CC BY-SA 3.0 or later", "cc-by-sa-3.0"),
    ("cc-by-sa-3.0-migrated", "cc-by-sa-3.0"),
    ("cc-by-sa-4.0-3.0-2.5-2.0-1.0", "cc-by-sa-4.0"),
    ("Namensnennung - Weitergabe unter gleichen Bedingungen 4.0 International", "cc-by-sa-4.0"),
    ("Attribution - Pas d\u2019Utilisation Commerciale 4.0 International", None),
    ("Attribution - Pas d'Utilisation Commerciale 4.0 International", "cc-by-nc-4.0"),
    ("Atribuci\u00f3n-NoComercial-SinDerivadas 4.0 Internacional", "cc-by-nc-nd-4.0"),
    ("Naamsvermelding-GelijkDelen 4.0 Internationaal", "cc-by-sa-4.0"),
    ("Licensed under CC BY 4.0.", "cc-by-4.0"),
    ("This work is licensed under a Creative Commons Attribution 4.0 International License.", "cc-by-4.0"),
    (f"Licensed under https://{CC}/licenses/by/4.0/.", "cc-by-4.0"),
    (f"CC BY 4.0 (https://{CC}/licenses/by/4.0/deed.en)", "cc-by-4.0"),
    ("CC BY 2.0, some rights reserved", "cc-by-2.0"),
    ("United States Government Work", "us-gov"),
    ("No known copyright", "no-known-restrictions"),
    (f"{CC}/licenses/by/4.0/", "cc-by-4.0"),
    (f"//www.{CC}/licenses/by/4.0/legalcode.de", "cc-by-4.0"),
    (f"https://{CC}/publicdomain/zero/1.0/deed.zh-hans?ref=ccsearch&atype=rich#", "cc0-1.0"),
]  # fmt: skip
NO_MORE_THAN_A_PART = [
    "CC BY 4.0 for research only",
    "cc by 4.0 personal",
    "CC-BY-4.0 OR proprietary",
    "CC BY 4.0 text only",
    "cc-by-4.0-with-exceptions",
    "not cc0",
    "no cc0",
    "CC0 (metadata only)",
    "metadata: CC0",
    "public domain outside the US",
    "public domain in the United States",
    "public domain?",
    "public domain dedication withdrawn",
    "public domain, some rights reserved",
    "No known restrictions on publication in the U.S.",
    "CC0 1.0 until 2020",
    "CC0?",
    "'CC0'",
    "CC0 / CC BY-NC",
    "CC BY 4.0 (CC BY-NC 3.0)",
    "CC BY 4.0 no",
    "CC BY 3.0 if",
    "CC BY in",
    "cc-by-3.0-xx",
    "BY license",
    "C\u0338C\u03380\u0338",
    "no copyright, US!",
    "MIT?",
    "MIT, for research only",
    "GFDL <= 1.2",
    "Unsplash+",
    "CC BY 4.0+",
    "CC0 1.1",
    "Public Domain Mark 2.0",
    "CC BY 4.0 (in part) (CC BY 4.0)",
    f"https://evil.example/?u=https://{CC}/publicdomain/zero/1.0/",
    f"https://evil.example/{CC}/licenses/by/4.0/",
    f"javascript:{CC}/licenses/by/4.0/",
    f"https:{CC}/licenses/by/4.0/",
    f"ftp://{CC}/licenses/by/4.0/",
    f"https://{CC}.evil.example/licenses/by/4.0/",
    f"https://evil{CC}/licenses/by/4.0/",
    f"https://user@{CC}/licenses/by/4.0/",
    f"https://{CC}:8443/licenses/by/4.0/",
    f"https://{CC}./licenses/by/4.0/",
    f"https://{CC}/licenses/by/4.0/not-really",
    f"https://{CC}/licenses/by/4.0/../../by-nc/4.0/",
    f"https://{CC}/licenses/by/4.0/?but=not-for-you",
    f"https://{CC}/licenses/by/4.0/#non-commercial",
    f"https://{CC}/licenses/by/4.0/?ref=not-free",
    f"https://{CC}/licenses/by/4.0/deed.en-not",
    f"https://{CC}/licenses/by/3.0/zz/",
    f"https://{CC}/publicdomain/mark/9.9/",
    f"https://evil.example/ https://{CC}/licenses/by/4.0/",
    f"Not https://{CC}/licenses/by/4.0/",
    "https://evil.example/?u=rightsstatements.org/vocab/NKC/1.0/",
    "https://evil.example/rightsstatements.org/vocab/NKC/1.0/",
    "https://evil.example/spdx.org/licenses/MIT",
    "https://spdx.org/licenses/MIT-or-worse",
    "https://unsplash.com/license?plus",
    "https://flic\u212ar.com/commons/usage",
]
KNOWN = [told for told, *_ in SPELLINGS] + [told for told, code in TITLES if code]
ALIEN = (
    "for research only", "not", "text only", "(metadata only)", "metadata:", "OR proprietary", "except logos",
    "with exceptions", "until 2020", "personal", "outside the US", "?", "!", "*", "\u2260", "withdrawn", "~",
    "unless stated otherwise", "https://evil.example/", "partly", "\u975e", "\u043d\u0435",
)  # fmt: skip
"""What no name of a licence has in it."""
JOINTS = (" or ", " and ", "/", " / ", ", ", "; ", " + ", " ", "-", " (", "|", "&", "\n")


def fits(licence: str | None, address: str | None = None) -> set[str]:
    """The policies that let an image with this licence through."""
    entry = {"licence": licence, "licence_url": address}
    return {name for name, policy in POLICIES.items() if policy.why_not(entry) is None}


def put_into(told: str, words: str, place: float) -> str:
    """A text with other words at a place from 0, its beginning, to 1, its end."""
    at = round(place * len(told))
    return told[:at] + words + told[at:]


@pytest.mark.parametrize(("told", "code"), TITLES)
def test_titles(told: str, code: str | None) -> None:
    assert (licence_code(told) if code else fits(told)) == (code or set())
    if code:
        assert licence_code(code) == code


@pytest.mark.parametrize("told", NO_MORE_THAN_A_PART)
def test_a_part_that_is_a_licence_is_none(told: str) -> None:
    assert fits(told) == fits(None, told) == fits("cc0", told) == fits(licence_code(told)) == set()
    assert all(each.terms is None for each in readings_of({"licence": told}))


@given(st.sampled_from(KNOWN), st.sampled_from(ALIEN), st.floats(0, 1) | st.sampled_from([0, 1]))
@example("CC0", "?", 1)
def test_words_that_no_name_has_let_nothing_through(told: str, words: str, place: float) -> None:
    for mixed in (put_into(told, f" {words} ", place), put_into(told, words, place)):
        assert fits(mixed) == fits(None, mixed) == fits("cc0", mixed) == fits(licence_code(mixed)) == set()


@given(st.sampled_from(KNOWN), st.text(min_size=1, max_size=30), st.floats(0, 1) | st.sampled_from([0, 1]))
@example("CC BY 4.0", "\u0336", 1)
def test_no_text_makes_a_licence_freer(told: str, words: str, place: float) -> None:
    mixed = put_into(told, words, place)
    code = licence_code(mixed)
    assert licence_code(code) == code
    assert fits(mixed) <= fits(told)
    assert fits(code) <= fits(told)
    assert fits(told, mixed) <= fits(told)


@given(st.sampled_from(KNOWN), st.sampled_from(JOINTS), st.sampled_from(KNOWN), st.sampled_from(["", ")"]))
def test_two_licences_allow_no_more_than_each(one: str, joint: str, other: str, end: str) -> None:
    mixed = f"{one}{joint}{other}{end}"
    both = fits(one) & fits(other)
    assert fits(mixed) <= both
    assert fits(None, mixed) <= both
    assert fits(licence_code(mixed)) <= both
    assert fits(one, other) <= both
