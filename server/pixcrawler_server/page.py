"""The files of the web page: read once, named by what is in all of them, and squeezed ahead."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable

INDEX = "index.html"
TYPES: Mapping[str, str] = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
"""Of the files that are served, by their endings; all others stay where they are."""
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob: data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
)
"""The page's Content-Security-Policy: its own files and API, and no text that becomes script or markup.
Pictures of the API need a token, so that they are fetched and shown as blobs."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PageFile:
    """A file as it is sent."""

    content_type: str
    data: bytes
    squeezed: bytes
    """The same, by gzip."""
    tag: str


class Page:
    """The page's files. `version` changes with any of them, so that addresses with it never go stale."""

    def __init__(self) -> None:
        found = dict(_read(files("pixcrawler_server") / "web"))
        digest = hashlib.sha256()
        for name, data in sorted(found.items()):
            digest.update(name.encode() + b"\0" + data + b"\0")
        self.version = digest.hexdigest()[:16]
        found[INDEX] = found[INDEX].replace(b"{version}", self.version.encode())
        self.index = _file(INDEX, found.pop(INDEX))
        self._files = {name: _file(name, data) for name, data in found.items()}

    def find(self, version: str, name: str) -> PageFile | None:
        """A file by its path; None where there is none, or the version is another one."""
        return self._files.get(name) if version == self.version else None


def _read(folder: Traversable, below: str = "") -> Iterator[tuple[str, bytes]]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _read(entry, f"{below}{entry.name}/")
        elif _ending(entry.name) in TYPES:
            yield f"{below}{entry.name}", entry.read_bytes()


def _file(name: str, data: bytes) -> PageFile:
    return PageFile(
        content_type=TYPES[_ending(name)],
        data=data,
        squeezed=gzip.compress(data, mtime=0),
        tag=f'"{hashlib.sha256(data).hexdigest()[:32]}"',
    )


def _ending(name: str) -> str:
    return name[name.rfind(".") :]
