from __future__ import annotations

import itertools
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixcrawler_core.assembly.dataset import IMAGES
from pixcrawler_core.errors import WorkspaceError
from pixcrawler_core.splitting.report import leak_report, write_report
from pixcrawler_core.splitting.rules import Rules
from tests.core.splitting.conftest import RULES, SHARES, digest, far

SPLIT = st.sampled_from(["train", "val", "test"])
HASH = st.builds(
    lambda base, flips: base ^ sum(1 << bit for bit in flips),
    st.sampled_from([far(1), far(2)]),
    st.sets(st.integers(0, 63), max_size=8),
)


def entry(number: int, split: str | None, **changes: Any) -> dict[str, Any]:
    """The row of an image that is like no other."""
    usual = {
        "path": f"categories/cat/image_{number:03d}.jpg", "sha256": digest(number),
        "phash": f"{far(number):016x}", "category": "cat", "split": split, "page": None, "row": number,
    }  # fmt: skip
    return {**usual, **changes}


def write(path: Path, entries: Iterable[dict[str, Any]], rules: Rules = RULES, counts: object = None) -> Path:
    """A manifest with these images."""
    splits = {**rules.as_json(), "images": counts} if counts else rules.as_json()
    head = {"dataset": "set", "created_at": "2026-01-15T12:00:00Z", "splits": splits}
    text = json.dumps(head, indent=1).removesuffix("\n}")
    path.write_text(f"{text},\n{IMAGES}\n" + ",\n".join(map(json.dumps, entries)) + "\n]}\n", "utf-8")
    return path


def path_of(number: int) -> str:
    return f"categories/cat/image_{number:03d}.jpg"


def test_a_leak_is_an_error(tmp_path: Path) -> None:
    manifest = write(
        tmp_path / "manifest.json",
        [
            entry(1, "train"),
            entry(2, "test", phash=f"{far(1) ^ 0x3FF:016x}"),
            entry(3, "train", page="http://a.example/#1"),
            entry(4, "val", page="http://A.example"),
            entry(5, "val"),
        ],
    )
    report = leak_report(manifest)
    duplicates, page = report["pairs"]["duplicates"], report["pairs"]["page"]
    assert duplicates == {"count": 1, "spanning": 1, "examples": [[path_of(1), path_of(2)]]}
    assert page == {"count": 1, "spanning": 1, "examples": [[path_of(3), path_of(4)]]}
    assert report["groups"]["spanning"] == 2
    first, second = report["errors"]
    assert first.startswith("pairs of near-duplicates in two splits: 1, such as ")
    assert f"{path_of(1)} (train) and {path_of(2)} (test);" in first
    assert second.startswith("pairs of images of one page in two splits: 1, such as ")


def test_what_is_written_is_what_was_found(tmp_path: Path) -> None:
    (tmp_path / "metadata").mkdir()
    manifest = write(tmp_path / "manifest.json", [entry(1, "train"), entry(1, "test", row=2)])
    errors = write_report(tmp_path)
    told = json.loads((tmp_path / "metadata/splits.json").read_text("utf-8"))
    assert told == leak_report(manifest)
    assert errors == told["errors"] != []


def test_a_disk_that_takes_no_report_is_told_in_a_sentence(tmp_path: Path) -> None:
    write(tmp_path / "manifest.json", [entry(1, "train")])
    with pytest.raises(WorkspaceError, match=r"splits\.json cannot be written: No such file"):
        write_report(tmp_path)


def test_every_key_is_documented(tmp_path: Path) -> None:
    twins = [entry(1, "train"), entry(1, "test", row=2)]
    report = leak_report(write(tmp_path / "manifest.json", twins), {2: "val"})
    parts = [report, report["groups"], report["groups"]["largest"][0], report["moved"][0]]
    keys = {key for part in [*parts, *report["pairs"].values()] for key in part}
    page = (Path(__file__).parents[3] / "docs/splits.md").read_text("utf-8")
    assert len(keys) > 20
    assert [key for key in sorted(keys) if f"`{key}`" not in page] == []


