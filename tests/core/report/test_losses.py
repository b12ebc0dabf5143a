"""What is counted in a ledger, and which groups of duplicates are shown."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pixcrawler_core.assembly.tables import write_ledger
from pixcrawler_core.errors import WorkspaceError
from pixcrawler_core.report.losses import COLUMNS, COPIES, EXAMPLES, GROUPS, UNSEEN, Losses, read_losses

START = datetime(2026, 1, 1, tzinfo=UTC)


def row(key: int, state: str, **told: Any) -> dict[str, Any]:
    """A row of a ledger, one second later than the one before."""
    time = START + timedelta(seconds=key)
    usual = {"id": key, "state": state, "stage": "fetch", "category": "cats", "engine": "openverse"}
    usual |= {"url": f"https://photos.example/{key}.jpg", "created_at": time, "updated_at": time}
    return {**dict.fromkeys(COLUMNS), **usual, **told}


def duplicate(key: int, of: int, method: str = "phash", distance: str = "3") -> dict[str, Any]:
    told = f"the same as row {of} ({method}, distance {distance})"
    return row(key, "duplicate", reason="duplicate", detail=told, duplicate_of=of, sha256="d")


def read(folder: Path, *rows: dict[str, Any]) -> Losses:
    (folder / "metadata").mkdir()
    write_ledger(rows, folder / "metadata/ledger.parquet")
    losses = read_losses(folder)
    assert losses is not None
    return losses


def test_the_way_from_found_to_accepted(tmp_path: Path) -> None:
    losses = read(
        tmp_path,
        row(1, "found"),
        row(2, "rejected", reason="filtered"),
        row(3, "refused", reason="robots"),
        row(4, "failed", reason="timeout"),
        row(5, "fetched", sha256="a"),
        row(6, "rejected", reason="blurry", sha256="b", category="dogs"),
        row(7, "accepted", sha256="c"),
        duplicate(8, 7),
        row(9, "accepted", sha256="e"),
    )
    assert [count for _, count in losses.funnel()] == [9, 7, 6, 5, 4, 3, 2]
    assert losses.by_category["dogs"] == {"blurry": 1}
    assert losses.by_category["cats"] == {"filtered": 1, "robots": 1, "timeout": 1, "duplicate": 1}
    assert (losses.times.first, losses.times.last) == (
        START + timedelta(seconds=1),
        START + timedelta(seconds=9),
    )
    assert (losses.times.found.sum(), losses.times.accepted.sum()) == (9, 2)
    assert losses.times.accepted[-1] == 1


def test_the_first_of_each_reason_are_kept(tmp_path: Path) -> None:
    seen = [row(key, "rejected", reason="blurry", sha256="a") for key in range(20)]
    unseen = [row(key, "failed", reason="timeout") for key in range(20, 40)]
    losses = read(tmp_path, *seen, *unseen)
    blurry, timeout = losses.reasons["rejected", "blurry"], losses.reasons["failed", "timeout"]
    assert (blurry.count, [each["id"] for each in blurry.examples]) == (20, list(range(EXAMPLES)))
    assert (timeout.count, [each["id"] for each in timeout.examples]) == (20, list(range(20, 20 + UNSEEN)))


def test_groups_of_what_is_alike_come_before_those_of_what_is_the_same(tmp_path: Path) -> None:
    kept = [row(key, "accepted", sha256="a") for key in (1, 2, 3)]
    same = [duplicate(key, 1, "sha256", "0") for key in range(10, 20)]
    alike = [duplicate(20, 2, "embedding", "0.125"), duplicate(21, 3), duplicate(22, 3)]
    replaced = row(23, "duplicate", detail="a better duplicate took its place", duplicate_of=99)
    losses = read(tmp_path, *kept, *same, *alike, replaced)
    assert [group.kept and group.kept["id"] for group in losses.groups] == [3, 2, None, 1]
    first = losses.groups[1].copies[0]
    assert (first.method, first.distance, first.row["id"]) == ("embedding", "0.125", 20)
    assert (losses.groups[2].copies[0].method, losses.groups[3].count) == ("", 10)
    assert len(losses.groups[3].copies) == COPIES


def test_a_page_has_an_end(tmp_path: Path) -> None:
    losses = read(tmp_path, *(duplicate(key, key + 1000) for key in range(GROUPS + 5)))
    assert (len(losses.groups), losses.all_groups) == (GROUPS, GROUPS + 5)


def test_no_ledger(tmp_path: Path) -> None:
    assert read_losses(tmp_path) is None


@pytest.mark.parametrize("told", [{"reason": "?", "category": None}, {"created_at": None}])
def test_odd_values_are_no_accident(tmp_path: Path, told: dict[str, Any]) -> None:
    assert read(tmp_path, row(1, "found"), row(2, "accepted", **told)).rows == 2


def test_a_ledger_without_a_column(tmp_path: Path) -> None:
    (tmp_path / "metadata").mkdir()
    write_ledger([{"id": 1, "state": "found"}], tmp_path / "metadata/ledger.parquet")
    with pytest.raises(WorkspaceError, match="it has no column category"):
        read_losses(tmp_path)
