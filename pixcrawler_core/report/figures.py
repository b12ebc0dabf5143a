"""Which plots a report has, made of what was counted."""

from __future__ import annotations

import itertools
import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from pixcrawler_core.report.tallies import (
    ASPECT_OCTAVES,
    ASPECT_STEPS,
    SIDES,
    SIZES,
    ImageTally,
)

if TYPE_CHECKING:
    from pixcrawler_core.report.losses import Losses
    from pixcrawler_core.report.plots import Plot

logging.getLogger("matplotlib").setLevel(logging.ERROR)  # it warns where it cannot keep a list of fonts
BARS = 12
"""Bars of a plot at most; the last one sums up what is left."""
CHECKS = 24
"""Checks whose scores are drawn, at most."""
ASPECTS = ((-2, "1:4"), (-1, "1:2"), (-0.585, "2:3"), (0, "1:1"), (0.585, "3:2"), (1, "2:1"), (2, "4:1"))
"""Ticks of aspects by their logarithm to base 2."""
SWATCHES = {
    "black": "#1c1c1e", "white": "#f7f7f5", "grey": "#8e8e90", "red": "#c8323c", "orange": "#e8833a",
    "yellow": "#ecca45", "green": "#4f9a52", "blue": "#3f74c4", "purple": "#7e57a8", "pink": "#e291ab",
    "brown": "#86593a",
}  # fmt: skip
"""What the bars of the eleven basic colour terms are filled with."""


def draw_figures(tally: ImageTally, losses: Losses | None) -> list[Plot]:
    """The plots in their order; what has no figures has no plot."""
    return [*_of_the_way(losses), *_of_images(tally), *_of_places(tally)]


def _of_the_way(losses: Losses | None) -> Iterator[Plot]:
    from pixcrawler_core.report.plots import bars, time_line

    if losses is None or not losses.rows:
        return
    about = "Addresses that came so far. What was found but not asked for was not needed."
    yield bars("From found to accepted", losses.funnel(), about=about, unit="addresses")
    times = losses.times
    found, accepted = times.found.tolist(), times.accepted.tolist()
    yield time_line("In the course of time", found, accepted, _ends(times.first, times.last))


def _of_images(tally: ImageTally) -> Iterator[Plot]:
    from pixcrawler_core.report.plots import bars, columns, small_columns

    if not tally.images:
        return
    sides = {place + 0.5: str(side) for place, side in enumerate(SIDES) if place % 2 == 0}
    names = _names([str(side) for side in SIDES], "px")
    if tally.sides.any:
        yield columns("Shorter side", tally.sides.counts, names, ticks=sides, about="Pixels.")
    sizes = [_bytes(size) for size in SIZES]
    ticks = {place + 0.5: name for place, name in enumerate(sizes) if place % 3 == 1}
    if tally.sizes.any:
        yield columns("Size of the file", tally.sizes.counts, _names(sizes), ticks=ticks)
    aspects = {(at + ASPECT_OCTAVES) * ASPECT_STEPS: name for at, name in ASPECTS}
    names = [f"{2 ** (at / ASPECT_STEPS - ASPECT_OCTAVES):.2f}" for at in range(len(tally.aspects.counts))]
    about = "Width to height, as stored."
    if tally.aspects.any:
        yield columns("Aspect", tally.aspects.counts, names, ticks=aspects, about=about)
    if colours := sorted(tally.colours.items(), key=lambda each: (-each[1], each[0])):
        whole = sum(share for _, share in colours)
        shares = [(name, share / whole) for name, share in colours]
        about = "Shares of the pictures in the gallery."
        yield bars("Colours", shares, about=about, unit="share", colours=SWATCHES, percent=True)
    if tally.scores:
        tenths = {name: classes.counts for name, classes in sorted(tally.scores.items())[:CHECKS]}
        yield small_columns("Scores of checks", tenths, about="Images by score, 0 to 1, where 1 is best.")


def _of_places(tally: ImageTally) -> Iterator[Plot]:
    from pixcrawler_core.report.plots import bars

    for title, counts in (
        ("Licences", tally.licences),
        ("Sources", tally.engines),
        ("Hosts", tally.hosts),
        ("Formats", tally.formats),
        ("Splits", tally.splits),
    ):
        if counts:
            yield bars(title, _most(counts))


def _most(counts: Counter[str]) -> list[tuple[str, float]]:
    ordered = sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    if len(ordered) <= BARS:
        return [*ordered]
    left = ordered[BARS - 1 :]
    return [*ordered[: BARS - 1], (f"{len(left):,} others", sum(count for _, count in left))]


def _names(bounds: Sequence[str], unit: str = "") -> list[str]:
    """Names of the classes between bounds."""
    more = f" {unit}" if unit else ""
    between = (f"{low} to {high}{more}" for low, high in itertools.pairwise(bounds))
    return [f"below {bounds[0]}{more}", *between, f"from {bounds[-1]}{more}"]


def _bytes(size: int) -> str:
    return f"{size >> 10} KB" if size < 1 << 20 else f"{size >> 20} MB"


def _ends(first: datetime, last: datetime) -> tuple[str, str]:
    form = "%H:%M:%S" if first.date() == last.date() else "%d %b %Y"
    return f"{first:{form}}", f"{last:{form}}"
