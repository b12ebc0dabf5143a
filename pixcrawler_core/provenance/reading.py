"""Reads manifests and locks line by line, as strangers may have edited them: nothing in them is believed."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pixcrawler_core.assembly.manifest import IMAGES, image_line
from pixcrawler_core.errors import DatasetError

LONGEST_LINE = 16 * 2**20
"""Bytes of a line, and of a head, above which a file is not read on."""
EXPORTED = ("exported", "export_error")
"""What an export adds to the row of an image that it changed or left out."""
MOST = 2**53
"""Numbers of bytes are below this: no JSON reader rounds them."""
FIRST = f"{IMAGES}\n".encode()
"""The line with which the first list begins."""
_SECTION = re.compile(rb' "(\w+)": \[\n')
_SHA256 = re.compile(r"[0-9a-f]{64}")
_DRIVE = re.compile(r"[A-Za-z]:")


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """A line of a list: its section and number, and what stands in it or what is wrong with it."""

    section: str
    line: int
    told: dict[str, Any]
    problem: str | None = None


class Document:
    """A manifest or a lock. The constructor reads its head; `rows` the rest, once, and then `tail`.

    Both raise DatasetError for a file that cannot be read, is not in the form in which it is written, or was
    cut short. A single line that is wrong is a row with a `problem`.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.tail: dict[str, Any] = {}
        self._hash = hashlib.sha256()
        self._body = self._hash
        self._line = 0
        try:
            self._file = path.open("rb")
        except OSError as error:
            raise DatasetError(f"{path} cannot be read: {error.strerror or error}") from error
        self.head = self._read_head()

    @property
    def digest(self) -> str:
        """SHA-256 of the file, in hex; of an exported manifest, of what it was before the export."""
        return self._hash.hexdigest()

    @property
    def body(self) -> str:
        """SHA-256 of what stands before the tail, in hex."""
        return self._body.hexdigest()

    def rows(self) -> Iterator[Row]:
        """The lines of the lists."""
        with self._file:
            section, tail = "images", list[bytes]()
            while line := self._next():
                if section and line.startswith(b"{"):
                    row = self._row(section, line)
                    self._count(line, row)
                    yield row
                    continue
                if section and line in (b"],\n", b"]\n"):
                    section = ""
                elif not section and not tail and (found := _SECTION.fullmatch(line)):
                    section = found[1].decode()
                elif section:
                    raise self._wrong(f"line {self._line} is no row of the list {section!r}")
                else:
                    self._body = self._body if tail else self._hash.copy()
                    tail.append(line)
                self._hash.update(line)
            if section:
                raise self._wrong("it was cut short")
            self.tail = self._object(
                b"{" + b"".join(tail), f"the end, from line {self._line - len(tail) + 1} on"
            )

    def close(self) -> None:
        """Close the file, if its rows are not wanted."""
        self._file.close()

    def _read_head(self) -> dict[str, Any]:
        head, size = list[bytes](), 0
        while line := self._next():
            self._hash.update(line)
            if line == FIRST:
                return self._object(b"".join(head).rstrip().removesuffix(b",") + b"}", "its head")
            head.append(line)
            if (size := size + len(line)) > LONGEST_LINE:
                break
        self._file.close()
        raise self._wrong("it has no list of images, with a line for each, as PixCrawler writes it")

    def _next(self) -> bytes:
        try:
            line = self._file.readline(LONGEST_LINE + 1)
        except OSError as error:
            raise self._wrong(error.strerror or str(error)) from error
        self._line += 1
        if len(line) > LONGEST_LINE:
            raise self._wrong(f"line {self._line} has more than {LONGEST_LINE} bytes")
        return line

    def _row(self, section: str, line: bytes) -> Row:
        try:
            told = strict_object(line.rstrip().removesuffix(b","))
        except ValueError as error:
            return Row(section=section, line=self._line, told={}, problem=str(error))
        return Row(section=section, line=self._line, told=told)

    def _count(self, line: bytes, row: Row) -> None:
        """Take a line into the digest, as it was before an export."""
        if row.problem is None and any(key in row.told for key in EXPORTED):
            before = {key: value for key, value in row.told.items() if key not in EXPORTED}
            line = image_line(before).encode() + line[len(line.rstrip().removesuffix(b",")) :]
        self._hash.update(line)

    def _object(self, text: bytes, what: str) -> dict[str, Any]:
        try:
            return strict_object(text)
        except ValueError as error:
            self._file.close()
            raise self._wrong(f"{what} is wrong ({error})") from error

    def _wrong(self, why: str) -> DatasetError:
        return DatasetError(f"{self.path} is no manifest or lock of PixCrawler, or was changed: {why}")


def sound(row: Row) -> dict[str, Any]:
    """What stands in a row. Raises ValueError with its problem."""
    if row.problem is not None:
        raise ValueError(row.problem)
    return row.told


def locked_parts(path: Path) -> dict[str, Any]:
    """What the lock at a path says that its job ran with; nothing without a lock, or with a damaged one."""
    try:
        lock = Document(path)
    except DatasetError:
        return {}
    lock.close()
    parts = lock.head.get("parts")
    return parts if isinstance(parts, dict) else {}


def strict_object(text: bytes) -> dict[str, Any]:
    """A JSON object without a key that is there twice. Raises ValueError with what is wrong."""
    try:
        told = json.loads(text, object_pairs_hook=_without_twins)
    except RecursionError:
        raise ValueError("it is nested too deep") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON: {error.msg} at character {error.pos}") from None
    except UnicodeDecodeError:
        raise ValueError("not JSON: it is not UTF-8") from None
    if isinstance(told, dict):
        return told
    raise ValueError("not a JSON object")


def checked_path(path: object) -> str:
    """The path of a file within a dataset's folder. Raises ValueError for what may be none."""
    if not isinstance(path, str) or not path:
        raise ValueError(f"its path is {_brief(path)}, not text")
    parts = path.split("/")
    inside = all(part not in ("", ".", "..") for part in parts)
    if not inside or "\\" in path or not path.isprintable() or _DRIVE.match(path) or len(path) > 1000:
        raise ValueError(f"its path {_brief(path)} may lead out of the folder")
    return path


def checked_digest(digest: object) -> str:
    """A SHA-256 in lower-case hex. Raises ValueError."""
    if not isinstance(digest, str) or not _SHA256.fullmatch(digest):
        raise ValueError(f"its sha256 is {_brief(digest)}, not 64 hex digits")
    return digest


def checked_size(size: object) -> int:
    """A number of bytes. Raises ValueError."""
    if not isinstance(size, int) or isinstance(size, bool) or not 0 <= size < MOST:
        raise ValueError(f"its size is {_brief(size)}, not a number of bytes")
    return size


def _without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    told = dict(pairs)
    if len(told) != len(pairs):
        ((twin, _),) = Counter(key for key, _ in pairs).most_common(1)
        raise ValueError(f"the key {_brief(twin)} is there twice")
    return told


def _brief(value: object) -> str:
    return ascii(value)[:80]
