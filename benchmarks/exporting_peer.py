"""img2dataset's writer of WebDataset, fed with the same images; runs in img2dataset's own environment.

`exporting_peer.py FOLDER OUT`: images and rows of `exporting.py` in, shards and their tables out; prints
seconds and CPU as JSON. The images are in memory before the clock starts, each crop once.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Mapping
from itertools import chain, groupby
from pathlib import Path
from typing import Any

import pyarrow as pa
from img2dataset.writer import WebDatasetSampleWriter  # type: ignore[import-not-found]

SAMPLES = "samples.jsonl"
SHARD = 10_000
"""Images of a shard: img2dataset's default, and that of `webdataset`."""
NUMBERS = frozenset({"size", "width", "height", "row"})


def contents(folder: Path) -> dict[str, bytes]:
    """The bytes of all images by their path; links of one file share them."""
    files: dict[int, bytes] = {}
    found = {}
    for path in folder.glob("categories/*/*.jpg"):
        number = path.stat().st_ino
        if number not in files:
            files[number] = path.read_bytes()
        found[path.relative_to(folder).as_posix()] = files[number]
    return found


def write_shard(number: int, rows: Iterator[dict[str, Any]], images: Mapping[str, bytes], out: Path) -> None:
    """Write a shard, and its table with the fields of the first row."""
    first = next(rows)
    types = [(name, pa.int64() if name in NUMBERS else pa.string()) for name in first]
    writer = WebDatasetSampleWriter(number, str(out), True, 5, pa.schema(types), "jpg")
    for row in chain((first,), rows):
        key = row["path"].removeprefix("categories/").removesuffix(".jpg")
        writer.write(images[row["path"]], key, row["title"], row)
    writer.close()


def write(folder: Path, out: Path) -> None:
    """Write all images, and print what it took."""
    images = contents(folder)
    clock, cpu = time.perf_counter(), time.process_time()
    with (folder / SAMPLES).open(encoding="utf-8") as lines:
        for number, rows in groupby(enumerate(map(json.loads, lines)), lambda each: each[0] // SHARD):
            write_shard(number, (row for _, row in rows), images, out)
    print(json.dumps({"seconds": time.perf_counter() - clock, "cpu": time.process_time() - cpu}))


if __name__ == "__main__":
    write(Path(sys.argv[1]), Path(sys.argv[2]))
