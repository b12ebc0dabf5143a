"""What `pixcrawler storage usage` does."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pixcrawler_core.amounts import count, megabytes
from pixcrawler_core.commands.paths import visible
from pixcrawler_core.commands.store_listing import amount_line, told_times
from pixcrawler_core.commands.stores import books_of, store_of
from pixcrawler_core.storage.accounting import Amount, Prices, Usage, usages
from pixcrawler_core.storage.bookkeeping import ACCOUNTING
from pixcrawler_core.storage.reconciling import Difference, differences
from pixcrawler_core.storage.units import DATASETS, EXPORTS, units

if TYPE_CHECKING:
    from pixcrawler_core.cli import Context
    from pixcrawler_core.storage.protocols import Store
    from pixcrawler_core.workspace import Workspace

USER = "user"
"""By whom usage can be summed, instead of by unit."""
NOBODY = "nobody"
"""In the place of a user's address."""


@dataclass(kw_only=True)
class Report:
    """What is to be told."""

    found: Sequence[Usage]
    prices: Prices
    owners: Mapping[str, str | None] = field(default_factory=dict)
    """Addresses of users by unit."""
    wrong: Sequence[Difference] | None = None
    """What differs; None if that was not looked for."""

    @property
    def whole(self) -> Amount:
        """All units together."""
        return sum(self.found, Amount())

    def by_user(self) -> Iterator[tuple[str | None, int, Amount]]:
        """Each user's address, number of units, and sum; what belongs to nobody last."""
        named = [(self.owners.get(each.unit), each) for each in self.found]
        for user in sorted({user for user, _ in named}, key=lambda user: (user is None, user)):
            own = [each for owner, each in named if owner == user]
            yield user, len(own), sum(own, Amount())


def show_usage(
    context: Context,
    config: Path | None,
    name: str | None,
    *,
    by: str,
    verify: bool,
    emptied: bool,
    as_json: bool,
) -> int:
    """Print what is stored, and with `verify` what differs from what is here; returns the exit code.

    The store may have nothing of what the catalog has noted if it was `emptied`.
    """
    if emptied and not verify:
        raise click.UsageError("--emptied is for --verify, which notes what the store has")
    with store_of(context, config, name, unseen=emptied) as place, books_of(context, place) as books:
        noted = books.noted() if books is not None else {}
        report = Report(found=list(usages(units(place.store.list()))), prices=place.table.prices)
        if verify:
            unbalanced = books.balance(noted, report.found) if books is not None else []
            wrong = _wrong(place.store, context.open_workspace(), report.found)
            report.wrong = [*wrong, *unbalanced]
        if books is not None:
            report.owners = books.owners(each.unit for each in report.found)
    if as_json:
        click.echo(json.dumps(_object(report, by), indent=1))
    else:
        _show(report, by)
    return 1 if report.wrong else 0


def _wrong(store: Store, workspace: Workspace, found: Sequence[Usage]) -> Iterator[Difference]:
    """What differs in those units that are here too."""
    places = {DATASETS: workspace.datasets, EXPORTS: workspace.exports}
    for each in found:
        kind, _, own = each.unit.partition("/")
        if kind in places and (places[kind] / own).exists():
            yield from differences(store, places[kind] / own, each.unit)


def _object(report: Report, by: str) -> dict[str, Any]:
    prices, told = report.prices, report.whole.as_json(report.prices)
    del told["objects"], told["archived"], told["touched_at"], told["read_at"]
    if by == USER:
        sums = report.by_user()
        rows = {"users": [{"user": user, "units": n, **each.as_json(prices)} for user, n, each in sums]}
    else:
        found = report.found
        rows = {"units": [{**each.as_json(prices), "owner": report.owners.get(each.unit)} for each in found]}
    if report.wrong is not None:
        told["differences"] = [
            {"key": each.key, "what": each.what, "detail": each.detail} for each in report.wrong
        ]
    return {**rows, **told}


def _show(report: Report, by: str) -> None:
    for line in _user_lines(report) if by == USER else _unit_lines(report):
        click.echo(line)
    for tier, each in report.whole.tiers.items():
        told = [megabytes(each.size), *told_times(each), f"{each.cost(report.prices[tier]):.4f} a month"]
        click.echo(f"{tier.value}: {', '.join(told)}")
    if report.wrong is not None:
        _show_differences(report.wrong)


def _unit_lines(report: Report) -> Iterator[str]:
    for each in report.found:
        owner = report.owners.get(each.unit)
        line = f"{visible(each.unit)}: {amount_line(each, report.prices)}"
        yield f"{line}, owner {visible(owner)}" if owner else line


def _user_lines(report: Report) -> Iterator[str]:
    for user, number, each in report.by_user():
        yield f"{visible(user or NOBODY)}: {count(number, 'unit')}, {amount_line(each, report.prices)}"


def _show_differences(wrong: Iterable[Difference]) -> None:
    told = list(wrong)
    for each in told:
        detail = f" ({visible(each.detail)})" if each.detail else ""
        click.echo(f"{each.what}: {visible(each.key)}{detail}")
    mended = "; the catalog is right now" if any(each.what == ACCOUNTING for each in told) else ""
    click.echo(f"{count(len(told), 'difference')} between the store and this workspace{mended}")
