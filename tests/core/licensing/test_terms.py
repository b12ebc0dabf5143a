"""What licences allow and ask, and that identifiers and addresses are what they should be."""

from __future__ import annotations

import itertools

import pytest
from packaging.licenses import canonicalize_license_expression

from pixcrawler_core.licences import Rights, allows, licence_code
from pixcrawler_core.licensing.families import FAMILIES
from pixcrawler_core.licensing.spellings import ELEMENTS, PORTS, joined
from pixcrawler_core.licensing.terms import Terms, terms_of

FACTS = {  # commercial, modification, attribution, share-alike, public domain
    "cc-by-4.0": (True, True, True, False, False),
    "cc-by-sa-3.0-de": (True, True, True, True, False),
    "cc-by-nd": (True, False, True, False, False),
    "cc-by-nc-sa-2.0": (False, True, True, True, False),
    "cc-by-nc-nd-1.0": (False, False, True, False, False),
    "cc-sa-1.0": (True, True, False, True, False),
    "cc0": (True, True, False, False, True),
    "pdm": (True, True, False, False, True),
    "us-gov": (True, True, False, False, True),
    "no-known-restrictions": (True, True, False, False, True),
    "unsplash": (True, True, False, False, False),
    "pexels": (True, True, False, False, False),
    "pixabay": (True, True, False, False, False),
    "gfdl-1.3": (True, True, True, True, False),
    "odbl": (True, True, True, True, False),
    "mit": (True, True, True, False, False),
    "pddl": (True, True, False, False, True),
    "cc-sampling+-1.0": (False, False, True, False, False),
    "no-copyright-non-commercial": (False, False, True, False, False),
    "no-copyright-us": (False, False, True, False, False),
    "all-rights-reserved": (False, False, True, False, False),
}
NO_LICENCE = ("all-rights-reserved", "rights-not-evaluated", "rs-inc-ow-eu", "rs-inc-ruu", "rs-cne", "rs-und")


def terms(code: str) -> Terms:
    """The terms of a licence that is known."""
    known = terms_of(code)
    assert known is not None
    return known


@pytest.mark.parametrize(("code", "facts"), FACTS.items())
def test_what_licences_allow_and_ask(code: str, facts: tuple[bool, ...]) -> None:
    each = terms(code)
    assert (
        each.commercial,
        each.modification,
        each.attribution,
        each.share_alike,
        each.public_domain,
    ) == facts
    assert each.licensed is (code not in NO_LICENCE)


@pytest.mark.parametrize("code", NO_LICENCE)
def test_statements_that_are_no_licence(code: str) -> None:
    each = terms(code)
    assert not any((each.licensed, each.commercial, each.modification, each.public_domain))


def test_identifiers_of_creative_commons_are_real_and_say_what_the_code_says() -> None:
    found = 0
    sets = itertools.chain.from_iterable(itertools.combinations(ELEMENTS, size) for size in (1, 2, 3))
    for elements, version, port in itertools.product(
        sets, ("1.0", "2.0", "2.1", "2.5", "3.0", "4.0"), [None, *PORTS]
    ):
        code = joined(set(elements), version, port)
        known = terms_of(code)
        if known is None or known.spdx is None:
            continue
        found += 1
        assert known.spdx.lower() == code
        assert canonicalize_license_expression(known.spdx) == known.spdx
        assert licence_code(known.url) == licence_code(known.spdx) == code
    assert found > 50


def test_identifiers_of_others_are_real() -> None:
    versions = {"GFDL": "1.3", "LGPL": "2.1", "GPL": "2.0", "AGPL": "3.0", "Free Art Licence": "1.3"}
    for family in FAMILIES:
        code = f"{family.called.partition('|')[0]}-{versions.get(family.name, '2.0')}"
        told = terms(code if "{}" in family.spdx and family.only is None else code.rpartition("-")[0]).spdx
        assert told is not None
        assert canonicalize_license_expression(told) == told
    for code in ("cc0", "cc0-1.0", "pdm-1.0"):
        told = terms(code).spdx
        assert told is not None
        assert canonicalize_license_expression(told) == told


@pytest.mark.parametrize(
    ("licence", "rights", "allowed"),
    [
        ("CC BY 4.0", "commercial", True),
        ("cc-by-but non commercial", "commercial", False),
        ("All rights reserved", "any", False),
        ("seen nowhere else", "any", True),
        ("seen nowhere else", "modification", False),
        ("gfdl", "commercial-modification", True),
        ("mit", "public-domain", False),
        ("cc-by-nc-2.0-de", "commercial", False),
        ("unsplash", "commercial-modification", True),
        ("unsplash", "public-domain", False),
        ("pdm", "public-domain", True),
        ("rs-inc-edu", "any", True),
        ("rs-inc-edu", "modification", False),
    ],
)
def test_filters_know_the_same_terms(licence: str, rights: Rights, allowed: bool) -> None:
    assert allows(licence, rights) is allowed
