"""Names of exports: what goes out differently is called differently."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest

from pixcrawler_core.config.export import ExportTable
from pixcrawler_core.crawl.exports import Exports
from pixcrawler_core.errors import DatasetError
from tests.exporters.made import dataset, registry

RESIZED = {"resize": "keep_ratio", "size": 64}
SAME: list[dict[str, Any]] = [
    {},
    {"quality": 50},
    {"enlarge": False},
    {"metadata": "no-location"},
]
"""What goes out in the same way, whatever the tables say."""
OTHER: list[dict[str, Any]] = [
    {},
    {"splits": ("train",)},
    RESIZED,
    {"resize": "border", "size": 64},
    {"resize": "center_crop", "size": 64},
    {"resize": "center_crop", "size": 65},
    {**RESIZED, "enlarge": False},
    {**RESIZED, "quality": 50},
    {**RESIZED, "max_side": 100},
    {"max_side": 64},
    {"max_side": 64, "quality": 50},
    {"encode": "png"},
    {"encode": "jpeg"},
    {"encode": "jpeg", "quality": 50},
    {"metadata": "keep"},
    {"metadata": "none"},
    {"policy": "commercial"},
    {"policy": "commercial, modification"},
    {"policy": "one/mine.toml"},
    {"policy": "two/mine.toml"},
    {"policy": "one/mine.toml,commercial"},
    {"policy": "two/mine.toml+commercial"},
]
"""Tables of which no two let the same go out."""


def names(place: Path, tables: list[dict[str, Any]]) -> list[str]:
    """How the tables call the exports of a dataset that has no images."""
    folder = dataset(place)
    (folder / "manifest.json").write_text('{\n "dataset": "places",\n "images": [\n],\n "files": []}\n')
    return [_export(place, folder, table) for table in tables]


def _export(place: Path, folder: Path, table: dict[str, Any]) -> str:
    told = ExportTable(formats=("jsonl",), **table)
    return Exports(registry(), told, place).write(place / "out", folder, anew=True)[0].name


def test_no_two_share_a_name(tmp_path: Path) -> None:
    for number, rules in enumerate(('allow = ["cc0*"]', 'deny = ["cc0*"]')):
        policy = tmp_path / ("one", "two")[number] / "mine.toml"
        policy.parent.mkdir()
        policy.write_text(rules)
    found = names(tmp_path, OTHER)
    assert not [pair for pair in itertools.combinations(found, 2) if len(set(pair)) == 1]


def test_what_changes_nothing_is_not_told(tmp_path: Path) -> None:
    assert set(names(tmp_path, SAME)) == {"dataset-places.jsonl"}
    assert names(tmp_path / "other", [{"encode": "png", "quality": 50}]) == ["dataset-places-png.jsonl"]


@pytest.mark.parametrize(
    ("table", "name"),
    [
        ({"resize": "center_crop", "size": 256}, "dataset-places-center_crop-256px.jsonl"),
        ({"splits": ("val",), "policy": "commercial+any"}, "dataset-places-val-commercial+any.jsonl"),
        (
            {"encode": "webp", "quality": 60, "metadata": "keep"},
            "dataset-places-webp-q60-metadata-keep.jsonl",
        ),
        ({"policy": "rules & more.toml"}, "dataset-places-rules-more-035af113.jsonl"),
    ],
)
def test_names_can_be_read(table: dict[str, Any], name: str, tmp_path: Path) -> None:
    (tmp_path / "rules & more.toml").write_text('deny = ["*"]')
    assert names(tmp_path, [table]) == [name]


def test_a_folder_whose_name_no_export_can_have(tmp_path: Path) -> None:
    folder = dataset(tmp_path).rename(tmp_path / "a\nb")
    exports = Exports(registry(), ExportTable(formats=("zip",)), tmp_path)
    with pytest.raises(DatasetError, match=r"no export can have this name: .*; rename the dataset's folder"):
        exports.write(tmp_path / "out", folder, anew=True)
