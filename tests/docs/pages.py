"""The pages of the documentation and what is in them: code blocks, links, commands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]

FENCE = re.compile(r"^```(\S*) ?(.*)$")
NOT_RUN = re.compile(r"^<!-- not run: (.+) -->$")


@dataclass(frozen=True, kw_only=True)
class Block:
    """A fenced code block."""

    page: Path
    line: int
    """Line of its first fence, counted from 1."""
    language: str
    label: str
    """What follows the language: the name of a part that a test of its own runs."""
    text: str
    not_run: str | None
    """Why it is not run, from an HTML comment right above it."""

    @property
    def name(self) -> str:
        """Page and line, for people."""
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def pages() -> list[Path]:
    """All pages, README first."""
    found = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "examples").glob("[!.]*/*.md")]
    return sorted(found, key=lambda page: (page.name != "README.md", page))


def blocks(page: Path) -> Iterator[Block]:
    """The code blocks of a page, in order."""
    lines = page.read_text("utf-8").splitlines()
    start = None
    for number, line in enumerate(lines):
        found = FENCE.match(line)
        if not found:
            continue
        if start is None:
            start = number
            continue
        head = FENCE.match(lines[start])
        above = NOT_RUN.match(lines[start - 1]) if start else None
        assert head, page
        yield Block(
            page=page,
            line=start + 1,
            language=head[1],
            label=head[2],
            text="\n".join(lines[start + 1 : number]) + "\n",
            not_run=above[1] if above else None,
        )
        start = None
    assert start is None, f"{page}: a code block has no end"


def all_blocks(language: str) -> list[Block]:
    """The blocks in one language, on all pages."""
    return [block for page in pages() for block in blocks(page) if block.language == language]


def prose(page: Path) -> str:
    """A page without its code blocks."""
    return re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
