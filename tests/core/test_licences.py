from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixcrawler_core.licences import allows, licence_code, licence_of

BY = "https://creativecommons.org/licenses/by/4.0/"
FREE = {
    "CC BY-SA 4.0": "cc-by-sa-4.0",
    "CC_BY_4_0": "cc-by-4.0",
    "CC0_1_0": "cc0-1.0",
    "cc0": "cc0",
    "by": "cc-by",
    "BY-SA 2.0": "cc-by-sa-2.0",
    "Creative Commons Zero": "cc0",
    "Creative Commons Attribution 4.0 International": "cc-by-4.0",
    "http://creativecommons.org/licenses/by/4.0/legalcode": "cc-by-4.0",
    "https://creativecommons.org/publicdomain/zero/1.0/": "cc0-1.0",
    "https://creativecommons.org/publicdomain/mark/1.0/": "pdm",
    "Public domain": "pdm",
    "No known restrictions on publication.": "no-known-restrictions",
}
NOT_COMMERCIAL = {
    "cc-by-nc": "cc-by-nc",
    "CC BY-NC-ND 4.0": "cc-by-nc-nd-4.0",
    "Creative Commons Attribution Non Commercial 4.0": "cc-by-nc-4.0",
    "Attribution-NonCommercial-ShareAlike License": "cc-by-nc-sa",
    "http://rightsstatements.org/vocab/InC/1.0/": "all-rights-reserved",
    "by permission of the British Museum": "all-rights-reserved",
    "By courtesy of the artist": "by-courtesy-of-the-artist",
    "Not in the public domain": "all-rights-reserved",
    "Public domain in the US, in copyright in the EU": "all-rights-reserved",
    "Copyright, attribution and permission needed": "all-rights-reserved",
    "No attribution required": "no-attribution-required",
    "© all rights reserved": "all-rights-reserved",
    "Zero": "zero",
    "0": "0",
}


@pytest.mark.parametrize(("told", "code"), FREE.items())
def test_free_licences(told: str, code: str) -> None:
    assert licence_code(told) == code
    assert allows(code, "commercial")


@pytest.mark.parametrize(("told", "code"), NOT_COMMERCIAL.items())
def test_in_doubt_a_licence_is_not_free(told: str, code: str) -> None:
    assert licence_code(told) == code
    assert not allows(code, "commercial")


@pytest.mark.parametrize(
    ("address", "names", "code"),
    [
        (BY, ["CC BY", "anything"], "cc-by-4.0"),
        (BY, [None, "cc-by-2.0"], "cc-by-4.0"),
        (BY, [None], "cc-by-4.0"),
        (BY, ["CC BY-NC"], "cc-by-nc"),
        (BY, ["CC BY, text only"], "cc-by-text-only"),
        (BY, ["All rights reserved"], "all-rights-reserved"),
        (f"{BY}but-not", ["CC BY"], "unread-licence"),
        ("https://photos.example/terms", ["CC BY"], "cc-by"),
        (None, [None], None),
    ],
)
def test_an_address_mends_no_name(address: str | None, names: list[str | None], code: str | None) -> None:
    assert licence_of(address, *names) == code


def test_rights() -> None:
    assert allows("cc-by-nc-4.0", "modification")
    assert not allows("cc-by-nd-4.0", "commercial-modification")
    assert not allows("cc-by-4.0", "public-domain")
    assert allows("cc0-1.0", "public-domain")
    assert not allows(None, "any")
    assert licence_code("  ") is None


@given(st.text(max_size=400))
def test_any_text_gives_a_short_code_or_nothing(told: str) -> None:
    code = licence_code(told)
    assert code is None or (0 < len(code) <= 80 and code == code.lower())
