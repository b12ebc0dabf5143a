from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from pixcrawler_plugins.meters import log

from pixcrawler_core.errors import PluginError
from pixcrawler_core.metering import MeterUnavailable
from pixcrawler_core.registry import load
from pixcrawler_core.service import Meter
from pixcrawler_core.testing.contracts import MeterContract
from pixcrawler_core.testing.contracts.meter import usage


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


class TestContract(MeterContract):
    component = next(iter(log.register_meters()))

    def table(self, folder: Path) -> Mapping[str, Any]:
        return {"path": folder / "usage.jsonl"}

    def charged(self, folder: Path) -> list[int]:
        return [each["amount"] for each in lines(folder / "usage.jsonl")]


def test_half_a_line_is_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "usage.jsonl"
    log.LogMeter(path).charge(usage(1))
    whole = path.read_bytes()
    log.LogMeter(path).charge(usage(2))
    path.write_bytes(whole + path.read_bytes()[len(whole) : -20])  # as a kill may leave it
    meter = log.LogMeter(path)
    meter.charge(usage(3))
    meter.charge(usage(2))
    assert [each["id"] for each in lines(path)] == [1, 3, 2]


def test_a_file_that_was_moved_away_begins_anew(tmp_path: Path) -> None:
    path = tmp_path / "usage.jsonl"
    meter = log.LogMeter(path)
    meter.charge(usage(1))
    path.rename(tmp_path / "old.jsonl")
    meter.charge(usage(2))
    assert [each["id"] for each in lines(path)] == [2]


def test_a_file_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(MeterUnavailable, match="cannot write"):
        log.LogMeter(tmp_path / "nowhere/usage.jsonl").charge(usage(1))


def test_its_path_is_whole() -> None:
    with pytest.raises(PluginError, match="must begin with /"):
        load(installed=False).build(Meter, "log", {"path": "usage.jsonl"})
