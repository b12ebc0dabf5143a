"""Writes the lockfile: what a dataset was made with, its images and files by their digests, line by line."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any

LOCK = "metadata/pixcrawler.lock"
FORMAT = 1
"""Of the lockfile; raised when its form changes so that older programs cannot read it."""
FIELDS = (
    *("path", "sha256", "size", "phash", "category", "split", "url", "final_url", "page", "title", "creator"),
    *("creator_url", "licence", "licence_url", "engine", "query"),
)
"""What the lock repeats of each image's row of the manifest."""


class HashedText:
    """Text on its way to a file that takes it as `replaced` does, and the digest of its bytes."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file
        self._hash = hashlib.sha256()

    def write(self, text: str) -> None:
        """Write a piece of text."""
        self._file.write(text)
        self._hash.update(text.encode("utf-8", "replace"))

    @property
    def digest(self) -> str:
        """SHA-256 of all that was written so far, in hex."""
        return self._hash.hexdigest()


class LockWriter:
    """Writes a lock in one go: the head, then `images`, `answers` and `files`, then what seals it."""

    def __init__(self, file: IO[str], head: Mapping[str, Any]) -> None:
        self._text = HashedText(file)
        told = json.dumps({"lock": FORMAT, **head}, indent=1, ensure_ascii=False, default=str)
        self._text.write(told.removesuffix("\n}"))
        self._section: str | None = None
        self._first = True

    def add(self, section: str, row: Mapping[str, Any]) -> None:
        """Add a line to a list, which is begun if it is another one than that of the line before."""
        self.begin(section)
        self._text.write(f"{'' if self._first else ','}\n{json.dumps(row, ensure_ascii=False)}")
        self._first = False

    def begin(self, section: str) -> None:
        """Begin a list, which may stay empty, unless it is begun."""
        if section != self._section:
            self._text.write(f'{"" if self._section is None else f"{chr(10)}]"},\n "{section}": [')
            self._section, self._first = section, True

    def image(self, entry: Mapping[str, Any]) -> None:
        """Add an image, a row of the manifest."""
        self.add("images", locked(entry))

    def file(self, folder: Path, name: str) -> None:
        """Add a file beside the images, as it is."""
        with (folder / name).open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        self.add("files", {"path": name, "sha256": digest, "size": (folder / name).stat().st_size})

    def end(self) -> str:
        """End the last list; returns the digest of all that was written, which the manifest repeats."""
        self._text.write("\n],\n")
        return self._text.digest

    def seal(self, manifest: str) -> None:
        """Write the last line, with the digest of the manifest."""
        self._text.write(f' "manifest": "{manifest}"\n}}\n')


def answers(
    rows: Iterable[Mapping[str, Any]],
    bodies: Mapping[tuple[int, int], tuple[str, str, str]],
    tell: Callable[[Mapping[str, Any]], None],
) -> Iterator[Mapping[str, Any]]:
    """The same rows of a ledger; tells what sources answered: for each page, the digest of what it brought.

    `bodies` are those that `LedgerReader.answers` gives. The digest is the SHA-256 of the page's URLs, each
    with a newline behind it, in the order of their rows, so that `ledger.parquet` proves it. A page that was
    asked again is told again, with what was new on it.
    """
    seen: set[tuple[int, int]] = set()
    for (stream, page), found in itertools.groupby(rows, lambda row: (row["stream_id"], row["page"])):
        digest, number = hashlib.sha256(), 0
        row: Mapping[str, Any] = {}
        for row in found:
            number += 1
            digest.update(f"{row['url']}\n".encode("utf-8", "replace"))
            yield row
        seen.add((stream, page))
        told = {"stream": stream, "engine": row["engine"], "query": row["query"], "page": page}
        body = bodies[stream, page][-1] if (stream, page) in bodies else None
        tell({**told, "candidates": number, "sha256": digest.hexdigest(), "body": body})
    for (stream, page), (engine, query, body) in bodies.items():
        if (stream, page) not in seen:
            told = {"stream": stream, "engine": engine, "query": query, "page": page}
            tell({**told, "candidates": 0, "sha256": hashlib.sha256().hexdigest(), "body": body})


def locked(entry: Mapping[str, Any]) -> dict[str, Any]:
    """What the lock holds of an image's row of the manifest."""
    return {name: entry.get(name) for name in FIELDS}
