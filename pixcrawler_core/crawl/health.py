"""How the sources of a run answered, page by page."""

from __future__ import annotations

from collections import Counter

from pixcrawler_core.sources import PageReport


class Health:
    """Counts the answers of each source by class, and keeps the last problem of each as evidence."""

    def __init__(self) -> None:
        self.counts: dict[str, Counter[str]] = {}
        self.problems: dict[str, PageReport] = {}

    def note(self, engine: str, report: PageReport) -> None:
        """Take note of one answer."""
        self.counts.setdefault(engine, Counter())[report.page_class.value] += 1
        if report.marker is not None:
            self.problems[engine] = report
