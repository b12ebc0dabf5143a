"""The page of duplicates, where there are more than it shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from pixcrawler_core.commands.dedup_page import COPIES, GROUPS, write_page
from pixcrawler_core.commands.duplicates import Copy, Found
from pixcrawler_core.dedup.files import File
from pixcrawler_core.dedup.reading import stamp_of
from pixcrawler_core.errors import WorkspaceError
from tests.core.dedup.gathering import picture


@pytest.fixture
def file(tmp_path: Path) -> File:
    """A tiny picture."""
    path = picture(tmp_path / "tiny.png", 9)
    return File(1, path, stamp_of(path), "", 8, 8)


def found(file: File, copies: int) -> Found:
    copy = Copy(file=file, shown=Path("copy.png"), method="pixels", distance=0.0, saves=0)
    return Found(kept=file, shown=Path("kept.png"), reference=None, copies=(copy,) * copies)


def test_a_page_has_an_end(file: File, tmp_path: Path) -> None:
    write_page(tmp_path / "page.html", [found(file, COPIES + 2), *[found(file, 1)] * (GROUPS + 2)])
    page = (tmp_path / "page.html").read_text("utf-8")
    assert page.count("<section>") == GROUPS
    assert page.count("<img ") == GROUPS * 2 + COPIES - 1
    assert f"<h1>{GROUPS + 3} groups of duplicates</h1>" in page
    assert "<p>and 3 groups more, not shown.</p>" in page
    assert "<p>and 2 duplicates more</p>" in page


def test_what_is_gone_cannot_be_shown(file: File, tmp_path: Path) -> None:
    file.path.write_bytes(b"something else")
    write_page(tmp_path / "page.html", [found(file, 1)])
    assert (tmp_path / "page.html").read_text("utf-8").count("(cannot be shown)") == 2


def test_a_page_that_cannot_be_written(file: File, tmp_path: Path) -> None:
    (tmp_path / "page.html").mkdir()
    with pytest.raises(WorkspaceError, match=r"cannot write .*page\.html: Is a directory"):
        write_page(tmp_path / "page.html", [found(file, 1)])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["page.html", "tiny.png"]
