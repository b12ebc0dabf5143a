"""The form of a manifest: a head, a line for each image, and a line with what else is there."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

MANIFEST = "manifest.json"
IMAGES = ' "images": ['
"""Begins the line of a manifest after which each line is an image."""
_encode = json.JSONEncoder(ensure_ascii=False).encode


def image_line(entry: Mapping[str, Any]) -> str:
    """An image's row as its line has it, without what parts it from the next.

    Halves of surrogate pairs, which JSON can bring from the web and UTF-8 cannot hold, become `?`.
    """
    return _encode(entry).encode("utf-8", "replace").decode()


def manifest_head(manifest: Path) -> dict[str, Any]:
    """What a manifest tells beside the images. Raises ValueError for a file that is none."""
    head: list[str] = []
    with manifest.open(encoding="utf-8") as lines:
        for line in lines:
            if line.startswith(IMAGES):
                told: dict[str, Any] = json.loads("".join(head).rstrip().removesuffix(",") + "}")
                return told
            head.append(line)
    raise ValueError("it has no list of images")


def image_count(manifest: Path) -> int:
    """How many images its head says that there are. Raises ValueError for a file that is none."""
    categories = manifest_head(manifest).get("categories", {})
    return sum(int(told["accepted"]) for told in categories.values())


def manifest_lines(manifest: Path) -> Iterator[str]:
    """The lines of the images, each as `image_line` makes them."""
    with manifest.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            if line.startswith(IMAGES):
                break
        yield from (line.rstrip().removesuffix(",") for line in lines if line.startswith("{"))


def manifest_entries(manifest: Path) -> Iterator[dict[str, Any]]:
    """The images of a manifest one by one: it has a line for each, after the line that opens the list."""
    with manifest.open(encoding="utf-8") as lines:
        for line in lines:
            if line.startswith(IMAGES):
                break
        yield from filter(None, map(entry_of, lines))


def entry_of(line: str) -> dict[str, Any] | None:
    """The image that a line of the list tells of; None for the line that ends the list."""
    if not line.startswith("{"):
        return None
    entry: dict[str, Any] = json.loads(line.rstrip().removesuffix(","))
    return entry
