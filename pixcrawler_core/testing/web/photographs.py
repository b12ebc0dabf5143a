"""Loads a folder of photographs (one subfolder a category) with its credits into memory."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from PIL import Image, UnidentifiedImageError

from pixcrawler_core.errors import ConfigError
from pixcrawler_core.testing.web.licences import Licence, parse_licence
from pixcrawler_core.words import singular

CONTENT_TYPES = {".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png", ".webp": "image/webp"}


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Photograph:
    """One photograph with what a source would know of it; `key` is `category/file name`."""

    key: str
    category: str
    title: str
    tags: tuple[str, ...]
    creator: str
    licence: Licence
    source: str
    body: bytes
    content_type: str
    width: int
    height: int
    words: frozenset[str]
    sha256: str

    @property
    def path(self) -> str:
        """The key, quoted for use in a URL."""
        return quote(self.key)


_EXCLUDED = re.compile(r'\s-("[^"]*"|[^\s"]+)')


def words(text: str) -> frozenset[str]:
    """The words of a text in lower case and, as far as simple English rules go, in the singular."""
    return frozenset(singular(word) for word in re.findall(r"[^\W_]+", text.lower()))


def answers(query: str, known: frozenset[str]) -> bool:
    """Whether something with these words answers a query: it has all of its words, and none after a minus."""
    unwanted = _EXCLUDED.findall(f" {query}")
    return words(_EXCLUDED.sub(" ", f" {query}")) <= known and not any(
        words(each) <= known for each in unwanted
    )


def load_photographs(folder: Path) -> list[Photograph]:
    """Read every JPEG, PNG and WebP of `folder`/<category>/, sorted by key.

    `credits.csv` beside the categories is optional; a photograph that it does not name gets the name of
    its file as the title and CC0 as the licence. Raises ConfigError when the folder has no photographs
    or one of them cannot be read.
    """
    rights = _read_credits(folder / "credits.csv")
    files = sorted(path for path in folder.glob("*/*") if path.suffix.lower() in CONTENT_TYPES)
    if not files:
        raise ConfigError(f"{folder} has no photographs; it must look like {folder}/<category>/<name>.jpg")
    return [_load(path, rights.get(f"{path.parent.name}/{path.name}", {})) for path in files]


def _read_credits(path: Path) -> dict[str, dict[str, str]]:
    if not path.exists():
        return {}
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    return {_key(row): row for row in rows}


def _key(row: Mapping[str, str]) -> str:
    file = row.get("file") or ""
    return file if "/" in file else f"{row.get('category')}/{file}"


def _load(path: Path, row: Mapping[str, str]) -> Photograph:
    body = path.read_bytes()
    try:
        with Image.open(io.BytesIO(body)) as image:
            width, height = image.size
    except (UnidentifiedImageError, OSError) as error:
        raise ConfigError(f"{path} cannot be served: {error}; take it out of the folder") from error
    category = path.parent.name
    title = row.get("title") or re.sub(r"[-_]+", " ", path.stem)
    tags = tuple(tag.strip() for tag in (row.get("tags") or "").split("|") if tag.strip())
    return Photograph(
        key=f"{category}/{path.name}",
        category=category,
        title=title,
        tags=tags,
        creator=row.get("creator") or "",
        licence=parse_licence(row.get("licence") or "", row.get("licence_url") or ""),
        source=row.get("source") or "",
        body=body,
        content_type=CONTENT_TYPES[path.suffix.lower()],
        width=width,
        height=height,
        words=words(" ".join((category, title, *tags))),
        sha256=hashlib.sha256(body).hexdigest(),
    )
