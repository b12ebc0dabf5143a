"""What `hashing.py` measures, PixCrawler and imagededup each in its own environment; prints a JSON document.

`encoding.py pixcrawler FOLDER REPEATS`, `encoding.py imagededup FOLDER REPEATS`, `encoding.py distances`,
`encoding.py hashes FOLDER`
"""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

Works = Mapping[str, Callable[[list[Path]], Any]]
KINDS: Mapping[str, Mapping[str, Any]] = {
    "`phash`, in eight orientations": {},
    "`phash`, as it is": {"turned": False},
    "`dhash`, in eight orientations": {"hash": "dhash"},
}
"""Options of the method `phash`."""


def pixcrawler(folder: str, repeats: str) -> dict[str, float]:
    """Seconds of CPU to open the files, with their SHA-256, and make the fingerprints of each kind."""
    from pixcrawler_core.components import Deduper
    from pixcrawler_core.dedup.protocols import Matcher
    from pixcrawler_core.image import Image
    from pixcrawler_core.registry import load

    def work(matcher: Matcher) -> Callable[[list[Path]], Any]:
        return lambda files: [matcher.fingerprint(Image.open(path)) for path in files]

    registry = load(installed=False)
    works = {kind: work(registry.build(Deduper, "phash", options)) for kind, options in KINDS.items()}
    return timed(works, folder, repeats)


def imagededup(folder: str, repeats: str) -> dict[str, float]:
    """Seconds of CPU for its two ways to hash files, its worker included."""
    from hamming_peers import imagededup_phash

    method = imagededup_phash()
    works: Works = {
        "`PHash.encode_images`, one worker": lambda _: method.encode_images(
            image_dir=folder, recursive=True, num_enc_workers=1
        ),
        "`PHash.encode_image`, file by file": lambda files: [method.encode_image(path) for path in files],
    }
    return timed(works, folder, repeats)


def hashes(folder: str) -> dict[str, str]:
    """imagededup's perceptual hash of each file in a folder, by its name."""
    from hamming_peers import imagededup_phash

    method = imagededup_phash()
    return {path.name: method.encode_image(path) for path in sorted(Path(folder).glob("*.jpg"))}


def timed(works: Works, folder: str, repeats: str) -> dict[str, float]:
    """Seconds of CPU for each way to hash all pictures of a folder, the best of some times in turn."""
    files = sorted(Path(folder).rglob("*.jpg"))
    for work in works.values():
        work(files[:50])  # and its libraries are loaded
    best = dict.fromkeys(works, float("inf"))
    for _ in range(int(repeats)):
        times = [sum(os.times()[:4])]
        for work in works.values():
            work(files)
            times.append(sum(os.times()[:4]))
        for kind, (begin, end) in zip(works, pairwise(times), strict=True):
            best[kind] = min(best[kind], end - begin)
    return best


def distances() -> dict[str, dict[int, int]]:
    """In how many bits the hashes of photographs differ from those of imagehash, and how many of them."""
    import imagehash
    from accuracy.photographs import photographs
    from PIL import Image as Pillow

    from pixcrawler_core.image import Image
    from pixcrawler_core.orientation import upright
    from pixcrawler_core.phash import turned_dhashes, turned_phashes

    told: dict[str, Counter[int]] = {}
    for photograph in photographs():
        view = Image.open(photograph.path).view
        for name, hashes, reference in (
            ("pHash", turned_phashes(view), imagehash.phash),
            ("dHash", turned_dhashes(view), imagehash.dhash),
        ):
            with Pillow.open(photograph.path) as picture:
                whole = reference(picture)
            turned = [reference(upright(view, orientation)) for orientation in range(2, 9)]
            told.setdefault(f"{name} of the whole picture", Counter())[bits(hashes[0], whole)] += 1
            told.setdefault(f"{name} of the turned view", Counter()).update(map(bits, hashes[1:], turned))
    return {what: dict(sorted(counts.items())) for what, counts in told.items()}


def bits(own: str, other: Any) -> int:
    """How many bits of two hashes differ."""
    return (int(own, 16) ^ int(str(other), 16)).bit_count()


if __name__ == "__main__":
    commands: dict[str, Callable[..., Any]] = {
        each.__name__: each for each in (pixcrawler, imagededup, hashes, distances)
    }
    print(json.dumps(commands[sys.argv[1]](*sys.argv[2:])))
