"""Takes the bytes of one image to the blob store, with file work in a thread."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Any, TypeVar

from pixcrawler_core.blobs.store import BlobStore
from pixcrawler_core.blobs.writer import Blob, BlobWriter
from pixcrawler_core.fetch.failure import Failure

HELD = 2**20
"""Bytes that are held in memory; a body that is smaller takes one hop to the thread."""

T = TypeVar("T")


class ImageSink:
    """Collects the bytes of one image; `commit` stores them, `discard` leaves no trace of them.

    `expected` is the SHA-256 that the bytes must have, in hexadecimal; None for any.
    """

    def __init__(self, blobs: BlobStore, threads: Executor, expected: str | None = None) -> None:
        self._blobs = blobs
        self._threads = threads
        self._expected = expected.strip().lower() if expected else None
        self._digest = hashlib.sha256()
        self._chunks: list[bytes] = []
        self._held = 0
        self._writer: BlobWriter | None = None
        self._working: asyncio.Future[Any] | None = None

    def add(self, data: bytes) -> None:
        """Take the next bytes."""
        self._chunks.append(data)
        self._held += len(data)

    async def relieve(self) -> None:
        """Write the bytes away if a megabyte of them is held."""
        if self._held >= HELD:
            await self._in_thread(self._write)

    async def commit(self) -> Blob:
        """Store the bytes. Raises Failure `sha256-mismatch`, or WorkspaceError if they cannot be written."""
        return await self._in_thread(self._store)

    async def discard(self) -> None:
        """Forget the bytes, unless they are stored."""
        if self._working is not None and not self._working.done():
            await asyncio.wait([self._working])
            self._working.exception()  # whoever waited for it was cancelled
        if self._writer is not None:
            await self._in_thread(self._writer.discard)
            self._writer = None

    async def _in_thread(self, work: Callable[[], T]) -> T:
        future = asyncio.get_running_loop().run_in_executor(self._threads, work)
        self._working = future
        return await asyncio.shield(future)

    def _write(self) -> None:
        if self._writer is None:
            self._writer = self._blobs.spool()
        data = b"".join(self._chunks)
        self._chunks, self._held = [], 0
        if self._expected:
            self._digest.update(data)
        self._writer.write(data)

    def _store(self) -> Blob:
        if self._writer is not None:
            self._write()
            self._check()
            blob = self._writer.commit()
            self._writer = None
            return blob
        if self._expected:
            for chunk in self._chunks:
                self._digest.update(chunk)
            self._check()
        return self._blobs.put(self._chunks)

    def _check(self) -> None:
        found = self._digest.hexdigest()
        if self._expected and found != self._expected:
            raise Failure("sha256-mismatch", f"the bytes have SHA-256 {found}, not {self._expected[:64]}")