def test_rules_that_are_not_asked_for_are_not_checked(tmp_path: Path) -> None:
    alike = [entry(1, "train", page="http://a.example"), entry(1, "test", page="http://a.example", row=2)]
    for together in ((), ("page",), ("duplicates",), ("duplicates", "page")):
        rules = Rules(shares=SHARES, together=together)
        report = leak_report(write(tmp_path / "manifest.json", alike, rules))
        assert {name: told["spanning"] for name, told in report["pairs"].items()} == dict.fromkeys(
            together, 1
        )


def test_a_manifest_that_lost_images_is_an_error(tmp_path: Path) -> None:
    counts = {"train": {"cat": 1}, "val": {}, "test": {"cat": 1}}
    manifest = write(tmp_path / "manifest.json", [entry(1, "train"), entry(2, "test")], counts=counts)
    assert leak_report(manifest)["errors"] == []
    whole = manifest.read_text()
    manifest.write_text(whole[: whole.index('{"path": "categories/cat/image_002')])
    (error,) = leak_report(manifest)["errors"]
    assert error.startswith("the images listed are not those that the manifest counts at its head")


def test_an_image_without_a_split_is_an_error(tmp_path: Path) -> None:
    manifest = write(tmp_path / "manifest.json", [entry(1, "train"), entry(2, None), entry(3, "dev")])
    report = leak_report(manifest)
    assert report["without_split"] == 2
    assert report["images"] == {"train": {"cat": 1}, "val": {}, "test": {}}
    assert report["errors"] == [f"images without a split: 2, such as {path_of(2)}; run the job again"]


def test_categories_are_counted_in_whichever_order_they_come(tmp_path: Path) -> None:
    dogs = [entry(number, "train", category="dog") for number in (1, 2)]
    report = leak_report(write(tmp_path / "manifest.json", [*dogs, entry(3, "test")]))
    assert report["images"] == {"train": {"dog": 2}, "val": {}, "test": {"cat": 1}}


