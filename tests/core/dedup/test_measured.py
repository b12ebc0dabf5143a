"""Figures that several processes note at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pixcrawler_core.dedup.measured import NAME, note, noted
from pixcrawler_core.errors import WorkspaceError


def test_what_is_noted_at_once_is_not_lost(tmp_path: Path) -> None:
    """The lock holds between threads as between processes."""
    numbers = range(60)
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda number: note(tmp_path, [{"methods": [number]}]), numbers))
    assert sorted(each["methods"] for each in noted(tmp_path)) == [[number] for number in numbers]


def test_figures_of_the_same_methods_are_replaced(tmp_path: Path) -> None:
    note(tmp_path, [{"methods": ["a"], "f1": 1}, {"methods": ["b"], "f1": 2}])
    note(tmp_path, [{"methods": ["a"], "f1": 3}])
    assert noted(tmp_path) == [{"methods": ["b"], "f1": 2}, {"methods": ["a"], "f1": 3}]


def test_a_workspace_that_is_none_is_named(tmp_path: Path) -> None:
    with pytest.raises(WorkspaceError, match=f"cannot write .*{NAME}: "):
        note(tmp_path / "nowhere", [])
