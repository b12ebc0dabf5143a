"""Images as pages, feeds and sitemaps tell of them, put together by address."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pixcrawler_core.licences import licence_code

MOST = 10_000
"""Images that are taken from one page, feed or sitemap."""


@dataclass(kw_only=True, slots=True)
class Found:
    """An image and what is told of it in one place. Addresses are absolute and canonical.

    Never changed once it is made. It is not frozen, since that would double the time of making it.
    """

    url: str
    thumbnail_url: str | None = None
    width: int | None = None
    """Pixels of the image itself, never of the box in which a page shows it."""
    height: int | None = None
    filesize_bytes: int | None = None
    format: str | None = None
    title: str | None = None
    alt: str | None = None
    caption: str | None = None
    tags: tuple[str, ...] = ()
    page_url: str | None = None
    license: str | None = None
    license_url: str | None = None
    creator: str | None = None
    creator_url: str | None = None
    date: str | None = None
    engine_id: str | None = None
    acquire_url: str | None = None
    """Where a licence can be had."""
    credit: str | None = None
    rights: str | None = None

    def told(self) -> dict[str, Any]:
        """The fields of a candidate, beside the address of the image."""
        further = {
            "caption": self.caption if self.title else None,
            "acquire_license_page": self.acquire_url,
            "credit": self.credit,
            "rights": self.rights,
        }
        return {
            "thumbnail_url": self.thumbnail_url,
            "width": self.width,
            "height": self.height,
            "filesize_bytes": self.filesize_bytes,
            "format": self.format,
            "title": self.title or self.caption,
            "alt": self.alt,
            "tags": self.tags,
            "page_url": self.page_url,
            "license": licence_code(self.license) or licence_code(self.license_url),
            "license_url": self.license_url,
            "creator": self.creator,
            "creator_url": self.creator_url,
            "date": self.date,
            "engine_id": self.engine_id,
            "extra": {name: value for name, value in further.items() if value},
        }


class Finds:
    """Images by address, in the order in which they were found first."""

    def __init__(self) -> None:
        self._by_url: dict[str, Found] = {}
        self.left_out = 0
        """Images beyond `MOST`."""

    def __iter__(self) -> Iterator[Found]:
        return iter(self._by_url.values())

    def __len__(self) -> int:
        return len(self._by_url)

    def __contains__(self, url: object) -> bool:
        return url in self._by_url

    def add(self, found: Found) -> None:
        """Take an image up; of one that is known already, what was not known is added."""
        known = self._by_url.get(found.url)
        if known is None and len(self._by_url) >= MOST:
            self.left_out += 1
            return
        self._by_url[found.url] = found if known is None else joined(known, found)


def joined(known: Found, further: Found) -> Found:
    """What is known of an image, with what is told further of it where nothing was known."""
    fields = (field.name for field in dataclasses.fields(known))
    return completed(known, {name: getattr(further, name) for name in fields})


def completed(known: Found, told: Mapping[str, Any]) -> Found:
    """What is known of an image, with these fields where nothing was known; a licence is one whole."""
    wanted = {name: value for name, value in told.items() if value not in (None, ())}
    missing = {name: value for name, value in wanted.items() if getattr(known, name) in (None, ())}
    if known.license or known.license_url:
        missing = {name: value for name, value in missing.items() if name not in {"license", "license_url"}}
    return dataclasses.replace(known, **missing) if missing else known
