"""The pictures of a gallery as blocks of data in the page; its script takes apart those that are seen."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from pixcrawler_core.machine import usable_cores
from pixcrawler_core.report.entries import Entry
from pixcrawler_core.report.tallies import ImageTally
from pixcrawler_core.report.thumbnails import MISSING, Thumbnail, thumbnail
from pixcrawler_core.threads import in_threads

SHOWN = 10_000
"""Pictures in a page at most: with 5.4 KB each, their data in base64 and JSON, it has some 55 MB."""
BLOCK = 60
"""Pictures of a block of data; those of a few blocks are in memory at once, here and in the browser."""
COVERS = 48
"""Categories of which a picture is shown above the gallery."""
LONGEST = 300
"""Letters of a text that are shown."""


def allowance(accepted: Mapping[str, int], most: int = SHOWN) -> int:
    """How many images of each category are shown, so that all of them are `most` at most; 1 at least.

    Small categories are shown whole, and the others share what is left.
    """
    left = most
    for place, count in enumerate(sorted(accepted.values())):
        share = left // (len(accepted) - place)
        if count > share:
            return max(1, share)
        left -= count
    return max(1, *accepted.values(), 1) if accepted else 1


class Gallery:
    """Counts all images of a dataset and writes those that are shown to a file, block by block."""

    def __init__(self, folder: Path, accepted: Mapping[str, int], most: int = SHOWN) -> None:
        self.tally = ImageTally()
        self.covers: dict[str, Thumbnail] = {}
        """The first picture of each category."""
        self.limit = allowance(accepted, most)
        """Images of a category that are shown at most."""
        self.shown: Counter[str] = Counter()
        """Images that are shown by category."""
        self.pictures = 0
        """Images that are shown."""
        self.missing: list[str] = []
        """Paths of images, among those shown, whose files are not there; the first `LONGEST` of them."""
        self.gone = 0
        """How many such images there are."""
        self._folder = folder
        self._most = most

    def write(self, entries: Iterable[Entry], file: IO[str]) -> None:
        """Write the blocks. Raises what `entries` raises, and OSError."""
        made = in_threads(self._thumbnail, self._chosen(entries), usable_cores())
        while block := list(itertools.islice(made, BLOCK)):
            for entry, picture in block:
                self._note(entry, picture)
            told = [_index(entry, picture) for entry, picture in block]
            file.write(f'<script type="application/json" class="index">{as_json(told)}</script>\n')
            more = [_details(entry, picture) for entry, picture in block]
            file.write(f'<script type="application/json" class="details">{as_json(more)}</script>\n')
            pictures = "\n".join(picture.data for _, picture in block)
            file.write(f'<script type="text/plain" class="thumbnails">{pictures}</script>\n')

    def _chosen(self, entries: Iterable[Entry]) -> Iterator[Entry]:
        for entry in entries:
            self.tally.add(entry)
            if self.shown[entry.category] < self.limit and self.pictures < self._most:
                self.shown[entry.category] += 1
                self.pictures += 1
                yield entry

    def _thumbnail(self, entry: Entry) -> tuple[Entry, Thumbnail]:
        return entry, thumbnail(self._folder / entry.path, colours=True)

    def _note(self, entry: Entry, picture: Thumbnail) -> None:
        self.tally.add_colours(picture.colours)
        if picture.data and len(self.covers) < COVERS:
            self.covers.setdefault(entry.category, picture)
        if picture.problem == MISSING:
            self.gone += 1
            self.missing += [entry.path] if len(self.missing) < LONGEST else []


def as_json(value: Any) -> str:
    """JSON in ASCII that ends no element it stands in, whatever text it holds."""
    text = json.dumps(value, separators=(",", ":"), allow_nan=False, default=str)
    return text.translate({ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&"})


def _index(entry: Entry, picture: Thumbnail) -> list[Any]:
    """What the gallery is filtered by."""
    labels = list(dict.fromkeys(label.name for label in entry.labels))
    facts = [entry.category, entry.split, entry.licence, entry.engine, labels]
    return [entry.path, (entry.title or "")[:LONGEST], *facts, entry.width, entry.height, picture.problem]


def _details(entry: Entry, picture: Thumbnail) -> dict[str, Any]:
    """What is shown of one picture that was opened, beside the index."""
    told = entry.model_dump(include={*_TOLD})
    told = {name: value[:2000] if isinstance(value, str) else value for name, value in told.items()}
    told["labels"] = [[label.name, label.source, _finite(label.score)] for label in entry.labels]
    told["scores"] = {name: _finite(value) for name, value in _scores(entry.scores)}
    answers = ((name, value) for name, value in entry.consent.items() if value is not None)
    told["consent"] = {name: str(value)[:LONGEST] for name, value in answers}
    told["colours"] = {name: round(share, 3) for name, share in picture.colours.items()}
    return {name: value for name, value in told.items() if value not in (None, {}, [])}


_TOLD = (
    "sha256", "size", "format", "url", "page", "creator", "creator_url", "licence_url", "attribution",
    "query", "consent", "row",
)  # fmt: skip


def _scores(scores: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    for name, measures in scores.items():
        score = measures.get("score") if isinstance(measures, Mapping) else None
        if isinstance(score, int | float):
            yield name, score


def _finite(value: float | None) -> float | None:
    return round(value, 4) if value is not None and abs(value) < float("inf") else None
