"""Runs the checks of a level on the files of a folder, in one thread, and prints what each took, as JSON.

`python benchmarks/checking.py FOLDER LEVEL REPEATS`. Times are milliseconds of CPU (`time.process_time`), the
best of the repeats for each image; imports and the making of checks are not counted.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import fmean
from typing import Any

import cv2
from PIL import Image as Pillow

from pixcrawler_core.components import Check, Validator
from pixcrawler_core.image import Image
from pixcrawler_core.machine import keep_freed_memory
from pixcrawler_core.records import Candidate
from pixcrawler_core.registry import load
from pixcrawler_core.validation import Checks

ASKED = Candidate(engine="benchmark", category="animal", query="animal", image_url="")
"""What the pictures are said to show, so that checks of the content have work too."""
TABLES = {"slow": {"category": {"threshold": 0.0}}}
"""Options by level: pictures that show no animal are not rejected, and so are timed."""
GREY, COLOUR = ("L", (128, 128)), ("RGB", (384, 384))
"""What Pillow is asked for by `draft`: the resolutions that the checks look at."""


def best(call: Callable[[Path], object], path: Path, repeats: int) -> float:
    """Milliseconds of CPU of a call with a file, the best of some."""
    took = []
    for _ in range(repeats):
        start = time.process_time()
        call(path)
        took.append(time.process_time() - start)
    return 1000 * min(took)


def decode(draft: tuple[str, tuple[int, int]] | None, path: Path) -> None:
    """The floor: open, decode, forget."""
    with Pillow.open(path) as picture:
        if draft:
            picture.draft(*draft)
        picture.load()


def floors(paths: list[Path], repeats: int) -> dict[str, float]:
    """What decoding alone takes on average."""
    drafts = {
        "decode, grey, scaled by DCT": GREY,
        "decode, colour, scaled by DCT": COLOUR,
        "decode, full size": None,
    }
    return {
        name: fmean(best(partial(decode, draft), path, repeats) for path in paths)
        for name, draft in drafts.items()
    }


def alone(check: Check, path: Path, repeats: int) -> float:
    """Milliseconds of CPU of one check on an image that is decoded already, as it is when its turn comes."""
    took = []
    for _ in range(repeats):
        image = Image.open(path, ASKED, detailed=True)
        _ = image.header, image.pixels, image.grey, image.view
        start = time.process_time()
        check.judge(check.measure(image))
        took.append(time.process_time() - start)
    return 1000 * min(took)


def measured(paths: list[Path], level: str, repeats: int) -> dict[str, Any]:
    """Means over the images that every check accepts: all checks together, and each by itself."""
    registry = load(installed=False)
    checks = Checks.build(registry, level, TABLES.get(level))
    accepted = [path for path in paths if checks.run(Image.open(path, ASKED)).accepted]

    def together(path: Path) -> None:
        checks.run(Image.open(path, ASKED, detailed=checks.detailed))

    parts = {name: registry.build(Validator, name) for name in checks.names}
    return {
        "images": len(paths),
        "accepted": len(accepted),
        "all": fmean(best(together, path, repeats) for path in accepted),
        "checks": {
            name: fmean(alone(check, path, repeats) for path in accepted) for name, check in parts.items()
        },
    }


def main() -> None:
    """Measure the folder and the level that the command line names."""
    folder, level, repeats = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    cv2.setNumThreads(1)
    keep_freed_memory()
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    print(json.dumps({**measured(paths, level, repeats), "floors": floors(paths, repeats)}))


if __name__ == "__main__":
    main()