def test_the_largest_groups_are_named(tmp_path: Path) -> None:
    pages = [0] * 30 + [page for page in range(1, 12) for _ in range(2)] + [99]
    manifest = write(
        tmp_path / "manifest.json",
        [entry(number, "train", page=f"http://a.example/{page}") for number, page in enumerate(pages)],
    )
    report = leak_report(manifest)
    groups = report["groups"]
    assert (groups["count"], groups["of_several_images"], groups["spanning"]) == (13, 12, 0)
    assert [group["images"] for group in groups["largest"]] == [30, *[2] * 9]
    assert groups["largest"][0] == {
        "images": 30, "splits": {"train": 30}, "paths": [path_of(number) for number in range(20)],
    }  # fmt: skip
    assert groups["largest"][1]["paths"] == [path_of(30), path_of(31)]
    assert report["pairs"]["page"] == {"count": 30 * 29 // 2 + 11, "spanning": 0, "examples": []}


def test_a_picture_in_thousands_of_copies(tmp_path: Path) -> None:
    copies = [entry(number, "train", phash="0" * 16) for number in range(3000)]
    near = [entry(number, "test", phash="3".rjust(16, "0")) for number in range(3000, 3500)]
    unhashed = [
        entry(5000 + number, name, phash=None, sha256="ab" * 32) for number, name in enumerate(SHARES)
    ]
    told = leak_report(write(tmp_path / "manifest.json", [*copies, *near, *unhashed]))["pairs"]["duplicates"]
    assert told["count"] == 3500 * 3499 // 2 + 3
    assert told["spanning"] == 3000 * 500 + 3
    assert [path_of(0), path_of(3000)] in told["examples"]


@given(images=st.lists(st.tuples(SPLIT, HASH, st.integers(0, 3)), max_size=14))
def test_the_pairs_are_those_of_looking_at_all(
    images: list[tuple[str, int, int]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    entries = [
        entry(number, split, phash=f"{value:016x}", page=f"http://a.example/{page}" if page else None)
        for number, (split, value, page) in enumerate(images)
    ]
    manifest = write(tmp_path_factory.getbasetemp() / "manifest.json", entries)
    report = leak_report(manifest)
    pairs = list(itertools.combinations(images, 2))
    near = [pair for pair in pairs if (pair[0][1] ^ pair[1][1]).bit_count() <= RULES.radius]
    shared = [pair for pair in pairs if pair[0][2] and pair[0][2] == pair[1][2]]
    for name, found in (("duplicates", near), ("page", shared)):
        spanning = sum(one[0] != other[0] for one, other in found)
        told = report["pairs"][name]
        assert (told["count"], told["spanning"]) == (len(found), spanning)
        assert bool(told["examples"]) is bool(spanning)
    assert bool(report["errors"]) is bool(report["groups"]["spanning"])


def test_an_empty_dataset(tmp_path: Path) -> None:
    report = leak_report(write(tmp_path / "manifest.json", []))
    assert report["groups"] == {"count": 0, "of_several_images": 0, "spanning": 0, "largest": []}
    assert report["pairs"]["duplicates"] == {"count": 0, "spanning": 0, "examples": []}
    assert report["errors"] == []


NOT_A_MANIFEST = r"manifest\.json is not the manifest of a dataset \("


@pytest.mark.parametrize(
    "told",
    [
        {"splits": RULES.as_json(), "created_at": ""},
        {"splits": RULES.as_json(), "created_at": "", "dataset": 5},
        *(
            {"dataset": "set", "created_at": "", "splits": splits}
            for splits in (5, "", {}, {"shares": {"dev": 1}}, {**RULES.as_json(), "shares": 1})
        ),
        *(
            {"dataset": "set", "created_at": "", "splits": {**RULES.as_json(), **wrong}}
            for wrong in ({"shares": {"dev": 1}}, {"together": ["friends"]}, {"radius": 65}, {"radius": "10"})
        ),
    ],
)
def test_a_head_that_is_wrong_is_told_in_a_sentence(tmp_path: Path, told: dict[str, Any]) -> None:
    manifest = tmp_path / "manifest.json"
    manifest.write_text(json.dumps(told).removesuffix("}") + f",\n{IMAGES}\n]}}\n")
    with pytest.raises(WorkspaceError, match=NOT_A_MANIFEST):
        leak_report(manifest)


@pytest.mark.parametrize(
    "changes",
    [
        {"phash": "zz"},
        {"phash": "-1"},
        {"phash": "f" * 17},
        {"sha256": None},
        {"page": 5},
        {"category": ["cat"]},
        {"split": {"train": 1}},
        {"row": "first"},
        {"path": None},
    ],
)
def test_an_image_that_is_wrong_is_told_in_a_sentence(tmp_path: Path, changes: dict[str, Any]) -> None:
    manifest = write(tmp_path / "manifest.json", [entry(1, "train"), {**entry(2, "train"), **changes}])
    with pytest.raises(WorkspaceError, match=NOT_A_MANIFEST):
        leak_report(manifest)


@pytest.mark.parametrize("text", [b"", b"[]", b'{"images": []}', b"\xff", b"{" * 9])
def test_what_is_no_manifest_is_told_in_a_sentence(tmp_path: Path, text: bytes) -> None:
    manifest = tmp_path / "manifest.json"
    manifest.write_bytes(text)
    with pytest.raises(WorkspaceError, match=NOT_A_MANIFEST):
        leak_report(manifest)


def test_a_manifest_of_an_earlier_version_has_no_splits(tmp_path: Path) -> None:
    manifest = tmp_path / "manifest.json"
    manifest.write_text(f'{{\n "dataset": "set",\n{IMAGES}\n]}}\n')
    with pytest.raises(WorkspaceError, match="has no splits"):
        leak_report(manifest)


def test_a_manifest_that_broke_off(tmp_path: Path) -> None:
    manifest = write(tmp_path / "manifest.json", [entry(1, "train"), entry(2, "train")])
    manifest.write_text(manifest.read_text()[:-80])
    with pytest.raises(WorkspaceError, match=NOT_A_MANIFEST):
        leak_report(manifest)


def test_a_manifest_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(WorkspaceError, match="cannot be read: No such file"):
        leak_report(tmp_path / "manifest.json")
