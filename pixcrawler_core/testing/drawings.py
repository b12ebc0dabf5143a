"""Draws a small folder of distinct pictures with credits, for tests that have no photographs at hand."""

from __future__ import annotations

import csv
import random
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFilter

CATEGORIES = ("red panda", "snow leopard", "lighthouse")
LICENCES = ("CC0 1.0", "CC BY 4.0", "CC BY-SA 3.0", "CC BY-NC 2.0", "CC BY-ND 2.0", "Public domain")


def draw_photographs(
    folder: Path, categories: Sequence[str] = CATEGORIES, count: int = 12, size: tuple[int, int] = (640, 480)
) -> None:
    """Write `count` JPEGs a category to `folder`/<category>/ and a `credits.csv`; the same every time."""
    rows: list[tuple[str, ...]] = []
    for category in categories:
        slug = category.replace(" ", "-")
        (folder / slug).mkdir(parents=True, exist_ok=True)
        for number in range(count):
            name = f"{slug}-{number:02}.jpg"
            draw(f"{category} {number}", size).save(folder / slug / name, quality=88)
            licence = LICENCES[number % len(LICENCES)]
            title = f"{category.capitalize()} no. {number}"
            tags = f"{category}|picture|test"
            rows.append(
                (f"{slug}/{name}", slug, title, tags, f"Painter & Son {number % 4}", licence, "", "", "")
            )
    with (folder / "credits.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        columns = (
            "file",
            "category",
            "title",
            "tags",
            "creator",
            "licence",
            "licence_url",
            "source",
            "changes",
        )
        writer.writerow(columns)
        writer.writerows(rows)


def draw(seed: str, size: tuple[int, int] = (640, 480)) -> Image.Image:
    """Large shapes, soft edges and grain, so that it hashes and compresses like a photograph."""
    rng = random.Random(seed)
    width, height = size
    image = Image.new("RGB", size, _colour(rng))
    pen = ImageDraw.Draw(image)
    for _ in range(30):
        left, top = rng.randint(-width // 4, width), rng.randint(-height // 4, height)
        box = (left, top, left + rng.randint(20, width // 2), top + rng.randint(20, height // 2))
        rng.choice((pen.ellipse, pen.rectangle))(box, fill=_colour(rng))
    grain = Image.frombytes("L", size, rng.randbytes(width * height)).convert("RGB")
    return Image.blend(image.filter(ImageFilter.GaussianBlur(2)), grain, 0.08)


def _colour(rng: random.Random) -> tuple[int, int, int]:
    return rng.randrange(256), rng.randrange(256), rng.randrange(256)
