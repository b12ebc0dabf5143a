"""What the writers of folders with a dataset card have in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pixcrawler_core.exports.card import CARD, Facts, card
from pixcrawler_core.exports.writer import ExportWriter


class CardedWriter(ExportWriter):
    """A folder with README.md. A format says how it is read, and where `datasets` finds a split."""

    loading: str
    """Python that reads the export, for people; `{folder}` and `{split}` stand for its name and a split."""

    def begin(self) -> None:
        """Begin to count."""
        self.facts = Facts(dataset=self.dataset)
        super().begin()

    def add(self, path: Path, name: str, entry: Mapping[str, Any] | None, /) -> None:
        """Add a file, and count an image. Raises as every writer does."""
        super().add(path, name, entry)
        if entry is not None:
            self.facts.add(entry)

    def other(self, path: Path, name: str) -> None:
        """Write a file that is no image, and look at what it tells of the dataset."""
        super().other(path, name)
        self.facts.other(path, name)

    def finish(self) -> None:
        """Write what the format writes last, and the card."""
        super().finish()
        split = next(iter(self.facts.splits), "train")
        loading = self.loading.format(folder=self.place.final.name, split=split)
        text = card(self.facts, loading, self.patterns)
        (self.place.part / CARD).write_bytes(text.encode("utf-8", "replace"))

    def patterns(self, split: str) -> Sequence[str]:
        """The files of a split, as patterns of `datasets`; none if it cannot read the format."""
        return [f"{split}/**"]
