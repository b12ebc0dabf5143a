"""One image's row of the manifest: where it lies, what it shows, whence it came and why it may be used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from slugify import slugify

if TYPE_CHECKING:
    from pixcrawler_core.records import Candidate, Outcome

EXTENSIONS = {
    "AVIF": "avif", "BMP": "bmp", "GIF": "gif", "ICO": "ico", "JPEG": "jpg", "JPEG2000": "jp2", "MPO": "jpg",
    "PNG": "png", "TIFF": "tif", "WEBP": "webp",
}  # fmt: skip


def image_name(candidate: Candidate, outcome: Outcome) -> str:
    """Path of an image within the dataset's folder; it stays the same in later runs.

    It is made of the category's slug, the image's number and the format that was decoded: nothing of it is
    taken from the web as it is.
    """
    extension = EXTENSIONS.get(outcome.format or "", "bin")
    return f"categories/{slugify(candidate.category) or 'unnamed'}/image_{outcome.number:03d}.{extension}"


def manifest_entry(candidate: Candidate, outcome: Outcome) -> dict[str, Any]:
    """The manifest's row of an accepted image."""
    return {
        "path": image_name(candidate, outcome),
        "sha256": outcome.sha256,
        "phash": outcome.phash,
        "size": outcome.size,
        "format": outcome.format,
        "width": outcome.width,
        "height": outcome.height,
        "category": candidate.category,
        "labels": [candidate.category],
        "split": None,
        "url": candidate.image_url,
        "final_url": outcome.final_url,
        "page": candidate.page_url,
        "title": candidate.title,
        "creator": candidate.creator,
        "creator_url": candidate.creator_url,
        "licence": candidate.license,
        "licence_url": candidate.license_url,
        "consent": dict(outcome.consent or {}),
        "scores": dict(outcome.scores or {}),
        "engine": candidate.engine,
        "query": candidate.query,
        "row": candidate.id,
    }
