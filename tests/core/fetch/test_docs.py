"""docs/fetching.md says every reason that the code gives, and no other."""

from __future__ import annotations

import re
from pathlib import Path

import pixcrawler_core.fetch

ROOT = Path(__file__).parents[3]
PACKAGE = Path(pixcrawler_core.fetch.__file__).parent


def test_reasons_are_documented() -> None:
    given = set()
    for module in PACKAGE.glob("*.py"):
        given |= set(re.findall(r'(?:Failure|refusal)\(\s*f?"([a-z0-9{}-]+)"', module.read_text()))
    given = {reason.replace("{status}", "STATUS") for reason in given}
    section = (ROOT / "docs" / "fetching.md").read_text().partition("## Reasons")[2]
    documented = set(re.findall(r"^\| `([a-zA-Z0-9-]+)`", section, re.MULTILINE))
    assert given == documented
    assert len(given) > 20
