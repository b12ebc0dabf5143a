"""Real photographs of a given number of pixels, made once and kept in `.cache`.

Each comes from an original that is larger (of 12 megapixels: at least 0.8 times as large), resampled with
Lanczos and saved as a JPEG.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from corpora import fetched, listed
from pictures import CACHE, ROOT

FINE, USUAL = 90, 75
"""Qualities of JPEG: what cameras and careful sites write; the default of libjpeg and Pillow."""
LEAST = 0.8
"""The least share of the wanted pixels that an original has."""
LARGE = {
    "lomiri-wallpapers-16.04": (
        "backgrounds/Bridge_by_Sander_Klootwijk.jpg",
        "backgrounds/Dragonfly_by_Bolly.jpg",
        "backgrounds/Wine_by_Jakkub_Mede.jpg",
        "backgrounds/seeding_by_Clements_Engelhardt.jpg",
        "backgrounds/sunset_by_Aitzol_Berasategi.jpg",
    ),
    "lomiri-wallpapers-20.04": ("backgrounds/Kleiber_by_Lukas_Baubkus.jpg",),
    "thumbor": (
        "tests/fixtures/images/10_years_of_Wikipedia_by_Guillaume_Paumier.jpg",
        "tests/fixtures/images/Christophe_Henner_-_June_2016.jpg",
    ),
    "exiv2": ("test/data/exiv2-bug922a.jpg",),
}
"""Photographs of 9.8 to 24 megapixels."""


def photographs_of(megapixels: float, quality: int = FINE) -> Path:
    """A folder of photographs of so many megapixels: all that are large enough."""
    folder = CACHE / f"photographs-{megapixels:g}-q{quality}"
    if folder.is_dir():
        return folder
    print(f"making {folder.relative_to(ROOT)} (once)", flush=True)
    part = folder.with_name(f"{folder.name}.part")
    part.mkdir(parents=True, exist_ok=True)
    subprocess.run([sys.executable, __file__, str(part), str(megapixels), str(quality)], check=True)
    return part.rename(folder)


def originals() -> Iterator[tuple[str, Path]]:
    """Names and files of all photographs; a process of its own imports what reads them."""
    from accuracy.photographs import photographs

    for each in photographs():
        yield each.name, each.path
    known = listed()
    for name, files in LARGE.items():
        for file in files:
            yield f"{name}/{file}", fetched(known[name]) / file


def write(out: Path, megapixels: float, quality: int) -> None:
    """Write every photograph that is large enough, upright and without metadata."""
    from PIL import Image, ImageOps

    for name, path in dict(originals()).items():
        with Image.open(path) as file:
            scale = (megapixels * 1e6 / (file.width * file.height)) ** 0.5
            if scale**2 > 1 / LEAST:
                continue
            picture = ImageOps.exif_transpose(file).convert("RGB")
        size = (round(picture.width * scale), round(picture.height * scale))
        small = picture.resize(size, Image.Resampling.LANCZOS)
        small.save(out / f"{Path(name).as_posix().replace('/', '_')}.jpg", quality=quality)


if __name__ == "__main__":
    write(Path(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]))
