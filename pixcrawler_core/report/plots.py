"""The plots of a report, drawn by Matplotlib as SVG. Import this module only where plots are made."""

from __future__ import annotations

import io
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from pixcrawler_core.commands.paths import visible
from pixcrawler_core.report.svg import GRID, INK, MARK, OTHER_MARK, SOFT, inline

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH = 4.4
"""Inches of a plot, which are 100 pixels each: as wide as a large phone."""
ROW = 0.26
"""Inches of a bar."""
LONGEST = 24
"""Letters of a label; longer ones are cut."""
LETTER = 0.019
"""Share of the width that a letter of a label takes."""
STYLE: dict[Any, Any] = {
    "svg.fonttype": "none", "svg.id": None, "text.parse_math": False, "font.family": "DejaVu Sans",
    "font.size": 9, "figure.dpi": 72, "path.simplify": False,
    "axes.edgecolor": GRID, "axes.facecolor": "none", "axes.labelcolor": SOFT, "axes.axisbelow": True,
    "axes.spines.top": False, "axes.spines.right": False, "axes.spines.left": False,
    "grid.color": GRID, "grid.linewidth": 0.7, "text.color": INK,
    "xtick.color": SOFT, "ytick.color": SOFT, "xtick.major.size": 0, "ytick.major.size": 0,
}  # fmt: skip
"""Settings that differ from Matplotlib's own; those of the user are left aside."""


@dataclass(frozen=True, kw_only=True)
class Plot:
    """A plot, and the figures in it as a table."""

    title: str
    about: str
    svg: str
    head: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    wide: bool = False


def bars(
    title: str,
    counts: Sequence[tuple[str, float]],
    *,
    about: str = "",
    unit: str = "images",
    colours: Mapping[str, str] | None = None,
    percent: bool = False,
) -> Plot:
    """Horizontal bars from top to bottom, each with its number; `colours` are those of bars by name."""

    def draw(figure: Figure) -> None:
        names = [_cut(name) for name, _ in counts]
        left = 0.03 + LETTER * max(map(len, names))
        axes = figure.add_axes((left, 0, 0.86 - left, 1))
        places = range(len(counts))
        fills = [(colours or {}).get(name, MARK) for name, _ in counts]
        drawn = axes.barh(places, [count for _, count in counts], 0.68, color=fills)
        if colours:
            for bar in drawn:
                bar.set(edgecolor=GRID, linewidth=0.8)
        axes.set_yticks(places, names)
        axes.bar_label(drawn, [_number(count, percent) for _, count in counts], padding=4, color=INK)
        axes.set(xlim=(0, max(1e-9, *(count for _, count in counts), 1e-9)), ylim=(len(counts) - 0.5, -0.5))
        axes.xaxis.set_visible(False)
        axes.spines["bottom"].set_visible(False)

    rows = [(visible(name), _number(count, percent)) for name, count in counts]
    return _plot(title, about, draw, ROW * len(counts), ("", unit), rows)


def columns(
    title: str,
    counts: Sequence[int],
    names: Sequence[str],
    *,
    ticks: Mapping[float, str],
    about: str = "",
    unit: str = "images",
) -> Plot:
    """A histogram: a column for each class, whose name is in the table; `ticks` are labels by place."""

    def draw(figure: Figure) -> None:
        axes = figure.add_axes((0.1, 0.14, 0.84, 0.82))  # with room for the last label
        axes.bar(range(len(counts)), counts, 0.86, color=MARK)
        _columns_axes(axes, len(counts), max(counts))
        seen = [place for place, count in enumerate(counts) if count]
        first, last = max(0, seen[0] - 2), min(len(counts) - 1, seen[-1] + 2)
        inside = {place: name for place, name in ticks.items() if first <= place <= last}
        axes.set_xticks(list(inside), list(inside.values()))
        axes.set_xlim(first - 0.5, last + 0.5)

    rows = [(name, f"{count:,}") for name, count in zip(names, counts, strict=True) if count]
    return _plot(title, about, draw, 1.9, ("", unit), rows)


def small_columns(title: str, tenths: Mapping[str, Sequence[int]], *, about: str = "") -> Plot:
    """A small histogram of the tenths from 0 to 1 for each name, three in a row."""
    lines = -(-len(tenths) // 3)

    def draw(figure: Figure) -> None:
        for place, (name, counts) in enumerate(tenths.items()):
            left, top = place % 3 / 3, 1 - (place // 3) / lines
            axes = figure.add_axes((left + 0.02, top - 0.76 / lines, 0.28, 0.52 / lines))
            axes.bar(range(10), counts, 0.86, color=MARK)
            axes.set(xlim=(-0.5, 9.5), ylim=(0, max(1, *counts)))
            axes.yaxis.set_visible(False)
            axes.set_xticks([-0.5, 9.5], ["0", "1"])
            axes.set_title(_cut(name), fontsize=9, color=INK, pad=4)

    rows = [(visible(name), *map(str, counts)) for name, counts in tenths.items()]
    head = ("check", *(f"{tenth / 10:g}" for tenth in range(10)))
    return _plot(title, about, draw, 1.05 * lines, head, rows)


def time_line(title: str, found: Sequence[int], accepted: Sequence[int], ends: tuple[str, str]) -> Plot:
    """What was found and accepted in each span of time, summed up from the left."""
    sums = [[sum(counts[: place + 1]) for place in range(len(counts))] for counts in (found, accepted)]

    def draw(figure: Figure) -> None:
        axes = figure.add_axes((0.1, 0.14, 0.74, 0.82))
        for heights, colour, name in zip(sums, (OTHER_MARK, MARK), ("found", "accepted"), strict=True):
            axes.plot(range(len(heights)), heights, color=colour, linewidth=2, solid_capstyle="round")
            axes.annotate(
                name, (len(heights) - 1, heights[-1]), (5, 0), textcoords="offset points",
                va="center", color=INK, annotation_clip=False,
            )  # fmt: skip
        _columns_axes(axes, len(found), max(sums[0]))
        axes.set_xticks([0, len(found) - 1], list(ends))
        left, right = axes.get_xticklabels()
        left.set_horizontalalignment("left")
        right.set_horizontalalignment("right")

    rows = [(end, f"{sums[0][at]:,}", f"{sums[1][at]:,}") for end, at in zip(ends, (0, -1), strict=True)]
    return _plot(title, "", draw, 1.9, ("until", "found", "accepted"), rows)


def _columns_axes(axes: Axes, count: int, most: int) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axes.set(xlim=(-0.5, count - 0.5), ylim=(0, max(1, most) * 1.04))
    axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: _short(value)))
    axes.grid(axis="y")


def _plot(
    title: str, about: str, draw: Any, height: float, head: tuple[str, ...], rows: Sequence[tuple[str, ...]]
) -> Plot:
    """Draws in a figure of this height in inches. The same figures give the same bytes."""
    with mpl.rc_context(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from font", UserWarning)  # the page's own has it
        mpl.rcdefaults()
        mpl.rcParams.update({**STYLE, "svg.hashsalt": title})
        figure = Figure(figsize=(WIDTH, max(0.3, height)))
        FigureCanvasSVG(figure)
        draw(figure)
        into = io.StringIO()
        figure.savefig(into, format="svg", metadata={"Date": None}, transparent=True)
    return Plot(title=title, about=about, svg=inline(into.getvalue(), title), head=head, rows=rows)


def _cut(name: str) -> str:
    shown = visible(name)
    return shown if len(shown) <= LONGEST else f"{shown[: LONGEST - 1]}…"


def _number(count: float, percent: bool) -> str:
    if percent:
        return f"{count:.0%}" if count >= 0.005 else "<1%"
    return f"{count:,.0f}"


def _short(value: float) -> str:
    for bound, sign in ((1e6, "M"), (1e3, "k")):
        if value >= bound:
            return f"{value / bound:g}{sign}"
    return f"{value:g}"
