"""Gives each image that a dataset keeps its split, and notes it in the catalog."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pixcrawler_core.records import Placement
from pixcrawler_core.splitting.assign import assign
from pixcrawler_core.splitting.groups import group_images
from pixcrawler_core.splitting.rules import Rules
from pixcrawler_core.splitting.table import Fact, collect

if TYPE_CHECKING:
    from pixcrawler_core.catalog.ledger import Ledger


@dataclass(frozen=True, kw_only=True)
class Splitting:
    """How the images of a dataset are cut."""

    rules: Rules
    counts: Mapping[str, Mapping[str, int]]
    """Images by split and category."""
    given: int
    """Images that had no split by these rules, or another one, until now."""
    moved: Mapping[int, str]
    """By the ledger row of each image that was moved, now or earlier, the split it was in before."""


def split_images(ledger: Ledger, rules: Rules) -> Splitting:
    """Give a split to each image that has none by these rules; what has one keeps it, unless groups join.

    Raises WorkspaceError when the catalog cannot be used; it then has noted nothing, or everything.
    """
    moved: dict[int, str] = {}
    images = collect(_facts(ledger, rules, moved), rules.splits)
    groups = group_images(images, rules)
    shares = tuple(rules.shares.values())
    splits = assign(groups, images.categories, images.digests, images.splits, shares, rules.seed)
    changed = np.flatnonzero(splits != images.splits)
    left = changed[images.splits[changed] >= 0]
    for row, before in zip(images.rows[left].tolist(), images.splits[left].tolist(), strict=True):
        moved[row] = rules.splits[before]
    if len(changed):
        changed = changed[np.argsort(images.rows[changed])]  # as they lie in the catalog: a fifth of the time
        rows, given = images.rows[changed], splits[changed]
        ledger.save_splits(
            (row, Placement(split=rules.splits[split], made_by=rules.digest, before=moved.get(row)))
            for row, split in zip(rows.tolist(), given.tolist(), strict=True)
        )
    return Splitting(rules=rules, counts=images.counts(rules.splits, splits), given=len(changed), moved=moved)


def _facts(ledger: Ledger, rules: Rules, moved: dict[int, str]) -> Iterator[Fact]:
    """What is known of each kept image; those that were moved earlier are added to `moved`."""
    digest = rules.digest
    for kept in ledger.kept():
        candidate, outcome, placement = kept.candidate, kept.outcome, kept.placement
        current = placement if placement and placement.made_by == digest else None
        if current and current.before:
            moved[candidate.id] = current.before
        yield Fact(
            row=candidate.id,
            category=candidate.category,
            sha256=outcome.sha256 or "0",
            phash=outcome.phash,
            page=candidate.page_url,
            split=current.split if current else None,
        )
