"""What a report counts over the images of a dataset, one by one: memory does not grow with their number."""

from __future__ import annotations

import bisect
import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from pixcrawler_core.report.entries import Entry

SIDES = (128, 192, 256, 384, 512, 768, 1024, 1536, 2048, 3072, 4096)
"""Bounds of the classes of the shorter side, in pixels."""
SIZES = tuple(2**power for power in range(13, 25))
"""Bounds of the classes of the file's size, in bytes: 8 KiB to 16 MiB."""
ASPECT_STEPS = 12
"""Classes of the aspect in each doubling of width by height: 4:3, 3:2 and 16:9 are amid theirs."""
ASPECT_OCTAVES = 2
"""Doublings to either side of a square; what is longer is in the last class."""
DISTINCT = 100_000
"""Different hosts, licences and the like that are told apart; others are counted as `others`."""
UNKNOWN, OTHERS = "unknown", "others"


def tally(counter: Counter[str], name: str) -> None:
    """Count a name from the web, of which there may be any number."""
    counter[name if name in counter or len(counter) < DISTINCT else OTHERS] += 1


@dataclass
class Classes:
    """How many values lie in each class between `bounds`; the first class is below all, the last above."""

    bounds: Sequence[float]
    counts: list[int] = field(init=False)

    def __post_init__(self) -> None:
        self.counts = [0] * (len(self.bounds) + 1)

    @property
    def any(self) -> bool:
        """Whether there is any value."""
        return any(self.counts)

    def add(self, value: float) -> None:
        """Count a value."""
        self.counts[bisect.bisect_right(self.bounds, value)] += 1


def aspect_bounds() -> list[float]:
    """Bounds of the classes of log2(width / height); a square is in the middle of the middle class."""
    steps = ASPECT_STEPS * ASPECT_OCTAVES
    return [(step + 0.5) / ASPECT_STEPS for step in range(-steps, steps)]


class ImageTally:
    """Sums up the entries of a manifest."""

    def __init__(self) -> None:
        self.images = 0
        self.bytes = 0
        self.licences: Counter[str] = Counter()
        self.engines: Counter[str] = Counter()
        self.hosts: Counter[str] = Counter()
        self.formats: Counter[str] = Counter()
        self.splits: Counter[str] = Counter()
        self.colours: defaultdict[str, float] = defaultdict(float)
        self.sides = Classes(SIDES)
        self.sizes = Classes(SIZES)
        self.aspects = Classes(aspect_bounds())
        self.scores: defaultdict[str, Classes] = defaultdict(lambda: Classes([n / 10 for n in range(1, 10)]))
        self.consent = ConsentTally()

    def add(self, entry: Entry) -> None:
        """Count an image."""
        self.images += 1
        self.bytes += entry.size or 0
        tally(self.licences, entry.licence or UNKNOWN)
        tally(self.engines, entry.engine)
        tally(self.hosts, host_of(entry.final_url or entry.url))
        tally(self.formats, entry.format or UNKNOWN)
        if entry.split:
            tally(self.splits, entry.split)
        if entry.size:
            self.sizes.add(entry.size)
        if entry.width and entry.height:
            self.sides.add(min(entry.width, entry.height))
            self.aspects.add(math.log2(entry.width / entry.height))
        self._add_scores(entry.scores)
        self.consent.add(entry.consent)

    def add_colours(self, colours: Mapping[str, float]) -> None:
        """Count the shares of the colours of one image."""
        for name, share in colours.items():
            self.colours[name] += share

    def _add_scores(self, scores: Mapping[str, Any]) -> None:
        for check, measures in scores.items():
            score = measures.get("score") if isinstance(measures, Mapping) else None
            if isinstance(score, int | float) and math.isfinite(score):
                self.scores[check].add(score)


class ConsentTally:
    """Sums up what was asked and answered before the bytes were read."""

    ASKED = ("robots_txt", "x_robots_tag", "tdm_reservation", "tdm_policy")
    """What each image's evidence answers."""

    def __init__(self) -> None:
        self.answers: dict[str, Counter[str]] = {name: Counter() for name in self.ASKED}
        self.agents: Counter[str] = Counter()
        self.times: tuple[str, str] | None = None
        """The first and the last time at which hosts were asked."""
        self.without = 0
        """Images of which no evidence is kept."""

    def add(self, evidence: Mapping[str, Any]) -> None:
        """Count the evidence of one image."""
        if not evidence:
            self.without += 1
            return
        for name, answers in self.answers.items():
            answer = evidence.get(name)
            tally(answers, "nothing said" if answer is None else str(answer))
        tally(self.agents, str(evidence.get("user_agent") or UNKNOWN))
        if time := str(evidence.get("checked_at") or ""):
            first, last = self.times or (time, time)
            self.times = min(first, time), max(last, time)


def host_of(url: str) -> str:
    """The host of an address; `unknown` for what is none."""
    try:
        return urlsplit(url).hostname or UNKNOWN
    except ValueError:
        return UNKNOWN
