"""Splits in the catalog and in the folder."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from pixcrawler_core.catalog.datasets import Dataset
from pixcrawler_core.catalog.splits import ImageSplit
from pixcrawler_core.errors import WorkspaceError
from pixcrawler_core.records import Placement
from pixcrawler_core.splitting.images import Splitting, split_images
from pixcrawler_core.splitting.report import write_report
from pixcrawler_core.splitting.rules import Rules
from tests.core.assembly.conftest import House
from tests.core.splitting.conftest import RULES, SHARES, far


def add(house: House, category: str, hashes: list[int], start: int = 1, page: str | None = None) -> None:
    """Accept images with these perceptual hashes."""
    found = house.find(category, len(hashes), page_url=page)
    for number, (candidate, value) in enumerate(zip(found, hashes, strict=True), start):
        house.accept([candidate], start=number, phash=f"{value:016x}")


def splits(house: House, rules: Rules = RULES) -> dict[str, str]:
    """The split of each image after it was given, from the folder."""
    folder = house.assemble(splits=split_images(house.ledger, rules))
    return {each["path"]: each["split"] for each in told(folder, "manifest.json")["images"]}


def told(folder: Path, name: str) -> Any:
    return json.loads((folder / name).read_text("utf-8"))


def test_manifest_statistics_and_report_tell_the_same(house: House) -> None:
    add(house, "cat", [far(number) for number in range(20)])
    add(house, "dog", [far(number) for number in range(100, 110)])
    splitting = split_images(house.ledger, RULES)
    folder = house.assemble(splits=splitting)
    assert write_report(folder) == []
    manifest, report = told(folder, "manifest.json"), told(folder, "metadata/splits.json")
    counts = {"train": {"cat": 16, "dog": 8}, "val": {"cat": 2, "dog": 1}, "test": {"cat": 2, "dog": 1}}
    assert counts == splitting.counts == manifest["splits"]["images"] == report["images"]
    assert counts == told(folder, "statistics.json")["images"]["splits"]
    by_image = Counter((each["split"], each["category"]) for each in manifest["images"])
    assert dict(by_image) == {(name, each): n for name, found in counts.items() for each, n in found.items()}
    assert manifest["splits"]["shares"] == SHARES
    assert "metadata/splits.json" in manifest["files"]


def test_a_dataset_without_splits_says_so(house: House) -> None:
    add(house, "cat", [far(1), far(2)])
    write_report(house.assemble(splits=split_images(house.ledger, RULES)))
    folder = house.assemble()
    manifest = told(folder, "manifest.json")
    assert manifest["splits"] is None
    assert "metadata/splits.json" not in manifest["files"]
    assert [each["split"] for each in manifest["images"]] == [None, None]
    assert told(folder, "statistics.json")["images"]["splits"] == {}
    assert not (folder / "metadata/splits.json").exists()
    with pytest.raises(WorkspaceError, match=r"has no splits: its job has no \[splits\] table"):
        write_report(folder)


def test_splits_stay_when_images_come_and_when_the_table_comes_back(house: House) -> None:
    add(house, "cat", [far(number) for number in range(10)])
    before = splits(house)
    add(house, "cat", [far(number) for number in range(10, 40)], start=11)
    add(house, "ant", [far(number) for number in range(40, 50)])
    house.assemble()
    after = splits(house)
    assert before.items() <= after.items()
    assert Counter(after.values()) == {"train": 40, "val": 5, "test": 5}
    assert splits(house) == after


@pytest.mark.parametrize(
    "rules",
    [
        Rules(shares=SHARES, seed=1),
        Rules(shares={"train": 0.5, "test": 0.5}),
        Rules(shares=SHARES, radius=0),
        Rules(shares=SHARES, together=("page",)),
    ],
)
def test_other_rules_give_other_splits(house: House, rules: Rules) -> None:
    add(house, "cat", [far(number // 2) ^ number % 2 for number in range(40)])
    before = splits(house)
    assert {before[f"categories/cat/image_{n:03d}.jpg"] for n in (1, 2)} == {
        before["categories/cat/image_001.jpg"]
    }
    given = split_images(house.ledger, rules)
    after = splits(house, rules)
    assert (given.given, given.moved) == (40, {})
    assert after != before
    assert set(after.values()) == set(rules.splits)
    assert splits(house) == before


def test_rules_that_mean_the_same_change_nothing(house: House) -> None:
    add(house, "cat", [far(number) for number in range(9)])
    pages = Rules(shares=SHARES, together=("page", "page"))
    split_images(house.ledger, pages)
    assert split_images(house.ledger, Rules(shares=SHARES, together=("page",), radius=3)).given == 0


def joined(house: House) -> tuple[Splitting, Path]:
    """Two images of train, one of test, and one that is near to all of them."""
    far_apart = [far(1), far(1) ^ 0xFFFFF]
    add(house, "cat", [far_apart[0], far_apart[0], far_apart[1]])
    rows = [kept.candidate.id for kept in house.ledger.kept()]
    placed = zip(rows, ("train", "train", "test"), strict=True)
    house.ledger.save_splits((row, Placement(split=name, made_by=RULES.digest)) for row, name in placed)
    assert split_images(house.ledger, RULES).given == 0
    add(house, "dog", [far(1) ^ 0x3FF])
    splitting = split_images(house.ledger, RULES)
    return splitting, house.assemble(splits=splitting)


def test_a_group_that_joins_is_moved_and_the_report_says_why(house: House) -> None:
    splitting, folder = joined(house)
    assert [each["split"] for each in told(folder, "manifest.json")["images"]] == ["train"] * 4
    assert splitting.given == 2
    assert write_report(folder, splitting.moved) == []
    (move,) = told(folder, "metadata/splits.json")["moved"]
    assert (move["path"], move["from"], move["to"]) == ("categories/cat/image_003.jpg", "test", "train")
    assert "joins its group" in move["why"]
    assert move["group"] == [each["path"] for each in told(folder, "manifest.json")["images"]]


def test_later_runs_still_tell_of_a_move_until_the_rules_change(house: House) -> None:
    first, _ = joined(house)
    add(house, "cow", [far(7)])
    again = split_images(house.ledger, RULES)
    assert (again.given, again.moved) == (1, first.moved)
    assert split_images(house.ledger, Rules(shares=SHARES, seed=3)).moved == {}
    assert split_images(house.ledger, RULES).moved == {}


def test_an_image_that_leaves_and_comes_back_finds_its_split(house: House) -> None:
    add(house, "cat", [far(number) for number in range(30)])
    before = splits(house)
    gone = [*house.ledger.kept()][10:20]
    house.ledger.check_again([kept.candidate.id for kept in gone])
    left = splits(house)
    assert len(left) == 20
    assert left.items() <= before.items()
    for kept in reversed(gone):
        house.ledger.apply([(kept.candidate, kept.outcome)])
    assert split_images(house.ledger, RULES).given == 0
    assert splits(house) == before


def test_splits_go_with_their_dataset(house: House) -> None:
    add(house, "cat", [far(1)])
    splits(house)
    assert ImageSplit.select().count() == 1
    Dataset.delete().execute()
    assert ImageSplit.select().count() == 0


def test_a_note_that_breaks_off_changes_nothing(house: House) -> None:
    add(house, "cat", [far(number) for number in range(600)])
    rows = [kept.candidate.id for kept in house.ledger.kept()]

    def broken() -> Any:
        for row in rows:
            yield row, Placement(split="val", made_by=RULES.digest)
        raise WorkspaceError("the disk is gone")

    with pytest.raises(WorkspaceError, match="the disk is gone"):
        house.ledger.save_splits(broken())
    assert [kept.placement for kept in house.ledger.kept()] == [None] * 600


def test_many_images_are_noted(house: House) -> None:
    add(house, "cat", [far(number) for number in range(600)])
    splits(house)
    found = Counter(kept.placement.split for kept in house.ledger.kept() if kept.placement)
    assert found == {"train": 480, "val": 60, "test": 60}
    assert split_images(house.ledger, RULES).given == 0
