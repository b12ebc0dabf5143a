"""Writes the page of a dataset, `report.html`: one file that needs nothing else, and asks for nothing."""

from __future__ import annotations

import base64
import hashlib
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from pixcrawler_core.assembly.dataset import REPORT
from pixcrawler_core.assembly.files import part_of, replaced
from pixcrawler_core.commands.paths import visible
from pixcrawler_core.errors import WorkspaceError
from pixcrawler_core.machine import usable_cores
from pixcrawler_core.records import Stage
from pixcrawler_core.report.entries import Head, Share, read_entries, read_head
from pixcrawler_core.report.gallery import COVERS, SHOWN, Gallery
from pixcrawler_core.report.losses import Group, Losses, Reason, Row, read_losses
from pixcrawler_core.report.thumbnails import Thumbnail, thumbnail
from pixcrawler_core.threads import in_threads

if TYPE_CHECKING:
    from pixcrawler_core.blobs.store import BlobStore

LISTED = 500
"""Categories in the table at most."""
WHY = 4
"""Reasons that are told of a category that lacks images."""
HIDDEN = frozenset({"nsfw"})
"""Reasons whose pictures nobody wants to see in a report. What was taken down is not shown either."""
BOTTOM = "<!-- data -->\n"
"""The place in the template where the gallery's data stand."""


@dataclass(frozen=True, kw_only=True)
class Report:
    """What was written."""

    path: Path
    images: int
    shown: int
    """Images in the gallery."""
    missing: int
    """Those of them whose files are not there."""


@dataclass(frozen=True)
class Example:
    """A row of the ledger with its picture."""

    row: Row
    picture: Thumbnail
    hidden: bool


def write_report(
    folder: Path, blobs: BlobStore | None = None, output: Path | None = None, most: int = SHOWN
) -> Report:
    """Write the page of the dataset in `folder`, whole or not at all, to `output` or the dataset's folder.

    The pictures of what was left out are taken from `blobs`; the gallery has `most` pictures at most. Links
    to images lead from the page to the folder. Raises WorkspaceError for a dataset that cannot be read, and
    a page that cannot be written.
    """
    path = output or folder / REPORT
    head = read_head(folder)
    gallery = Gallery(folder, {name: share.accepted for name, share in head.categories.items()}, most)
    data = part_of(path.with_name(f"{path.name}.data"))
    try:
        with data.open("w", encoding="utf-8") as file:
            gallery.write(read_entries(folder, head), file)
        losses = read_losses(folder)
        with replaced(path) as page, data.open(encoding="utf-8") as file:
            _write(page, file, _context(folder, path, head, gallery, losses, blobs))
    except OSError as error:
        raise WorkspaceError(f"{path} cannot be written: {error.strerror or error}") from error
    finally:
        data.unlink(missing_ok=True)
    return Report(path=path, images=gallery.tally.images, shown=gallery.pictures, missing=gallery.gone)


def _write(page: IO[str], data: IO[str], context: Mapping[str, Any]) -> None:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("pixcrawler_core.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(web=web, visible=visible, number=lambda value: f"{value:,}")
    top, _, bottom = environment.get_template("page.html").render(context).partition(BOTTOM)
    page.write(top)
    shutil.copyfileobj(data, page, 1 << 20)
    page.write(bottom)


def _context(
    folder: Path, path: Path, head: Head, gallery: Gallery, losses: Losses | None, blobs: BlobStore | None
) -> dict[str, Any]:
    """What the template shows."""
    from pixcrawler_core.report.figures import draw_figures

    style, script = (files(__package__).joinpath(name).read_text("utf-8") for name in ("page.css", "page.js"))
    categories = sorted(head.categories.items(), key=lambda each: (-each[1].short, each[0]))
    pictures = _Pictures(blobs)
    return {
        "head": head,
        "tally": gallery.tally,
        "gallery": gallery,
        "losses": losses,
        "base": _base(folder, path),
        "style": style,
        "script": script,
        "hashes": {"style": _hash(style), "script": _hash(script)},
        "cards": [(name, share, gallery.covers.get(name)) for name, share in categories[:COVERS]],
        "table": categories[COVERS : COVERS + LISTED],
        "left": max(0, len(categories) - COVERS - LISTED),
        "short": sum(share.short for share in head.categories.values()),
        "why": dict(_why(categories, losses)),
        "plots": draw_figures(gallery.tally, losses),
        "reasons": [(each, pictures.of(each.examples)) for each in _ordered(losses)],
        "groups": [(each, *pictures.of_group(each)) for each in (losses.groups if losses else ())],
    }


class _Pictures:
    """The pictures of rows of the ledger, from the blob store."""

    def __init__(self, blobs: BlobStore | None) -> None:
        self._blobs = blobs

    def of(self, rows: Iterable[Row]) -> list[Example]:
        """The rows with their pictures, in order."""
        return list(in_threads(self._example, rows, usable_cores()))

    def of_group(self, group: Group) -> tuple[list[Example], list[Example]]:
        """The image that is kept, if the ledger has it, and its duplicates."""
        return self.of([group.kept] if group.kept else []), self.of(copy.row for copy in group.copies)

    def _example(self, row: Row) -> Example:
        hidden = row["reason"] in HIDDEN or row["stage"] == Stage.TAKEDOWN or row["safe"] is False
        if hidden or self._blobs is None or not row["sha256"]:
            return Example(row, Thumbnail(), hidden)
        try:
            return Example(row, thumbnail(self._blobs.file(row["sha256"])), hidden)
        except ValueError:  # no digest: someone else's ledger
            return Example(row, Thumbnail(), hidden)


def _ordered(losses: Losses | None) -> list[Reason]:
    """Reasons by state, and the most frequent first; duplicates have a part of their own."""
    found = losses.reasons.values() if losses else ()
    shown = (each for each in found if (each.state, each.name) != ("duplicate", "duplicate"))
    return sorted(shown, key=lambda each: (each.state != "rejected", each.state, -each.count, each.name))


def _why(
    categories: Iterable[tuple[str, Share]], losses: Losses | None
) -> Iterator[tuple[str, list[tuple[str, int]]]]:
    """For categories that lack images, the most frequent reasons why others were not accepted."""
    for name, share in categories:
        if share.short and losses:
            reasons = losses.by_category.get(name, Counter())
            yield name, sorted(reasons.items(), key=lambda each: (-each[1], each[0]))[:WHY]


def _base(folder: Path, path: Path) -> str:
    """The address of the dataset's folder as seen from the page, with a slash; empty if it lies in it."""
    place, home = folder.resolve(), path.parent.resolve()
    if place == home:
        return ""
    if place.is_relative_to(home):
        return f"{quote(place.relative_to(home).as_posix())}/"
    return f"{place.as_uri()}/"


def _hash(text: str) -> str:
    """The source expression that allows this text in a page (Content Security Policy Level 3, 2.3.1)."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def web(url: str | None) -> str:
    """An address that may be linked: http and https only; else empty."""
    try:
        parts = urlsplit(url or "")
    except ValueError:
        return ""
    return (url or "") if parts.scheme in {"http", "https"} and parts.netloc else ""
