"""What earlier runs measured on the same bytes, for the checks of a crawl; and what this one adds."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import TYPE_CHECKING, Any

from pixcrawler_core.catalog.measures import Kept, MeasureStore

if TYPE_CHECKING:
    from pixcrawler_core.catalog.ledger import Ledger
    from pixcrawler_core.catalog.writer import LedgerWriter
    from pixcrawler_core.checks import Measures
    from pixcrawler_core.image import Image
    from pixcrawler_core.records import Candidate, Outcome
    from pixcrawler_core.validation import Checks

AT_ONCE = 50
"""Images whose measures are written in one transaction."""


def in_doubt(
    ledger: Ledger,
    checks: Checks,
    image_of: Callable[[Candidate, Outcome], Image],
    decided: Collection[str] = (),
) -> Iterator[int]:
    """Ledger rows of accepted images of which these checks do not hold, or it cannot be told unseen.

    Images whose digests are `decided` are none: a person wants them.
    """
    store = MeasureStore(ledger.database)
    for candidate, outcome in ledger.accepted():
        if outcome.sha256 in decided:
            continue
        image = image_of(candidate, outcome)
        known = store.of(image.sha256) if checks.keeps else {}
        if not checks.holds(image, known, outcome.scores or {}):
            yield candidate.id


class Measured:
    """Kept measures, read and written in the ledger's thread: those of checks if they have some that are
    kept, and fingerprints if methods of deduplication have such ones."""

    def __init__(self, ledger: LedgerWriter, *, checks: bool, prints: bool) -> None:
        self._ledger = ledger
        self._store = MeasureStore(ledger.ledger.database)
        self._keeps = checks or prints
        self.prints = prints
        self._waiting: list[Kept] = []

    async def of(self, sha256: str, *, checked: bool = False) -> dict[str, dict[str, Any]]:
        """What is known of these bytes, by the check's key: of those that are `checked` the fingerprints."""
        wanted = self.prints if checked else self._keeps
        return await self._ledger.call(self._store.of, sha256) if wanted else {}

    async def add(self, sha256: str, fresh: dict[str, Measures]) -> None:
        """Keep what was measured, in groups."""
        if fresh:
            self._waiting.append((sha256, fresh))
        if len(self._waiting) >= AT_ONCE:
            await self.flush()

    async def flush(self) -> None:
        """Write what waits."""
        waiting, self._waiting = self._waiting, []
        if waiting:
            await self._ledger.call(self._store.keep, waiting)
