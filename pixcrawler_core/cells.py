"""Cells of CSV tables that a spreadsheet shows and does not calculate: the text of others is no formula."""

from __future__ import annotations

import re

_FORMULA = re.compile(r"'*[=+\-@\t\r]")
"""How a text begins that spreadsheets take for a formula (OWASP, CSV Injection), or one that is guarded."""


def guarded(text: str) -> str:
    """The text, behind an apostrophe if a spreadsheet would take it for a formula."""
    return f"'{text}" if _FORMULA.match(text) else text


def unguarded(cell: str) -> str:
    """The text that `guarded` made this cell of."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell
