"""The closing words of a run: what each category got, why others were not taken, where the dataset is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.table import Table

if TYPE_CHECKING:
    from pixcrawler_core.crawl.result import Result, Share


def print_summary(result: Result) -> None:
    """Print tables for people on standard output."""
    console = Console(highlight=False, soft_wrap=True)
    console.print(_categories(result))
    reasons: Counter[str] = Counter()
    for share in result.shares:
        reasons.update(share.reasons)
    if reasons:
        told = ", ".join(f"{reason} {count}" for reason, count in reasons.most_common())
        console.print(f"not accepted: {escape(told)}")
    for line in _sources(result):
        console.print(escape(line))
    for source, failure in result.failures.items():
        console.print(f"source ended early: {escape(source)}: {escape(failure)}")
    console.print(_last_words(result))


def _sources(result: Result) -> Iterator[str]:
    """A line for each source that was asked: its answers by class, and whether it is left alone now."""
    for name, standing in result.sources.items():
        pages = ", ".join(f"{count} {kind.replace('_', ' ')}" for kind, count in standing["pages"].items())
        until = standing["suspended_until"]
        if pages:
            yield f"source {name}: answers {pages}{f'; suspended until {until}' if until else ''}"


def _categories(result: Result) -> Table:
    table = Table(title=f"dataset {escape(result.dataset)}", title_justify="left")
    for name in ("category", "wanted", "accepted", "short"):
        table.add_column(name, justify="left" if name == "category" else "right")
    ended = not result.interrupted and result.error is None
    if result.short and ended:
        table.add_column("why candidates were not accepted")
    for share in result.shares:
        row = [
            escape(share.category),
            str(share.wanted or "all"),
            str(share.accepted),
            str(share.short or ""),
        ]
        if result.short and ended:
            row.append(_why(share, failed=bool(result.failures)))
        table.add_row(*row)
    return table


def _why(share: Share, *, failed: bool) -> str:
    if not share.short:
        return ""
    ended = "some sources ended early" if failed else "the sources had no more"
    common = ", ".join(f"{reason} {count}" for reason, count in Counter(share.reasons).most_common(5))
    return f"{ended}; {escape(common)}" if common else ended


def _last_words(result: Result) -> str:
    rate = result.fetched / result.seconds if result.seconds else 0.0
    lines = [
        f"{result.accepted} images; {result.fetched} fetched now in {result.seconds:.1f} s ({rate:.0f}/s)"
    ]
    if result.folder is not None:
        lines += [
            f"dataset: {escape(str(result.folder))}",
            "  manifest.json, statistics.json, report.html, categories/, metadata/",
        ]
    lines += [f"export: {escape(str(path))}" for path in result.exports]
    if result.interrupted:
        lines.append("interrupted: run the same command again to go on")
    elif result.error is None and result.short:
        lines.append("finished short: the sources gave less than was asked (exit code 3)")
    return "\n".join(lines)
