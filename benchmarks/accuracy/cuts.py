"""Whether photographs that ended early, or lost bytes, are recognised, in every format and way of saving.

`python -m accuracy.cuts`. Each photograph is saved in each way, then cut after shares of its bytes, cut a few
bytes before its end, or zeroed over 2,000 bytes in its middle; and PixCrawler decodes it.
"""

from __future__ import annotations

import argparse
import io
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from accuracy.photographs import photographs
from measure import goal, table
from PIL import Image as Pillow

from pixcrawler_core.errors import DecodeError
from pixcrawler_core.image import Image

SIDE = 640
"""Pixels of the longer side at most."""
WAYS: dict[str, dict[str, Any]] = {
    "JPEG": {"format": "JPEG", "quality": 85},
    "JPEG, progressive": {"format": "JPEG", "quality": 85, "progressive": True},
    "JPEG, restart markers": {"format": "JPEG", "quality": 85, "restart_marker_rows": 1},
    "PNG": {"format": "PNG"},
    "WebP": {"format": "WEBP", "quality": 80},
    "WebP, lossless": {"format": "WEBP", "lossless": True, "method": 0},
    "GIF": {"format": "GIF"},
    "AVIF": {"format": "AVIF", "quality": 70, "speed": 10},
    "BMP": {"format": "BMP"},
    "TIFF": {"format": "TIFF"},
    "TIFF, LZW": {"format": "TIFF", "compression": "tiff_lzw"},
    "TIFF, JPEG": {"format": "TIFF", "compression": "jpeg"},
    "JPEG 2000": {"format": "JPEG2000"},
}
DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "whole": lambda data: data,
    "10 % left": lambda data: data[: len(data) // 10],
    "50 % left": lambda data: data[: len(data) // 2],
    "90 % left": lambda data: data[: len(data) * 9 // 10],
    "99 % left": lambda data: data[: len(data) * 99 // 100],
    "64 bytes gone": lambda data: data[:-64],
    "2 bytes gone": lambda data: data[:-2],
    "zeros": lambda data: data[: len(data) // 2] + bytes(2000) + data[len(data) // 2 + 2000 :],
}
SURE = ("10 % left", "50 % left", "90 % left", "99 % left")
"""Cuts that leave no picture whole."""


def saved(path: Path, way: dict[str, Any]) -> bytes:
    """The photograph saved in a way."""
    out = io.BytesIO()
    with Pillow.open(path) as file:
        picture = file.convert("RGB")
    picture.thumbnail((SIDE, SIDE))
    picture.info.clear()  # profiles and EXIF: some formats have them behind the pixels
    picture.save(out, **way)
    return out.getvalue()


def decodes(path: Path, data: bytes) -> bool:
    """Whether PixCrawler decodes bytes, in grey and in colour."""
    path.write_bytes(data)
    image = Image.open(path)
    try:
        _ = image.header, image.view, image.pixels
    except DecodeError:
        return False
    return True


def main() -> None:
    """Read the command line, damage every photograph in every way, print the report."""
    parser = argparse.ArgumentParser(description="Whether cut photographs are recognised.")
    parser.add_argument("--count", type=int, default=40, help="photographs (default: 40)")
    options = parser.parse_args()
    paths = [each.path for each in photographs(options.count)]
    lines, missed = [], 0
    with TemporaryDirectory() as folder:
        for name, way in WAYS.items():
            files = [saved(path, way) for path in paths]
            refused = {
                damage: sum(not decodes(Path(folder) / "file", spoil(data)) for data in files)
                for damage, spoil in DAMAGES.items()
            }
            missed += sum(len(files) - refused[damage] for damage in SURE) + refused["whole"]
            lines.append([name, *(f"{number / len(files):.0%}" for number in refused.values())])
    print(table([f"{len(paths)} photographs, rejected", *DAMAGES], lines), end="\n\n")
    print(goal(f"whole files pass, and cut ones do not; not so: {missed}", not missed))


if __name__ == "__main__":
    main()
