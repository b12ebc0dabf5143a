"""Cells of CSV tables: no text is a formula, and each is found again."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from pixcrawler_core.cells import guarded, unguarded

SIGNS = "=+-@\t\r"


@given(st.text(alphabet="'=+-@\t\r a1") | st.text())
@example("'=1+1")
@example("''=1")
@example("=cmd|' /C calc'!A0")
def test_no_text_is_a_formula_and_each_is_found_again(text: str) -> None:
    assert not guarded(text).startswith(tuple(SIGNS))
    assert unguarded(guarded(text)) == text


def test_what_is_no_formula_stays_as_it_is() -> None:
    assert [guarded(text) for text in ("castle", "'tis", "", "1-1")] == ["castle", "'tis", "", "1-1"]
