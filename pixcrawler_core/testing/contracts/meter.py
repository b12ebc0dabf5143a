"""What holds for meters."""

# ruff: noqa: S101  # these are tests

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from pixcrawler_core.metering import UNITS, Charger, Kind, MeterRefused, Usage
from pixcrawler_core.service import Meter
from pixcrawler_core.testing.contracts.part import PartContract

USER = UUID(int=1)
AT = datetime(2026, 1, 15, 12, 30, tzinfo=UTC)
SINCE = datetime(2026, 1, 1, tzinfo=UTC)
ODD = ("a\0b", "\ud800", "'; DROP TABLE users; --", "x" * 300, "ü\n\r\n{}")


def usage(number: int, **fields: Any) -> Usage:
    """A row of usage by somebody who pays."""
    kind = fields.pop("kind", Kind.IMAGES)
    usual: dict[str, Any] = {
        "source": f"job:{number}:images:5",
        "customer": "cus_1",
        "since": SINCE,
        "amount": 5,
    }
    return Usage(id=number, user=USER, kind=kind, unit=UNITS[kind], at=AT, **{**usual, **fields})


class MeterContract(PartContract):
    """What holds for every meter: it charges a row once, whoever tells it of that, and however often."""

    component: Meter

    def table(self, folder: Path) -> Mapping[str, Any]:
        """The options of a meter that belongs to a folder: what it was told is the same for the same one."""
        return self.options

    @abstractmethod
    def charged(self, folder: Path) -> list[int]:
        """Amounts that were charged so far to the folder's meter, as whoever is to be paid has them."""

    def opened(self, folder: Path) -> Charger:
        """A meter that belongs to a folder."""
        model = self.component.options
        charger: Charger = self.component.build(model(**self.table(folder)) if model else None)
        return charger

    @pytest.fixture
    def meter(self, tmp_path: Path) -> Iterator[Charger]:
        """A meter that was told nothing."""
        meter = self.opened(tmp_path)
        yield meter
        meter.close()
        meter.close()

    def test_a_row_is_charged_once(self, meter: Charger, tmp_path: Path) -> None:
        """And called the same each time, by another meter too, as after a restart."""
        told = {meter.charge(usage(1)), meter.charge(usage(1)), self.opened(tmp_path).charge(usage(1))}
        assert len(told) == 1
        assert told != {""}
        assert self.charged(tmp_path) == [5]

    def test_rows_are_told_apart(self, meter: Charger, tmp_path: Path) -> None:
        """However much they are alike."""
        references = {meter.charge(usage(number, source=f"job:1:images:{number}")) for number in (1, 2, 3)}
        assert len(references) == 3
        assert self.charged(tmp_path) == [5, 5, 5]

    def test_many_at_once_charge_once(self, tmp_path: Path) -> None:
        """Two meters, as two processes have, and four threads."""
        meters = [self.opened(tmp_path), self.opened(tmp_path)] * 2
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda meter: meter.charge(usage(1)), meters))
        assert self.charged(tmp_path) == [5]

    def test_it_takes_anything(self, meter: Charger) -> None:
        """Amounts of any size, odd texts, users who pay nothing: it may refuse, and does not break."""
        rows = [usage(number, source=odd, customer=odd) for number, odd in enumerate(ODD, 1)]
        rows += [usage(number, kind=kind, amount=2**62) for number, kind in enumerate(Kind, 10)]
        for each in (*rows, usage(20, customer="", since=None), usage(21, amount=1)):
            with suppress(MeterRefused):
                assert isinstance(meter.charge(each), str)
