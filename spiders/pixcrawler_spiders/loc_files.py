"""The pictures of an item of the Library of Congress: the sizes that a search shows, and its files.

Wire format: https://www.loc.gov/apis/json-and-yaml/; images are scaled by the IIIF Image API.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pixcrawler_core.answers import mapping, number, plain, sequence, several, url

FORMATS = {"jp2": 0, "tif": 1, "gif": 2, "webp": 3, "png": 4, "jpg": 5}
"""Formats of images, by how gladly they are taken."""
ALIASES = {"jpeg": "jpg", "tiff": "tif"}
SERVED = re.compile(r"(/iiif/[^/]+/full/)(?:pct:(\d+(?:\.\d+)?)|[^/]+)(/\d+/\w+\.\w+)$")
SIDE = re.compile(r"\b([wh])=(\d+)")
INSECURE = re.compile(r"http://(?:[^/?#@]+\.)?loc\.gov/", re.IGNORECASE)


def sizes_shown(record: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The sizes that a search shows, the smallest first; their dimensions are told behind a `#`."""
    item = mapping(record.get("item"))
    for told in several(record.get("image_url")) or [item.get("service_low"), item.get("service_medium")]:
        address, _, fragment = (told if isinstance(told, str) else "").partition("#")
        sides = dict(SIDE.findall(fragment))
        if picture := _picture({"url": address, "width": sides.get("w"), "height": sides.get("h")}):
            yield picture


def file_groups(record: Mapping[str, Any]) -> Iterator[list[dict[str, Any]]]:
    """The files of each picture of an item: `resources[].files[][]`."""
    for resource in sequence(record.get("resources")):
        for group in sequence(mapping(resource).get("files")):
            yield [picture for file in several(group) if (picture := _picture(mapping(file)))]


def _picture(file: Mapping[str, Any]) -> dict[str, Any] | None:
    """A file if it is an image; icons that stand for a kind of work are none."""
    address = secure(file.get("url"))
    if address is None or "/static/" in address:
        return None
    ending = address.partition("?")[0].rpartition(".")[2]
    kind = (plain(file.get("mimetype")) or ending).lower().removeprefix("image/")
    kind = ALIASES.get(kind, kind)
    if kind not in FORMATS:
        return None
    width, height, size = number(file.get("width")), number(file.get("height")), number(file.get("size"))
    return {"image_url": address, "format": kind, "width": width, "height": height, "filesize_bytes": size}


def secure(value: Any) -> str | None:
    """An address; those of the Library have https, whatever they say."""
    told = url(value)
    return f"https{told[4:]}" if told and INSECURE.match(told) else told


def worth(picture: Mapping[str, Any]) -> tuple[int, bool, int]:
    """JPEG before all others, TIFF and JPEG 2000 last; then full ones of the image server; then size."""
    pixels = (picture["width"] or 0) * (picture["height"] or 0)
    return FORMATS[picture["format"]], "/full/pct:100/" in picture["image_url"], pixels


def in_full(picture: dict[str, Any]) -> dict[str, Any]:
    """The picture in full size if the image server makes it; its sides are known from its share."""
    found = SERVED.search(picture["image_url"])
    share = float(found[2] or 0) / 100 if found else 1
    if found is None or share == 1:
        return picture
    return {
        "image_url": f"{picture['image_url'][: found.end(1)]}pct:100{found[3]}",
        "format": picture["format"],
        "width": _whole(picture["width"], share),
        "height": _whole(picture["height"], share),
        "filesize_bytes": None,
    }


def _whole(side: int | None, share: float) -> int | None:
    """The side of an image by that of a copy and the copy's share of it."""
    return number(round(side / share)) if side and share else None
