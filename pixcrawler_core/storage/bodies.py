"""What an object is put from: a file, or bytes that are at hand already."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

Body = Path | bytes
"""Bytes are for what fits into memory many times over, such as an encrypted picture."""


class Opened(Iterator[bytes]):
    """The bytes of an object in chunks, with the metadata that was put with just these bytes."""

    def __init__(self, chunks: Iterator[bytes], metadata: Mapping[str, str]) -> None:
        self._chunks, self.metadata = chunks, metadata

    def __next__(self) -> bytes:
        return next(self._chunks)


def opened(body: Body, buffering: int = -1) -> BinaryIO:
    """To be read from its first byte; `buffering` is that of `open`. Raises OSError."""
    return io.BytesIO(body) if isinstance(body, bytes) else body.open("rb", buffering=buffering)


def bytes_of(body: Body) -> bytes:
    """All of them. Raises OSError."""
    return body if isinstance(body, bytes) else body.read_bytes()


def size_of(body: Body) -> int:
    """Bytes. Raises OSError."""
    return len(body) if isinstance(body, bytes) else body.stat().st_size


def digest_of(body: Body) -> str:
    """The SHA-256 in hex digits. Raises OSError."""
    if isinstance(body, bytes):
        return hashlib.sha256(body).hexdigest()
    with body.open("rb", buffering=0) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def named(body: Body) -> str:
    """For a message."""
    return f"what was given ({len(body)} bytes)" if isinstance(body, bytes) else f"the file {body}"
