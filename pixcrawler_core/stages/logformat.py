"""Keeps Scrapy's log readable: what becomes of each candidate is in the ledger, not in the log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scrapy.logformatter import LogFormatter

if TYPE_CHECKING:
    from scrapy import Spider
    from scrapy.http import Response
    from twisted.python.failure import Failure


class QuietFormatter(LogFormatter):
    """Dropped and scraped items are not logged; they are rows of the ledger."""

    def dropped(  # type: ignore[override]  # None is documented: no log entry
        self, item: Any, exception: BaseException, response: Response | Failure | None, spider: Spider
    ) -> None:
        return None

    def scraped(  # type: ignore[override]  # None is documented: no log entry
        self, item: Any, response: Response | Failure | None, spider: Spider
    ) -> None:
        return None
