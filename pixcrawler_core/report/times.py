"""When the rows of a ledger were found and accepted, in equal spans of time."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixcrawler_core.records import State

SPANS = 48
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass
class Times:
    """Counts rows of a ledger by time: all batches are first asked for their ends, then counted."""

    ends: tuple[int, int] | None = None
    """Microseconds since 1970, of the first row that was found and of the last change."""
    found: NDArray[np.int64] = field(default_factory=lambda: np.zeros(SPANS, np.int64))
    accepted: NDArray[np.int64] = field(default_factory=lambda: np.zeros(SPANS, np.int64))

    @property
    def first(self) -> datetime:
        """When the first row was found."""
        return EPOCH + timedelta(microseconds=self.ends[0] if self.ends else 0)

    @property
    def last(self) -> datetime:
        """When a row changed last."""
        return EPOCH + timedelta(microseconds=self.ends[1] if self.ends else 0)

    def widen(self, batch: Any) -> None:
        """Take in the ends of a batch."""
        if not batch.num_rows:
            return
        first, last = _micros(batch, "created_at").min(), _micros(batch, "updated_at").max()
        known = self.ends or (first, last)
        self.ends = int(min(first, known[0])), int(max(last, known[1]))

    def add(self, batch: Any) -> None:
        """Count the rows of a batch."""
        import pyarrow.compute as pc

        self.found += self._counts(_micros(batch, "created_at"))
        accepted = batch.filter(pc.equal(batch.column("state"), State.ACCEPTED.value))
        self.accepted += self._counts(_micros(accepted, "updated_at"))

    def _counts(self, times: NDArray[np.int64]) -> NDArray[np.int64]:
        first, last = self.ends or (0, 0)
        spans = (times - first) * SPANS // max(1, last - first + 1)
        return np.bincount(np.clip(spans, 0, SPANS - 1), minlength=SPANS)


def _micros(batch: Any, name: str) -> NDArray[np.int64]:
    import pyarrow as pa

    column = batch.column(name).drop_null().cast(pa.timestamp("us", tz="UTC")).cast(pa.int64())
    return np.asarray(column, np.int64)
