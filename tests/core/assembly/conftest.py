"""A workspace with one dataset, filled without a crawl."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pixcrawler_core.assembly.dataset import Assembly
from pixcrawler_core.catalog.datasets import CrawlJob, Dataset
from pixcrawler_core.catalog.ledger import Ledger
from pixcrawler_core.records import Candidate, Outcome, Stage, State
from pixcrawler_core.workspace import Workspace

NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)


@dataclasses.dataclass
class House:
    """A workspace with one dataset, and what fills it."""

    workspace: Workspace
    ledger: Ledger

    def find(self, category: str, number: int, **changes: Any) -> list[Candidate]:
        """Record candidates of a stream of this category."""
        stream = self.ledger.open_stream(category, "engine", f"{category} {self.ledger.counts()!r}"[:200])
        usual: dict[str, Any] = {"engine": "engine", "category": category, "query": stream.query}
        found = [
            Candidate(
                **{**usual, "image_url": f"http://a.example/{stream.id}/{rank}", "rank": rank, **changes}
            )
            for rank in range(number)
        ]
        return self.ledger.add_page(stream.id, 1, found, None, True)

    def accept(self, candidates: list[Candidate], start: int = 1, **changes: Any) -> None:
        """Store bytes for candidates and accept them, numbered from `start`."""
        for number, candidate in enumerate(candidates, start):
            blob = self.workspace.blobs.put([candidate.image_url.encode(), bytes(1000)])
            outcome = Outcome(
                state=State.ACCEPTED, stage=Stage.SELECTION, number=number, sha256=blob.sha256,
                size=blob.size, format="JPEG", width=800, height=600, phash="0" * 16,
                final_url=candidate.image_url, consent={"robots_txt": "allowed"},
                scores={"dimensions": {"score": 0.5}},
            )  # fmt: skip
            self.ledger.apply([(candidate, dataclasses.replace(outcome, **changes))])

    def blob(self, sha256: str) -> Path:
        """Where a blob lies plain."""
        return self.workspace.blobs.root / sha256[:2] / sha256

    def assemble(self, **changes: Any) -> Path:
        """Assemble the dataset."""
        usual: dict[str, Any] = {
            "dataset": "set", "name": "Set", "folder": self.workspace.dataset("set"), "ledger": self.ledger,
            "blobs": self.workspace.blobs, "goals": {"cat": 5}, "job": {"name": "Set"}, "now": NOON,
        }  # fmt: skip
        return Assembly(**{**usual, **changes}).run()


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with Workspace(tmp_path / "workspace") as workspace:
        job = CrawlJob.create(dataset=Dataset.create(id="set", name="Set"), max_images=5, status="running")
        yield House(workspace, Ledger(workspace.open(), job.id))
