"""The sentence that credits an image: title, author, source, licence, whatever strangers wrote."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pixcrawler_core.licensing.sentences import attribution

PAGE = "https://photos.example/1"
BY_SA = "https://creativecommons.org/licenses/by-sa/4.0/"
UNKNOWN = "Untitled image by an unknown maker"


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        (
            {"title": "Panda", "creator": "Ann", "creator_url": "https://photos.example/ann", "page": PAGE,
             "licence": "cc-by-sa-4.0", "licence_url": "https://evil.example/licence"},
            f'"Panda" by Ann (https://photos.example/ann) is licensed under CC BY-SA 4.0 ({BY_SA}). '
            f"Source: {PAGE}",
        ),
        ({"url": PAGE, "licence": "cc0"},
         f"{UNKNOWN} is marked as CC0 1.0 (https://creativecommons.org/publicdomain/zero/1.0/). "
         f"Source: {PAGE}"),
        ({"licence": "pixabay"}, f"{UNKNOWN} is licensed under the Pixabay licence "
         "(https://pixabay.com/service/license-summary/)."),
        ({"licence": "pdm"}, f"{UNKNOWN} is marked as Public domain."),
        ({"licence": "cc-by-nc"}, f"{UNKNOWN} is licensed under CC BY-NC."),
        ({"licence": "all-rights-reserved"}, f"{UNKNOWN} is protected by copyright: All rights reserved."),
        ({}, f"{UNKNOWN} is under an unknown licence."),
        ({"licence": "my terms", "licence_url": PAGE},
         f"{UNKNOWN} is under an unknown licence: my-terms ({PAGE})."),
        ({"licence": "cc-by-4.0", "licence_url": BY_SA},
         f"{UNKNOWN} is licensed under CC BY 4.0 and CC BY-SA 4.0 "
         f"(https://creativecommons.org/licenses/by/4.0/, {BY_SA})."),
        ({"title": '<script>x</script> a\r\nb "c" \u202eevil\u202c\x00 1 < 2', "creator": "<img src=x>"},
         "\"x a b 'c' evil 1 \u2039 2\" by an unknown maker is under an unknown licence."),
        ({"page": "javascript:alert(1)", "url": 'https://a.example/"><b>', "creator": "A",
          "creator_url": "https://a.example/\u202egpj"}, "Untitled image by A is under an unknown licence."),
    ],
)  # fmt: skip
def test_sentences(told: dict[str, Any], sentence: str) -> None:
    assert attribution(told) == sentence


@given(
    st.fixed_dictionaries(
        {},
        optional=dict.fromkeys(
            ("title", "creator", "creator_url", "licence", "licence_url", "page", "url"),
            st.text(max_size=3000) | st.none() | st.integers(),
        ),
    )
)
@example({"licence": "<"})
@example({"licence": "\u202e\u8457<b>"})
def test_any_entry_has_one_line_that_can_be_seen(entry: dict[str, Any]) -> None:
    sentence = attribution(entry)
    assert sentence.endswith(".") or "Source: " in sentence
    assert len(sentence) < 7000
    assert "<" not in sentence
    assert not {unicodedata.category(each) for each in sentence} & {"Cc", "Cs", "Zl", "Zp"}
    assert not set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f") & set(sentence)
