"""One image's row of the manifest: where it lies, what it shows, whence it came and why it may be used."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from slugify import slugify

from pixcrawler_core.licensing.readings import spdx_of
from pixcrawler_core.licensing.sentences import attribution

if TYPE_CHECKING:
    from pixcrawler_core.catalog.reader import Kept
    from pixcrawler_core.records import Outcome

EXTENSIONS = {
    "AVIF": "avif", "BMP": "bmp", "GIF": "gif", "ICO": "ico", "JPEG": "jpg", "JPEG2000": "jp2", "MPO": "jpg",
    "PNG": "png", "TIFF": "tif", "WEBP": "webp",
}  # fmt: skip


class Folders:
    """Gives each category a folder of its own; `known` are those that earlier runs gave.

    A folder is named after the category's slug; labels of a list that share one (`Red Panda!` beside
    `red panda`) are told apart by a number.
    """

    def __init__(self, known: Mapping[str, str]) -> None:
        self._folders = dict(known)
        self._taken = set(known.values())

    def of(self, category: str) -> str:
        """The folder's name."""
        if category not in self._folders:
            slug = slugify(category, max_length=100) or "unnamed"
            numbered = (f"{slug}-{number}" for number in itertools.count(2))
            folder = next(name for name in itertools.chain([slug], numbered) if name not in self._taken)
            self._folders[category] = folder
            self._taken.add(folder)
        return self._folders[category]


def image_name(folder: str, outcome: Outcome) -> str:
    """Path of an image within the dataset's folder; it stays the same in later runs.

    It is made of the category's folder, the image's number and the format that was decoded: nothing of it
    is taken from the web as it is.
    """
    extension = EXTENSIONS.get(outcome.format or "", "bin")
    return f"categories/{folder}/image_{outcome.number:03d}.{extension}"


def manifest_entry(kept: Kept, folder: str, rules: str | None = None) -> dict[str, Any]:
    """The manifest's row of an accepted image; `folder` is its category's.

    `rules` is the digest of the rules by which the dataset is cut, None if it has no splits.
    """
    candidate, outcome, labelling, placement = kept.candidate, kept.outcome, kept.labelling, kept.placement
    found = {
        "url": candidate.image_url,
        "final_url": outcome.final_url,
        "page": candidate.page_url,
        "title": candidate.title,
        "creator": candidate.creator,
        "creator_url": candidate.creator_url,
        "licence": candidate.license,
        "licence_url": candidate.license_url,
    }
    return {
        "path": image_name(folder, outcome),
        "sha256": outcome.sha256,
        "phash": outcome.phash,
        "size": outcome.size,
        "format": outcome.format,
        "width": outcome.width,
        "height": outcome.height,
        "category": candidate.category,
        "labels": list(labelling.labels),
        "label_errors": dict(labelling.errors),
        "split": placement.split if placement and placement.made_by == rules else None,
        **found,
        "spdx": spdx_of(found),
        "attribution": attribution(found),
        "consent": dict(outcome.consent or {}),
        "scores": dict(outcome.scores or {}),
        "engine": candidate.engine,
        "query": candidate.query,
        "row": candidate.id,
    }
