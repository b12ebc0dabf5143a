"""The pictures that benchmarks fetch, made once and kept in `.cache`, and lists of their URLs."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / ".cache"
PHOTOGRAPHS = ROOT / "examples/photographs"
SMALL = (320, 240)
"""Pixels of a small crop: about 10 kB."""


def large_crops(count: int, seed: int) -> Path:
    """A folder of distinct crops of about 70 kB, those of `pixcrawler_core.testing.crops`."""
    module = ["-m", "pixcrawler_core.testing.crops", str(PHOTOGRAPHS)]
    return _cached(f"crops-{count}-{seed}", [*module, "{out}", f"--count={count}", f"--seed={seed}"])


def small_crops(count: int, seed: int) -> Path:
    """A folder of distinct crops of about 10 kB."""
    return _cached(f"small-{count}-{seed}", [__file__, "{out}", str(count), str(seed)])


def write_urls(path: Path, urls: Iterable[str]) -> Path:
    """A list as `pixcrawler fetch` and img2dataset read it."""
    path.write_text("".join(f"{url}\n" for url in urls))
    return path


def urls_of(folder: Path, server: str) -> list[str]:
    """The URLs of all pictures in a folder, in the order of their numbers."""
    files = sorted(folder.rglob("*.jpg"), key=lambda file: file.name)
    return [f"{server}/{file.relative_to(folder)}" for file in files]


def _cached(name: str, arguments: list[str]) -> Path:
    """A folder that a process fills (so that this one stays small), renamed when it is complete."""
    folder, part = CACHE / name, CACHE / f"{name}.part"
    if folder.is_dir():
        return folder
    print(f"making {folder.relative_to(ROOT)} (once)", flush=True)
    part.mkdir(parents=True, exist_ok=True)
    filled = [argument.format(out=part) for argument in arguments]
    subprocess.run([sys.executable, *filled], check=True)
    return part.rename(folder)


def write_small(out: Path, count: int, seed: int) -> None:
    """Write small crops to `out`/<number>.jpg, the same for the same seed."""
    from PIL import Image

    sources = []
    for path in sorted(PHOTOGRAPHS.glob("*/*.jpg")):
        with Image.open(path) as photograph:
            photograph.thumbnail((1200, 1200))
            sources.append(photograph.convert("RGB"))
    for number in range(count):
        rng = random.Random(f"{seed}/{number}")
        source = sources[number % len(sources)]
        share = rng.uniform(0.4, 0.9)
        width, height = source.width * share, source.height * share
        left, top = rng.uniform(0, source.width - width), rng.uniform(0, source.height - height)
        crop = source.resize(SMALL, box=(left, top, left + width, top + height))
        crop.save(out / f"{number:06}.jpg", quality=72)


if __name__ == "__main__":
    write_small(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
