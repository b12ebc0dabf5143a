"""Reads an image's body: decoded, within the byte limit, and only as long as it looks like an image."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Protocol

from aiohttp import ClientResponse

from pixcrawler_core.fetch import sniff
from pixcrawler_core.fetch.failure import Failure

PIECE = 256 * 1024
"""Bytes that are decompressed at a time, so that a bomb is noticed early."""

_HEAD = 512
"""Bytes kept to say what a body looks like that is no image."""


class Sink(Protocol):
    """Where the bytes of a body go."""

    def add(self, data: bytes) -> None:
        """Take the next bytes."""
        ...

    async def relieve(self) -> None:
        """Write bytes away if many are held."""
        ...


async def read_image(response: ClientResponse, sink: Sink, max_bytes: int) -> None:
    """Pass the body of a response to a sink.

    Raises Failure: `too-large`, `not-an-image`, `empty-body`, `unsupported-encoding`, `truncated-body`.
    """
    decoder = _decoder(response)
    length = response.content_length
    if length is not None and length > max_bytes:
        raise _too_large(f"declares {length:,} bytes", max_bytes)
    head, size = b"", 0
    async for data in response.content.iter_any():
        for piece in decoder.feed(data) if decoder else (data,):
            size += len(piece)
            if size > max_bytes:
                raise _too_large("does not end", max_bytes)
            if len(head) < sniff.ENOUGH:
                head += piece[:_HEAD]
                if len(head) >= sniff.ENOUGH:
                    _expect_image(head, response)
            sink.add(piece)
            await sink.relieve()
    if decoder and not decoder.complete:
        raise Failure("truncated-body", "the compressed body ended before it was complete", passing=True)
    if not size:
        raise Failure("empty-body", "the answer has no body", status=response.status)
    if len(head) < sniff.ENOUGH:
        _expect_image(head, response)


class Decoder:
    """Undoes a Content-Encoding that was not asked for, in pieces (RFC 9110, section 8.4.1)."""

    def __init__(self, encoding: str) -> None:
        self._encoding = encoding
        self._zlib = zlib.decompressobj(31) if encoding == "gzip" else None
        self.complete = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The bytes that compressed bytes stand for, `PIECE` at most at a time; Failure if for none."""
        while True:
            if self._zlib is None or self.complete:
                self._zlib = self._start(data)
            try:
                piece = self._zlib.decompress(data, PIECE)
            except zlib.error as error:
                detail = f"the body is not {self._encoding}, as its headers say: {error}"
                raise Failure("unsupported-encoding", detail) from error
            self.complete = self._zlib.eof
            data = self._zlib.unused_data if self.complete else self._zlib.unconsumed_tail
            if piece:
                yield piece
            if not data and (self.complete or len(piece) < PIECE):
                return

    def _start(self, data: bytes) -> zlib._Decompress:
        """A decompressor for the next member; servers send deflate with and without the zlib header."""
        self.complete = False
        if self._encoding == "gzip":
            return zlib.decompressobj(31)
        return zlib.decompressobj(15 if data[0] & 0x0F == 8 else -15)


def _decoder(response: ClientResponse) -> Decoder | None:
    encoding = response.headers.get("Content-Encoding", "").strip().lower().removeprefix("x-")
    if encoding in ("", "identity"):
        return None
    if encoding not in ("gzip", "deflate"):
        detail = f"the body comes compressed as {encoding[:40]!r}, which was not asked for"
        raise Failure("unsupported-encoding", detail, status=response.status)
    return Decoder(encoding)


def _expect_image(head: bytes, response: ClientResponse) -> None:
    if sniff.image_format(head) is not None:
        return
    declared = response.headers.get("Content-Type", "nothing")[:100]
    detail = f"the body looks like {sniff.looks_like(head)}; declared is {declared}"
    raise Failure("not-an-image", detail, status=response.status)


def _too_large(how: str, max_bytes: int) -> Failure:
    return Failure("too-large", f"the body {how}; max_bytes is {max_bytes:,}")
