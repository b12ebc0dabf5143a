"""What a page of the File namespace tells of its file: address, size, licence, creator.

Wire format: https://www.mediawiki.org/wiki/API:Imageinfo and Extension:CommonsMetadata.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from pixcrawler_core.answers import mapping, number, plain, sequence, text, texts, url
from pixcrawler_core.crawl.plan import Question
from pixcrawler_core.licences import licence_code, licence_of
from pixcrawler_core.records import Candidate

EXTENSION = re.compile(r"\.\w{3,4}$")
Shown = tuple[str, str | None, str | None, int | None, int | None, int | None]
"""Addresses of an image and its thumbnail, type, bytes, width and height of the image."""
LINK = re.compile(r"""<a\s[^<>]*?href=["']([^"'<>\s]{1,2000})""", re.IGNORECASE)


def merged(waiting: Mapping[str, Any] | None, body: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The pages of an answer by id, joined with what earlier answers told of those that still wait.

    None waits at the start of a batch; later, pages that do not wait were given already. Version 1 of the
    format has an object by page id, version 2 a list; `list=allimages` has rows with the file's own members.
    """
    query = mapping(body.get("query"))
    found = query.get("pages")
    listed = [*found.values()] if isinstance(found, dict) else [*sequence(found)]
    listed += [{**row, "imageinfo": [row]} for row in sequence(query.get("allimages")) if mapping(row)]
    pages = {key: dict(page) for key, page in (waiting or {}).items() if isinstance(page, dict)}
    for page in listed:
        key = str(page.get("pageid", page.get("title"))) if isinstance(page, dict) else ""
        if isinstance(page, dict) and (waiting is None or key in pages):
            pages.setdefault(key, {}).update(page)
    return pages


def has_file(page: Mapping[str, Any]) -> bool:
    """Whether the address of the page's file is told."""
    return url(_info(page).get("url")) is not None


def is_missing(page: Mapping[str, Any]) -> bool:
    """Whether there is no such page."""
    return bool({"missing", "invalid"} & page.keys())


def rank(page: Mapping[str, Any]) -> int:
    """The place of a page among the results of its search."""
    return number(page.get("index")) or 0


def candidate_of(page: Mapping[str, Any], engine: str, question: Question) -> Candidate | None:
    """The candidate in a page, as an answer to a question; None where the page has no image."""
    if (shown := _shown(info := _info(page))) is None:
        return None
    address, thumbnail, kind, size, width, height = shown
    about = _values(info.get("extmetadata"))
    return Candidate(
        engine=engine,
        category=question.category,
        query=question.query,
        image_url=address,
        thumbnail_url=thumbnail,
        width=width,
        height=height,
        filesize_bytes=size,
        format=kind,
        title=_title(page) or text(about.get("ObjectName")),
        alt=text(about.get("ImageDescription")),
        tags=_tags(about),
        page_url=url(info.get("descriptionurl")),
        site="commons.wikimedia.org",
        license=_licence(about),
        license_url=url(about.get("LicenseUrl")),
        creator=text(about.get("Artist")) or plain(info.get("user")),
        creator_url=_link(about.get("Artist")),
        date=text(about.get("DateTimeOriginal")) or plain(info.get("timestamp")),
        engine_id=plain(page.get("pageid")),
        extra=_extra(info, about),
    )


def _info(page: Mapping[str, Any]) -> Mapping[str, Any]:
    infos = sequence(page.get("imageinfo"))
    return mapping(infos[0]) if infos else {}


def _title(page: Mapping[str, Any]) -> str | None:
    title = plain(page.get("title"))
    space, colon, name = (title or "").partition(":")
    return EXTENSION.sub("", name if space and colon else space + colon + name).strip() or None


def _shown(info: Mapping[str, Any]) -> Shown | None:
    """The image to fetch: the file itself, or the rendering of a drawing, a film, a document."""
    original, thumbnail, mime = url(info.get("url")), url(info.get("thumburl")), plain(info.get("mime"))
    if original is None or info.get("mediatype") == "AUDIO":
        return None
    is_image = mime is None or (mime.startswith("image/") and mime != "image/svg+xml")
    if is_image or thumbnail is None:
        size, width, height = info.get("size"), info.get("width"), info.get("height")
        return original, thumbnail, mime, number(size), number(width), number(height)
    kind = "image/png" if mime == "image/svg+xml" else None
    width, height = number(info.get("thumbwidth")), number(info.get("thumbheight"))
    return thumbnail, thumbnail, kind, None, width, height


def _values(told: Any) -> dict[str, Any]:
    """The values of extmetadata by their names."""
    return {name: each.get("value") for name, each in mapping(told).items() if isinstance(each, dict)}


def _tags(about: Mapping[str, Any]) -> tuple[str, ...]:
    categories = text(about.get("Categories"))
    return texts(categories.split("|")) if categories else ()


def _extra(info: Mapping[str, Any], about: Mapping[str, Any]) -> dict[str, str]:
    told = {"sha1": plain(info.get("sha1")), "attribution": text(about.get("Attribution"))}
    return {name: value for name, value in told.items() if value}


def _link(value: Any) -> str | None:
    found = LINK.search(value) if isinstance(value, str) else None
    return url(html.unescape(found[1])) if found else None


def _licence(about: Mapping[str, Any]) -> str | None:
    """The short code if there is one (`cc-by-sa-4.0`, `pdm`), else the name people read, as a slug.

    The country of a ported licence (`cc-by-sa-3.0-de`) is kept; Commons' `cc0` is version 1.0, and `pd`
    stands for any of its many templates for the public domain.
    """
    told = text(about.get("License")) or text(about.get("LicenseShortName")) or text(about.get("UsageTerms"))
    return _code(told, plain(about.get("LicenseUrl")))


@lru_cache(maxsize=1024)
def _code(told: str | None, address: str | None) -> str | None:
    slug = re.sub(r"[^a-z0-9.+]+", "-", told.lower()).strip("-") if told else ""
    if slug.startswith("cc-by-"):
        return licence_code(told)
    if slug.startswith("pd-"):
        return "pdm"
    return "cc0-1.0" if slug == "cc0" else licence_of(address, told)
