"""A page that shows groups of duplicates side by side, all in one file."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path

from pixcrawler_core.amounts import count, megabytes
from pixcrawler_core.assembly.files import replaced
from pixcrawler_core.commands.duplicates import Found
from pixcrawler_core.commands.paths import visible
from pixcrawler_core.dedup.files import File
from pixcrawler_core.dedup.reading import stamp_of
from pixcrawler_core.errors import DecodeError, WorkspaceError
from pixcrawler_core.machine import usable_cores
from pixcrawler_core.report.thumbnails import small_picture
from pixcrawler_core.threads import in_threads

GROUPS = 500
"""Groups on the page at most; more make it too large to be opened."""
COPIES = 20
"""Duplicates of one group at most."""
SIDE = 240
"""Pixels of the longer side of a picture."""
QUALITY = 80
HEAD = """<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width">
<title>Duplicates</title>
<style>
body { font: 14px/1.4 system-ui, sans-serif; margin: 2em; background: #fff; color: #222 }
section { display: flex; flex-wrap: wrap; gap: 1em; padding: 1em 0; border-top: 1px solid #ccc }
figure { margin: 0; width: 240px; overflow-wrap: anywhere }
figure:first-child img { outline: 3px solid #2a7 }
img { max-width: 240px; max-height: 240px; display: block }
</style>
"""


def write_page(path: Path, found: Sequence[Found]) -> None:
    """Write the page, whole or not at all. Raises WorkspaceError when the disk fails it."""
    try:
        with replaced(path) as file:
            file.write(HEAD)
            file.write(
                f"<h1>{count(len(found), 'group')} of duplicates</h1>\n<p>The first one is kept.</p>\n"
            )
            file.writelines(in_threads(_group, found[:GROUPS], usable_cores()))
            if len(found) > GROUPS:
                file.write(f"<p>and {count(len(found) - GROUPS, 'group')} more, not shown.</p>\n")
    except OSError as error:
        raise WorkspaceError(f"cannot write {path}: {error.strerror or error}") from error


def _group(found: Found) -> str:
    return f"<section>\n{''.join(_figures(found))}</section>\n"


def _figures(found: Found) -> Iterator[str]:
    of = f", of {visible(found.reference)}" if found.reference else ""
    yield _figure(found.kept, f"{visible(found.shown)}{of}")
    for copy in found.copies[:COPIES]:
        yield _figure(copy.file, f"{visible(copy.shown)}: {copy.method} {copy.distance:.4g}")
    if len(found.copies) > COPIES:
        yield f"<p>and {count(len(found.copies) - COPIES, 'duplicate')} more</p>\n"


def _figure(file: File, caption: str) -> str:
    size = f"{file.width} × {file.height}, {megabytes(file.stamp.size)}"  # noqa: RUF001  # of a size
    picture = _thumbnail(file)
    shown = f'<img src="data:image/jpeg;base64,{picture}" alt="">' if picture else "<p>(cannot be shown)</p>"
    return f"<figure>{shown}<figcaption>{escape(caption)}<br>{size}</figcaption></figure>\n"


def _thumbnail(file: File) -> str | None:
    """A small JPEG in base64; None for a file that is gone or has changed."""
    try:
        if stamp_of(file.path) != file.stamp:
            return None
        picture = small_picture(file.path, SIDE)
    except (OSError, DecodeError, WorkspaceError):
        return None
    into = io.BytesIO()
    picture.save(into, "JPEG", quality=QUALITY)
    return base64.b64encode(into.getvalue()).decode()
