"""A dataset of real photographs, in the form in which a run leaves one, and its exports."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import resource
import sys
import tarfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from PIL import Image as Pillow

from pixcrawler_core.assembly.exporting import export_dataset
from pixcrawler_core.assembly.outgoing import Change, Outgoing
from pixcrawler_core.components import Exporter, Writer
from pixcrawler_core.registry import load

PHOTOGRAPHS = Path(__file__).parents[2] / "examples/photographs"
CATEGORIES = ("castles", "ruins")
EACH = 3
BOX = [0.25, 0.5, 0.5, 0.25]
HOSTILE = '=1+1 <b>&amp;"\n\0'
"""A title as a stranger may give it."""
PERSON = {"name": "person", "source": "objects", "version": "1", "score": 0.75, "box": BOX, "model": "m@1"}
CLASS = {"name": "castle", "source": "imagenet", "version": "1", "score": 0.5, "attributes": {"rank": 1}}
HARDEST: Mapping[str, Mapping[str, Any]] = {
    "7z": {"compression": "lzma2"},
    "tar_gz": {"level": 3},
    "tar_zst": {"level": 19},
    "zip": {"compression": "deflate"},
}
"""The options with which archives are compressed most, by format."""
LONG = f"set/categories/{'long-' * 40}name/image_001.jpg"
TRICKS = (
    *("café", "cafe\u0301s", "日本/語", "İı ß", "\U0001f43c", "\U0001f468\u200d\U0001f469", "\U0010ffff"),
    *("\u202egpj.exe", "zero\u200bwidth", "\ufeffmark", "line\u2028end", "c1\u0085\u009f", "no\u00a0break"),
    *("full\uff0fwidth", "\u2024\u2024/leader", "two\u2025", "\ue000", "\ufffd", "not\ufffe\uffff"),
    *("#u00e9", "%2e%2e", "...", "-dash", " space ", "dot.", "CON", '*?"<>|', "'", "$(id)", "~"),
    *("x" * 255, "ü" * 127, LONG),
)
"""Names with which programs had trouble."""


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
    return export_dataset(folder, start(folder.parent, folder.name), Outgoing(change=change)).path


def tree(folder: Path) -> Iterator[str]:
    """The files below a folder."""
    return (path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*")) if path.is_file())


def whole(folder: Path) -> dict[str, bytes]:
    """The files of a dataset, with its name before theirs."""
    return {f"{folder.name}/{name}": (folder / name).read_bytes() for name in tree(folder)}


def opened(folder: Path, form: str, **options: Any) -> Writer:
    """A writer of the export `set`."""
    writer: Writer = registry().build(Exporter, form, options)(folder, "set")
    return writer


def decompressed(export: Path) -> bytes:
    """The TAR file in one that is compressed."""
    if export.suffix == ".gz":
        return gzip.decompress(export.read_bytes())
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd
    return zstd.decompress(export.read_bytes())


def unpacked(export: Path) -> list[tuple[str, bytes]]:
    """Names and contents in an archive, as Python's libraries read it."""
    if export.suffix == ".zip":
        with zipfile.ZipFile(export) as archive:
            return [(name, archive.read(name)) for name in archive.namelist()]
    if export.suffix == ".7z":
        return _unpacked_7z(export)
    with tarfile.open(fileobj=io.BytesIO(decompressed(export))) as tar:
        return [(member.name, _read(tar, member)) for member in tar]


def _unpacked_7z(export: Path) -> list[tuple[str, bytes]]:
    import py7zr

    factory = py7zr.io.BytesIOFactory(100_000_000)
    with export.open("rb") as file, py7zr.SevenZipFile(file) as archive:  # given a path it leaves it open
        names = archive.getnames()
        archive.extract(targets=names, factory=factory)
    return [(name, factory.products[name].read()) for name in names]


def _read(tar: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    file = tar.extractfile(member)
    assert file is not None
    return file.read()


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
