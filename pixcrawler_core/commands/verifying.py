"""What `pixcrawler verify` does: looks at the files, asks the links if wanted, tells what is wrong."""

from __future__ import annotations

import json
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pixcrawler_core.amounts import megabytes
from pixcrawler_core.assembly.manifest import MANIFEST
from pixcrawler_core.commands.counting import counted
from pixcrawler_core.commands.datasets import dataset_folder
from pixcrawler_core.commands.paths import visible
from pixcrawler_core.machine import usable_cores
from pixcrawler_core.provenance.reading import Document, checked_digest, checked_path
from pixcrawler_core.provenance.verifying import Verification

if TYPE_CHECKING:
    from pixcrawler_core.cli import Context
    from pixcrawler_core.config.fetch import FetchOptions
    from pixcrawler_core.provenance.links import Asked, Link


@dataclass(frozen=True, kw_only=True)
class Order:
    """What the command line asks for."""

    online: bool
    contact: str | None
    private: tuple[str, ...]
    jobs: int | None
    as_json: bool


def verify_dataset(context: Context, text: str, order: Order) -> int:
    """Verify the dataset that the command line names; returns the exit code."""
    options = _fetch_options(order) if order.online else None
    verification = Verification(dataset_folder(context, text))
    silent = context.quiet or order.as_json
    looked = verification.check(order.jobs or usable_cores())
    deque(looked if silent else counted(looked, verification.total), maxlen=0)
    if not order.as_json:
        for problem in verification.problems:
            click.echo(visible(f"{problem.kind}: {problem.path}: {problem.detail}"))
    links = None if options is None else _links(verification, options, order, silent=silent)
    if order.as_json:
        click.echo(json.dumps(_told(verification, links), indent=1))
    elif not context.quiet:
        _show(verification, links)
    return 1 if verification.problems else 0


@dataclass(kw_only=True)
class Links:
    """How the links of a dataset answered."""

    counts: Counter[str]
    lost: list[Link]
    """Those that do not give the same bytes from the same address, in the order in which they answered."""


def _fetch_options(order: Order) -> FetchOptions:
    from pixcrawler_core.config.fetch import FetchOptions
    from pixcrawler_core.config.problems import parse_options

    given = {"contact": order.contact, "allow_private_hosts": list(order.private)}
    options: FetchOptions = parse_options(FetchOptions, given, "verify --online")
    return options


def _links(verification: Verification, options: FetchOptions, order: Order, *, silent: bool) -> Links:
    from pixcrawler_core.provenance.links import SAME, ask_links

    found = Links(counts=Counter(), lost=[])
    answers = ask_links(_asked(verification.folder), options)
    for link in answers if silent else counted(answers, verification.promises.images):
        found.counts[link.state] += 1
        if link.state == SAME:
            continue
        found.lost.append(link)
        if not order.as_json:
            why = link.detail or f"now at {link.final_url}"
            click.echo(visible(f"link {link.state}: {link.path}: {link.url}: {why}"))
    return found


def _asked(folder: Path) -> Iterator[Asked]:
    """What the manifest says of each image that has an address; rows that are wrong were told of before."""
    from pixcrawler_core.provenance.links import Asked

    for row in Document(folder / MANIFEST).rows():
        url, final = row.told.get("url"), row.told.get("final_url")
        if not isinstance(url, str):
            continue
        try:
            path, digest = checked_path(row.told.get("path")), checked_digest(row.told.get("sha256"))
        except ValueError:
            continue
        yield Asked(path, digest, url, final if isinstance(final, str) else None)


def _told(verification: Verification, links: Links | None) -> dict[str, Any]:
    promises = verification.promises
    told: dict[str, Any] = {
        "folder": str(verification.folder),
        "dataset": promises.head.get("dataset"),
        "version": promises.version,
        "locked": promises.locked,
        "images": promises.images,
        "altered": promises.altered,
        "left_out": promises.left_out,
        "files": verification.total,
        "bytes": verification.bytes,
        "whole": not verification.problems,
        "problems": [problem.as_json() for problem in verification.problems],
    }
    if links is not None:
        told["links"] = {"counts": links.counts, "lost": [link.as_json() for link in links.lost]}
    return told


def _show(verification: Verification, links: Links | None) -> None:
    promises = verification.promises
    kinds = Counter(problem.kind for problem in verification.problems)
    wrong = f"{kinds.total()} problems ({_counts(kinds)})" if kinds else "all whole"
    name = visible(f"dataset {promises.head.get('dataset')}")
    parts = [f"{name}, version {promises.version}", f"{promises.images} images"]
    parts += [f"{promises.altered} altered by the export"] if promises.altered else []
    parts += [f"{promises.left_out} left out by the export"] if promises.left_out else []
    parts += [f"{verification.total} files with {megabytes(verification.bytes)} looked at"]
    parts += [] if promises.locked else ["without a lock"]
    click.echo(f"{', '.join(parts)}: {wrong}")
    if links is not None:
        click.echo(f"links: {_counts(links.counts) or 'none'}")


def _counts(counts: Counter[str]) -> str:
    return ", ".join(f"{number} {what}" for what, number in counts.most_common())
