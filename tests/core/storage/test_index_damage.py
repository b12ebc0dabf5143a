"""An index of a store whose rows were changed by others."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from pixcrawler_core.storage.errors import StoreUnavailable
from pixcrawler_core.storage.local.store import LocalStore
from pixcrawler_core.testing.contracts.store_helping import filed


@pytest.mark.parametrize(
    "change",
    [
        "tier = 'lukewarm'",
        "tier = NULL",
        "metadata = '{'",
        "metadata = '[]'",
        "metadata = '{\"a\": 1}'",
        "metadata = NULL",
        "place = 'nowhere/a'",
        "place = 'hot/../../a'",
        "place = 'hot/a' || char(0)",
        "place = 5",
        "size = 'much'",
        "size = -1",
        "sha256 = NULL",
        "modified_at = 'yesterday'",
        "modified_at = 9000000000000000000",
        "modified_at = NULL",
        "accessed_at = 'never'",
        "ready_at = 'soon'",
        "start = 'x'",
        "mark = NULL",
    ],
)
def test_a_row_that_was_edited_is_told(tmp_path: Path, change: str) -> None:
    """As damage of the index, with what to do; whatever is done with the object."""
    with closing(LocalStore(tmp_path / "store")) as store:
        store.put("a", filed(tmp_path, 10))
        with closing(sqlite3.connect(tmp_path / "store/index/store.sqlite")) as index:
            index.execute(f"UPDATE object SET {change}")  # noqa: S608
            index.commit()
        told = r"store\.sqlite is damaged: it has something else .* 'a' has; delete the folder"
        for look in (lambda: list(store.list()), lambda: store.stat("a"), lambda: store.delete(["a"])):
            with pytest.raises(StoreUnavailable, match=told):
                look()
