"""Makes any number of distinct photographs from a few: seeded crops, flips and recompressions.

`python -m pixcrawler_core.testing.crops PHOTOS OUT --count 2000 --seed 1` writes them to a folder that the
simulated web can serve; the simulated web also renders them on demand under `/big/<seed>/<n>.jpg`.
"""

from __future__ import annotations

import argparse
import io
import random
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageEnhance, ImageOps

SIZE = (800, 600)
"""Pixels of a crop; about 70 kB at the qualities below, depending on the subject."""
LIMIT = 85_000
"""Bytes above which the next lower quality is taken."""
QUALITIES = (88, 80, 70, 55, 40)


class Originals:
    """Photographs from which crops are made, decoded when they are first needed and then kept."""

    def __init__(self, bodies: Sequence[bytes]) -> None:
        self.bodies = bodies
        self._decoded: dict[int, Image.Image] = {}

    def __len__(self) -> int:
        return len(self.bodies)

    def __getitem__(self, place: int) -> Image.Image:
        if place not in self._decoded:
            with Image.open(io.BytesIO(self.bodies[place])) as image:
                image.thumbnail((1600, 1600))
                self._decoded[place] = image.convert("RGB")
        return self._decoded[place]


def crop(originals: Originals, seed: int, number: int) -> bytes:
    """The crop with this number (from 0) of a seed, as a JPEG of `SIZE`; the same every time."""
    rng = random.Random(f"{seed}/{number}")
    image = originals[number % len(originals)]
    share = rng.uniform(0.4, 0.9)
    width, height = max(1, round(image.width * share)), max(1, round(image.height * share))
    left, top = rng.randint(0, image.width - width), rng.randint(0, image.height - height)
    part = image.crop((left, top, left + width, top + height))
    if rng.random() < 0.5:
        part = ImageOps.mirror(part)
    part = ImageOps.fit(part, SIZE)
    part = ImageEnhance.Brightness(part).enhance(rng.uniform(0.8, 1.2))
    return _encode(ImageEnhance.Color(part).enhance(rng.uniform(0.7, 1.3)))


def _encode(image: Image.Image) -> bytes:
    body = b""
    for quality in QUALITIES:
        out = io.BytesIO()
        image.save(out, "JPEG", quality=quality)
        body = out.getvalue()
        if len(body) <= LIMIT:
            break
    return body


def write_crops(photographs: Path, out: Path, count: int, seed: int = 1) -> None:
    """Write `count` crops of the photographs under `photographs` to `out`/<category>/<number>.jpg."""
    files = sorted(
        path for path in photographs.glob("*/*") if path.suffix.lower() in {".jpg", ".jpeg", ".png"}
    )
    if not files:
        raise SystemExit(
            f"{photographs} has no photographs; it must look like {photographs}/<category>/<name>.jpg"
        )
    originals = Originals([path.read_bytes() for path in files])
    for number in range(count):
        folder = out / files[number % len(files)].parent.name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{number:06}.jpg").write_bytes(crop(originals, seed, number))


def main() -> None:
    """Read the command line and write the crops."""
    parser = argparse.ArgumentParser(description="Make distinct photographs from a few.")
    parser.add_argument("photographs", type=Path, help="folder with one subfolder a category")
    parser.add_argument("out", type=Path, help="folder to write to")
    parser.add_argument("--count", type=int, default=2000, help="number of crops (default: 2000)")
    parser.add_argument("--seed", type=int, default=1, help="another seed gives other crops (default: 1)")
    options = parser.parse_args()
    write_crops(options.photographs, options.out, options.count, options.seed)


if __name__ == "__main__":
    main()
