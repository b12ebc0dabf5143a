"""docs/licences.md tells of licences what the program knows of them."""

from __future__ import annotations

import re
from pathlib import Path

from pixcrawler_core.licensing.families import FAMILIES
from pixcrawler_core.licensing.terms import terms_of
from pixcrawler_core.policies import POLICIES, Rules, load_policy
from tests.docs.pages import all_blocks
from tests.docs.test_sources import section

PAGE = "docs/licences.md"


def rows(heading: str) -> list[list[str]]:
    """The cells of the rows of a section's tables that begin with code."""
    lines = [line for line in section(PAGE, heading).splitlines() if line.startswith("| `")]
    return [[cell.strip() for cell in line.strip("| ").split("|")] for line in lines]


def test_the_table_of_codes() -> None:
    told = {code: cells[2:] for cells in rows("Codes") for code in re.findall("`([^`]+)`", cells[0])}
    assert {family.called.partition("|")[0] for family in FAMILIES} <= set(told)
    for code, facts in told.items():
        terms = terms_of(code) or terms_of(f"{code}-1.0") or terms_of(f"{code}-2.0")
        assert terms is not None, code
        known = (terms.commercial, terms.modification, terms.attribution, terms.share_alike)
        assert ["yes" if each else "no" for each in known] == facts, code


def test_policies_and_keys() -> None:
    told = section(PAGE, "Policies")
    assert [name for name in (*POLICIES, *Rules.model_fields) if f"| `{name}` |" not in told] == []


def test_the_file_of_the_page_is_a_policy(tmp_path: Path) -> None:
    (block,) = (each for each in all_blocks("toml") if each.label == "policy")
    (tmp_path / "policy.toml").write_text(block.text, "utf-8")
    policy = load_policy("policy.toml", tmp_path)
    wanted = {"cc-by-4.0", "cc0-1.0"}
    others = {"cc-by-1.0", "cc-by-nc-4.0", "cc-by-sa-4.0", "cc-by-nd-4.0", "pdm"}
    assert {each for each in wanted | others if policy.why_not({"licence": each}) is None} == wanted
