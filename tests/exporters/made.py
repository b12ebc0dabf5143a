"""A dataset of real photographs, in the form in which a run leaves one, and its exports."""

from __future__ import annotations

import hashlib
import json
import resource
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from PIL import Image as Pillow

from pixcrawler_core.assembly.exporting import Change, export_dataset
from pixcrawler_core.components import Exporter
from pixcrawler_core.registry import load

PHOTOGRAPHS = Path(__file__).parents[2] / "examples/photographs"
CATEGORIES = ("castles", "ruins")
EACH = 3
BOX = [0.25, 0.5, 0.5, 0.25]
HOSTILE = '=1+1 <b>&amp;"\n\0'
"""A title as a stranger may give it."""
PERSON = {"name": "person", "source": "objects", "version": "1", "score": 0.75, "box": BOX, "model": "m@1"}
CLASS = {"name": "castle", "source": "imagenet", "version": "1", "score": 0.5, "attributes": {"rank": 1}}


@cache
def registry() -> Any:
    return load(installed=False)


def dataset(parent: Path, *, splits: bool = True) -> Path:
    """A folder with three photographs each of castles and ruins; the last of each is in `val`."""
    folder = parent / "dataset-places"
    rows = [
        _entry(folder, category, number, splits=splits)
        for category in CATEGORIES
        for number in range(1, EACH + 1)
    ]
    lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    head = json.dumps({"dataset": folder.name}, indent=1).removesuffix("\n}")
    text = f'{head},\n "images": [\n{lines}\n],\n "files": []}}\n'
    (folder / "manifest.json").write_text(text, "utf-8")
    (folder / "statistics.json").write_text("{}\n", "utf-8")
    return folder


def entries(folder: Path) -> list[Mapping[str, Any]]:
    """The images of the manifest."""
    images: list[Mapping[str, Any]] = json.loads((folder / "manifest.json").read_text("utf-8"))["images"]
    return images


def exported(folder: Path, form: str, change: Change | None = None, **options: Any) -> Path:
    """What the format writes of the dataset, beside it."""
    start = registry().build(Exporter, form, options)
    return export_dataset(folder, start(folder.parent, folder.name), change)


def tree(folder: Path) -> Iterator[str]:
    """The files below a folder."""
    return (path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*")) if path.is_file())


def _entry(folder: Path, category: str, number: int, *, splits: bool) -> dict[str, Any]:
    data = sorted((PHOTOGRAPHS / category).glob("*.jpg"))[number].read_bytes()
    name = f"categories/{category}/image_{number:03d}.jpg"
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data)
    with Pillow.open(folder / name) as picture:
        width, height = picture.size
    last = number == EACH
    return {
        "path": name,
        "sha256": hashlib.sha256(data).hexdigest(),
        "size": len(data),
        "format": "JPEG",
        "width": width,
        "height": height,
        "category": category,
        "labels": [CLASS, PERSON] if number == 1 else [],
        "split": ("val" if last else "train") if splits else None,
        "url": f"https://photographs.example/{category}/{number}.jpg",
        "title": HOSTILE if number == 1 else None,
        "creator": None if last else "Jo",
        "licence": "cc0-1.0",
        "scores": {"blur": {"score": 0.5}},
        "row": number,
    }


@contextmanager
def files_no_longer_than(limit: int) -> Iterator[None]:
    """No file can grow beyond so many bytes, as on a disk that is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
