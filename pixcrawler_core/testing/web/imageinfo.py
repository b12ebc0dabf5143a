"""The `imageinfo` member of a page of Wikimedia Commons, with its HTML and its gaps."""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Mapping
from typing import Any

from pixcrawler_core.testing.web.collection import Entry, commons_name

_DEFAULT_PROPS = "timestamp|user"


def page_title(entry: Entry) -> str:
    """The title of the file's page; a faulty copy gets a title of its own."""
    stem, _, ending = commons_name(entry.photograph).replace("_", " ").rpartition(".")
    return f"File:{stem} ({entry.number}).{ending}" if entry.fault else f"File:{stem}.{ending}"


def imageinfo(entry: Entry, query: Mapping[str, str], port: int) -> dict[str, Any]:
    """What `iiprop`, `iiurlwidth` and `iiextmetadatafilter` of the query ask for."""
    wanted = set(query.get("iiprop", _DEFAULT_PROPS).split("|"))
    photograph = entry.photograph
    known: dict[str, dict[str, Any]] = {
        "timestamp": {"timestamp": "2019-05-04T10:20:30Z"},
        "user": {"user": f"Uploader{entry.number % 97}"},
        "size": {"size": len(photograph.body), "width": photograph.width, "height": photograph.height},
        "url": _urls(entry, query, port),
        "sha1": {"sha1": hashlib.sha1(photograph.body, usedforsecurity=False).hexdigest()},
        "mime": {"mime": photograph.content_type},
        "mediatype": {"mediatype": "BITMAP"},
        "extmetadata": {"extmetadata": _extmetadata(entry, query.get("iiextmetadatafilter", ""))},
    }
    return {name: value for prop in known if prop in wanted for name, value in known[prop].items()}


def _urls(entry: Entry, query: Mapping[str, str], port: int) -> dict[str, Any]:
    host = f"http://{entry.host}.localhost:{port}"
    urls: dict[str, Any] = {
        "url": host + entry.path,
        "descriptionurl": f"{host}/page/{entry.photograph.path}",
        "descriptionshorturl": f"{host}/page/{entry.photograph.path}?curid={entry.number}",
    }
    width = query.get("iiurlwidth", "")
    if not re.fullmatch("[1-9][0-9]{0,3}", width):
        return urls
    shown = min(int(width), entry.photograph.width)
    thumb = f"{host}/thumb/{{}}/{entry.photograph.path}"
    urls["thumburl"] = thumb.format(shown)
    urls["thumbwidth"] = shown
    urls["thumbheight"] = max(1, round(entry.photograph.height * shown / entry.photograph.width))
    urls["responsiveUrls"] = {"1.5": thumb.format(shown * 3 // 2), "2": thumb.format(shown * 2)}
    return urls


def _extmetadata(entry: Entry, chosen: str) -> dict[str, dict[str, str]]:
    photograph, licence = entry.photograph, entry.photograph.licence
    creator = html.escape(photograph.creator)
    values = {
        "ObjectName": photograph.title,
        "ImageDescription": f'<p class="description">{html.escape(photograph.title)}<br></p>',
        "DateTimeOriginal": "2019-05-04",
        "Artist": f'<a href="//{entry.host}.localhost/people/{entry.number}" title="User:{creator}">'
        f"<span>{creator}</span></a>",
        "Credit": '<span class="int-own-work" lang="en">Own work</span>',
        "License": licence.commons_code,
        "LicenseShortName": licence.name,
        "LicenseUrl": licence.url,
        "UsageTerms": licence.name.replace("CC", "Creative Commons"),
        "AttributionRequired": str(licence.needs_attribution).lower(),
        "Copyrighted": str(licence.needs_attribution),
        "Restrictions": "",
    }
    for name in _gaps(entry):
        del values[name]
    filters = set(chosen.split("|")) if chosen else set(values)
    return {
        name: {"value": value, "source": "commons-desc-page"}
        for name, value in values.items()
        if name in filters
    }


def _gaps(entry: Entry) -> set[str]:
    """The optional fields that this page lacks, always the same ones for the same page."""
    gaps = set()
    if not entry.photograph.creator:
        gaps.add("Artist")
    if entry.photograph.licence.code == "pdm":
        gaps.add("LicenseUrl")
    for divisor, name in ((3, "DateTimeOriginal"), (4, "ImageDescription"), (5, "Credit"), (7, "UsageTerms")):
        if entry.number % divisor == 0:
            gaps.add(name)
    return gaps
